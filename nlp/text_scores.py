"""Scores of similar texts and of topics against gold standards."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp.corpus import testdata
from nlp.evaluate import interval
from nlp.text_commands import matches_of, topics_of_rows
from nlp.text_rows import RowId, TextFileError, TextRow, ids_in, objects_of, row_key, text_rows

DEPTH = 20

Keys = Sequence[tuple[str, RowId]]


def default_corpus() -> Path:
    """The letters that gold standards without a corpus of their own refer to."""
    return testdata() / "requests" / "stream_2019.jsonl.gz"


def evaluate_similar(gold: Path, corpus: Path | None = None) -> dict[str, Any]:
    """How high the texts named in `same` stand when each gold text is searched for in the corpus.

    Two views: bodies alone (the harder one, as titles of the same matter are often equal), and
    titles with bodies. `r1`, `r5`, `r20`: the share of queries with one of `same` among the first.
    """
    rows = text_rows(corpus or default_corpus())
    wanted = _gold_pairs(gold)
    bodies = [TextRow(row.id, "", row.body or row.title, row.at, row.place) for row in rows]
    return {
        "task": "similar",
        "rows": len(wanted),
        "body": _ranks(bodies, wanted, gold),
        "title_and_body": _ranks(rows, wanted, gold),
    }


def evaluate_topics(
    gold: Path, corpus: Path | None = None, predicted: Path | None = None
) -> dict[str, Any]:
    """Purity, recall and their harmonic mean of found (or `predicted`) topics against gold ones."""
    truth = [
        [row_key(one) for one in ids_in(row.get("topic"), gold, number)]
        for number, row in objects_of(gold)
    ]
    if not truth:
        raise TextFileError(f"{gold.name} 里没有话题")
    if predicted is None:
        found = [
            topic["members"] for topic in topics_of_rows(text_rows(corpus or default_corpus()))
        ]
    else:
        found = [ids_in(row.get("members"), predicted, n) for n, row in objects_of(predicted)]
    answer = [[row_key(one) for one in members] for members in found]
    numbered = list(enumerate(truth))
    figures = topic_figures(numbered, answer)
    return {
        "task": "topics",
        "rows": len(truth),
        "found": len(answer),
        **figures,
        "interval": interval(numbered, lambda part: topic_figures(part, answer)["f1"]),
    }


def topic_figures(truth: Sequence[tuple[int, Keys]], answer: Sequence[Keys]) -> dict[str, float]:
    """Figures of topics: `purity` is the share of the gold texts in found topics that stand with
    the topic's main gold topic, `recall` the share of gold texts in the found topic that holds most
    of theirs, `f1` the harmonic mean of both. `purity_all` counts texts without a gold topic that
    stand in those found topics as wrong, though gold standards seldom name all.

    Gold topics come with a number, so that one drawn twice by the bootstrap stays one topic.
    """
    where = {one: number for number, members in enumerate(answer) for one in members}
    mixed: dict[int, Counter[int]] = {}
    held = total = 0
    best: set[int] = set()
    for number, members in truth:
        total += len(members)
        homes = Counter(where[one] for one in members if one in where)
        for home, count in homes.items():
            mixed.setdefault(home, Counter())[number] += count
        if homes:
            home, count = homes.most_common(1)[0]
            held += count
            best.add(home)
    main = sum(max(counts.values()) for counts in mixed.values())
    purity = main / max(sum(sum(counts.values()) for counts in mixed.values()), 1)
    recall = held / max(total, 1)
    whole = sum(max(mixed[home].values()) for home in best)
    strict = whole / max(sum(len(answer[home]) for home in best), 1)
    return {
        "purity": round(purity, 4),
        "recall": round(recall, 4),
        "f1": round(_harmonic(purity, recall), 4),
        "purity_all": round(strict, 4),
        "f1_all": round(_harmonic(strict, recall), 4),
    }


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def _gold_pairs(gold: Path) -> list[tuple[tuple[str, RowId], set[tuple[str, RowId]]]]:
    pairs = []
    for number, row in objects_of(gold):
        (query,) = ids_in([row.get("id")], gold, number)
        same = {row_key(one) for one in ids_in(row.get("same"), gold, number)}
        pairs.append((row_key(query), same - {row_key(query)}))
    if not pairs:
        raise TextFileError(f"{gold.name} 里没有要找的文字")
    return pairs


def _ranks(
    rows: Sequence[TextRow],
    wanted: Sequence[tuple[tuple[str, RowId], set[tuple[str, RowId]]]],
    gold: Path,
) -> dict[str, Any]:
    by_key = {row_key(row.id): row for row in rows}
    missing = [key[1] for key, _ in wanted if key not in by_key]
    if missing:
        raise TextFileError(f"{gold.name} 里的 {missing[0]} 不在文字当中")
    asked = [by_key[key] for key, _ in wanted]
    ranks = []
    for (_, matches), (_, same) in zip(matches_of(rows, asked, DEPTH), wanted, strict=True):
        places = [n for n, one in enumerate(matches, 1) if row_key(one) in same]
        ranks.append(places[0] if places else 0)
    return {
        **{f"r{depth}": round(_share(ranks, depth), 4) for depth in (1, 5, 20)},
        "mrr": round(_reciprocal(ranks), 4),
        "r5_interval": interval(ranks, lambda part: _share(part, 5)),
        "mrr_interval": interval(ranks, _reciprocal),
    }


def _share(ranks: Sequence[int], depth: int) -> float:
    return sum(0 < rank <= depth for rank in ranks) / max(len(ranks), 1)


def _reciprocal(ranks: Sequence[int]) -> float:
    return sum(1 / rank for rank in ranks if rank) / max(len(ranks), 1)
