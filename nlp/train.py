"""Training: from the corpora to weights, their hashes and their factors, the same for one seed."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.categories import CATEGORIES
from nlp.chat_model import (
    CHAT_FILE,
    CHAT_NAMES,
    INTENTS,
    PACES,
    STYLES,
    THREADS,
    TOWER_FILE,
    around_of,
)
from nlp.corpus import (
    OWN_PLAIN,
    OWN_TALK,
    Line,
    json_lines,
    letters,
    own_chat,
    public_texts,
    testdata,
)
from nlp.fitting import (
    SEED,
    Fitted,
    Table,
    as_linear,
    logistic,
    margins,
    matrix,
    probabilities,
    pruned,
    stacked,
    temperature,
    vocabulary_of,
)
from nlp.letter_model import BODY_LEAST, LETTER_CATEGORIES, LetterModel, letter_scores
from nlp.linear import Vector, file_hash, save_linear
from nlp.link_training import OUR_INTENTS, train_links
from nlp.ngrams import letter_pieces
from nlp.plain import plain
from nlp.signals import INTENT_COUNT, all_numbers, numbers_of, pieces_of
from nlp.span_training import train_spans
from nlp.tower import Tower, save_tower
from nlp.tower_training import Truth, embeddings, fit_tower, tower_scores

WEIGHTS = Path(__file__).parent / "weights"
FOLDS = 3
LETTER_VOCABULARY = 150_000
CHAT_VOCABULARY = 60_000
LETTER_STRENGTH = 1.0
BODY_CHARACTERS = 1500
TALK_WEIGHT = 0.15
OWN_TALK_WEIGHT = 1.0
OWN_PLAIN_WEIGHT = 3.0
LETTER_WEIGHT = 0.1
TALK_SAMPLES = {"sms": 6000, "kdconv": 4000, "crosswoz": 3000}
LETTER_TITLES = 2500
LETTER_SENTENCES = 1500
LETTER_WHOLES = 300
LETTER_CHARACTERS = 150

_QUESTION = re.compile(r"[?？吗]$|咨询|请问|如何|什么时候|怎么")
_SENTENCE_END = re.compile(r"[。！？\n]")


@dataclass(frozen=True, slots=True)
class Sample:
    """A message outside the conversations: its text, intent, category if known, and its weight."""

    text: str
    intent: str
    category: str | None
    weight: float
    source: str


@dataclass(frozen=True, slots=True)
class ChatTables:
    """Everything the chat model is fitted on, computed once: own chat first, then samples."""

    lines: list[Line]
    samples: list[Sample]
    vocabulary: dict[str, int]
    idf: Vector
    embedding: Vector
    own: Any
    bare: Any
    other: Any
    own_numbers: NDArray[np.float32]
    bare_numbers: NDArray[np.float32]
    other_numbers: NDArray[np.float32]


def letter_intent(text: str) -> str:
    """The intent of a title or sentence from a letter, by its form."""
    if "建议" in text:
        return "suggestion"
    return "question" if _QUESTION.search(text) else "request"


def talk_samples(folder: Path) -> list[Sample]:
    """Talk that asks nothing of a community: public dialogues, messages, and our own list."""
    samples = [
        Sample(row["text"], row["intent"], row.get("category"), weight, row["source"])
        for path, weight in ((OWN_TALK, OWN_TALK_WEIGHT), (OWN_PLAIN, OWN_PLAIN_WEIGHT))
        for row in json_lines(path)
    ]
    for source, count in TALK_SAMPLES.items():
        rows = [row["text"] for row in json_lines(folder / "chatter" / f"{source}.jsonl.gz")]
        picked = random.Random(SEED).sample([text for text in rows if len(text) < 200], count)
        samples += [Sample(text, "chatter", None, TALK_WEIGHT, source) for text in picked]
    return samples


def shuffled_letters(
    rows: Sequence[tuple[str, str, str]],
) -> tuple[random.Random, list[tuple[str, str, str]]]:
    """The letters in one order for each seed, and the chance that goes on from there."""
    chance = random.Random(SEED)
    return chance, chance.sample(list(rows), len(rows))


def unseen_letters(rows: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Letters of which the chat model learns nothing."""
    return shuffled_letters(rows)[1][LETTER_TITLES + LETTER_SENTENCES : -LETTER_WHOLES]


def letter_samples(rows: Sequence[tuple[str, str, str]]) -> list[Sample]:
    """Titles and sentences of letters as things that do concern the community.

    The letters file housing matters under 城乡建设, the chat does not: that class teaches no chat.
    """
    chance, shuffled = shuffled_letters(rows)
    texts = [(title, category) for title, _, category in shuffled[:LETTER_TITLES]]
    for _, body, category in shuffled[LETTER_TITLES : LETTER_TITLES + LETTER_SENTENCES]:
        sentences = [part for part in _SENTENCE_END.split(body) if 8 < len(part) < 80]
        if sentences:
            texts.append((chance.choice(sentences), category))
    for title, body, category in shuffled[-LETTER_WHOLES:]:
        texts.append((title + "\n" + body[:LETTER_CHARACTERS], category))
    return [
        Sample(
            text, letter_intent(text[:60]), None if c == "城乡建设" else c, LETTER_WEIGHT, "letters"
        )
        for text, c in texts
    ]


def chat_tables(lines: list[Line], samples: list[Sample], public: Sequence[str]) -> ChatTables:
    """Vocabulary, matrices and numbers of conversations and samples.

    `public` are texts without labels: from them comes which n-grams are of like use.
    """
    own = [(plain(line.text), line.sender) for line in lines]
    other = [plain(sample.text) for sample in samples]
    own_pieces = [pieces_of(text, sender) for text, sender in own]
    other_pieces = [pieces_of(text, None) for text in other]
    vocabulary, idf = vocabulary_of([*own_pieces, *other_pieces], CHAT_VOCABULARY)
    unlabelled = [pieces_of(plain(text), None) for text in public]
    bare_pieces = [pieces_of(text, None) for text, _ in own]
    own_numbers = [all_numbers(numbers_of(text, sender, addressed=False)) for text, sender in own]
    bare_numbers = [all_numbers(numbers_of(text, None, addressed=False)) for text, _ in own]
    other_numbers = [all_numbers(numbers_of(text, None, addressed=False)) for text in other]
    return ChatTables(
        lines=lines,
        samples=samples,
        vocabulary=vocabulary,
        idf=idf,
        embedding=embeddings(matrix([*unlabelled, *own_pieces], vocabulary, idf)),
        own=matrix(own_pieces, vocabulary, idf),
        bare=matrix(bare_pieces, vocabulary, idf),
        other=matrix(other_pieces, vocabulary, idf),
        own_numbers=np.array(own_numbers, dtype=np.float32),
        bare_numbers=np.array(bare_numbers, dtype=np.float32),
        other_numbers=np.array(other_numbers, dtype=np.float32),
    )


def folds(groups: Sequence[str]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Train and held-out rows, whole groups held out, the same for one seed."""
    names = sorted(set(groups))
    random.Random(SEED).shuffle(names)
    part = {name: place % FOLDS for place, name in enumerate(names)}
    parts = np.array([part[group] for group in groups])
    return [(np.where(parts != fold)[0], np.where(parts == fold)[0]) for fold in range(FOLDS)]


@dataclass(frozen=True, slots=True)
class ChatFit:
    """The fitted parts of a chat model: a linear one for each head, and the tower for all."""

    heads: dict[str, Fitted]
    tower: Tower

    def scores(self, table: Table) -> NDArray[np.float32]:
        """Scores of the rows of a table for CHAT_NAMES, as `nlp.chat_model` mixes them."""
        linear = [self.heads[head].scores(table, names) for head, names in HEAD_NAMES.items()]
        return (np.hstack(linear) + tower_scores(self.tower, table)) * np.float32(0.5)


HEADS: dict[str, float] = {"intent": 8.0, "category": 8.0, "style": 4.0, "pace": 4.0, "thread": 4.0}
HEAD_NAMES: dict[str, tuple[str, ...]] = dict(
    zip(HEADS, (INTENTS, CATEGORIES, STYLES, PACES, THREADS), strict=True)
)


def fit_chat(
    tables: ChatTables, rows: NDArray[np.int64], context: NDArray[np.float32] | None
) -> ChatFit:
    """The chat model fitted on these rows of the own chat and all samples.

    With `context` every row is learnt three times, with its sender, without, and with the talk
    around it, so that the model knows its ground whatever it is told.
    """
    views = [Table(tables.own[rows], tables.own_numbers[rows])]
    if context is not None:
        views.append(Table(tables.bare[rows], tables.bare_numbers[rows]))
        views.append(Table(tables.own[rows], context[rows]))
    table = stacked([*views, Table(tables.other, tables.other_numbers)])
    own = [tables.lines[row] for row in rows] * len(views)
    samples = tables.samples
    # A sample is learnt once and a line once for each view: its weight is against all of them.
    weights = np.array([1.0] * len(own) + [sample.weight * len(views) for sample in samples])
    labels: dict[str, list[str | None]] = {
        "intent": [line.intent for line in own] + [sample.intent for sample in samples],
        "category": [line.category for line in own] + [sample.category for sample in samples],
        "style": [_style(sample) for sample in (*own, *samples)],
        "pace": [_pace(sample) for sample in (*own, *samples)],
        "thread": [*[_thread(line) for line in own], *[None] * len(samples)],
    }
    fitted = {}
    for head, strength in HEADS.items():
        known = np.array([row for row, label in enumerate(labels[head]) if label is not None])
        chosen = [str(labels[head][row]) for row in known]
        # Learning each row several times must not make the model trust it more.
        even = strength / len(views)
        fitted[head] = logistic(table.rows(known), chosen, weights[known], strength=even)
    tower = fit_tower(table, _truths(labels), weights, tables.embedding)
    return ChatFit(fitted, tower)


def _truths(labels: dict[str, list[str | None]]) -> list[Truth]:
    truths, start = [], 0
    for head, names in HEAD_NAMES.items():
        table = np.zeros((len(labels[head]), len(names)), dtype=np.float32)
        for row, label in enumerate(labels[head]):
            if label is not None:
                table[row, names.index(label)] = 1
        truths.append(Truth(slice(start, start + len(names)), table))
        start += len(names)
    return truths


def _style(message: Line | Sample) -> str:
    return "letter" if isinstance(message, Sample) and message.source == "letters" else "chat"


def _pace(message: Line | Sample) -> str:
    return "urgent" if isinstance(message, Line) and message.urgent else "normal"


def _thread(line: Line) -> str:
    if line.same_as is not None:
        return "follows"
    return "opens" if line.intent in OUR_INTENTS else "apart"


def sides_from(scores: NDArray[np.float32], factors: Mapping[str, float]) -> NDArray[np.float64]:
    """Intent and category probabilities of scores for CHAT_NAMES, side by side."""
    category = slice(INTENT_COUNT, INTENT_COUNT + len(CATEGORIES))
    intents = probabilities(scores[:, :INTENT_COUNT] * np.float32(factors["intent"]))
    return np.hstack(
        [intents, probabilities(scores[:, category] * np.float32(factors["category"]))]
    )


def threads_from(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """The chances of each of THREADS, from scores for CHAT_NAMES."""
    return probabilities(scores[:, -len(THREADS) :])


def sides_of(fit: ChatFit, table: Table) -> NDArray[np.float64]:
    """Intent and category probabilities of rows of a table, side by side."""
    return sides_from(fit.scores(table), {"intent": 1.0, "category": 1.0})


def context_numbers(lines: Sequence[Line], sides: NDArray[np.float64]) -> NDArray[np.float32]:
    """The numbers of each line with the talk before it in its conversation."""
    rows, start = [], 0
    for place, line in enumerate(lines):
        if place and lines[place - 1].group != line.group:
            start = place
        senders = [earlier.sender for earlier in lines[start:place]]
        around = around_of(senders, sides[start:place], line.sender)
        text = plain(line.text)
        rows.append(all_numbers(numbers_of(text, line.sender, addressed=False, around=around)))
    return np.array(rows, dtype=np.float32)


def held_out_sides(tables: ChatTables) -> NDArray[np.float64]:
    """What models that never saw a source make of its messages, without context.

    Whole sources are held out, that is all that one hand wrote: strangers write differently.
    """
    sides = np.zeros((len(tables.lines), INTENT_COUNT + len(CATEGORIES)))
    for train, held in folds([line.source for line in tables.lines]):
        fit = fit_chat(tables, train, None)
        sides[held] = sides_of(fit, Table(tables.own[held], tables.own_numbers[held]))
    return sides


def careful_factor(
    lines: Sequence[Line],
    scores: Sequence[NDArray[np.float32]],
    names: Sequence[str],
    label: Callable[[Line], str | None],
) -> float:
    """The lowest factor that any third of the sources asks for: strangers are no easier."""
    factors = []
    for _, held in folds([line.source for line in lines]):
        truth = [label(lines[row]) for row in held]
        factors.append(factor_of([one[held] for one in scores], names, truth))
    return min(factors)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scores by models that never saw a source: without sender, with it, with the talk around."""

    bare: NDArray[np.float32]
    own: NDArray[np.float32]
    around: NDArray[np.float32]


def held_out_scores(tables: ChatTables, context: NDArray[np.float32]) -> HeldOut:
    """Scores of all lines for CHAT_NAMES as the finished model would give them to a stranger."""
    shape = (len(tables.lines), len(CHAT_NAMES))
    found = HeldOut(*(np.zeros(shape, dtype=np.float32) for _ in range(3)))
    for train, held in folds([line.source for line in tables.lines]):
        fit = fit_chat(tables, train, context)
        found.bare[held] = fit.scores(Table(tables.bare[held], tables.bare_numbers[held]))
        found.own[held] = fit.scores(Table(tables.own[held], tables.own_numbers[held]))
        found.around[held] = fit.scores(Table(tables.own[held], context[held]))
    return found


def factor_of(
    scores: Sequence[NDArray[np.float32]], names: Sequence[str], truth: list[str | None]
) -> float:
    """The factor that calibrates held-out scores, a column per name, against the labels."""
    known = [place for place, name in enumerate(truth) if name in names]
    labels = np.array([list(names).index(str(truth[row])) for row in known])
    stacked_scores = np.vstack([one[known] for one in scores]).astype(np.float64)
    return temperature(stacked_scores, np.tile(labels, len(scores)))


def letter_shift(
    fit: ChatFit, tables: ChatTables, held: HeldOut, rows: Sequence[tuple[str, str, str]]
) -> float:
    """What to add to the score of a letter so that titles and chat, both unseen, are told apart
    as well as each other: the shift of the best mean recall.
    """
    titles = [plain(title) for title, _, _ in unseen_letters(rows)]
    pieces = matrix([pieces_of(text, None) for text in titles], tables.vocabulary, tables.idf)
    numbers = [all_numbers(numbers_of(text, None, addressed=False)) for text in titles]
    scores = fit.scores(Table(pieces, np.array(numbers, dtype=np.float32)))
    letter = CHAT_NAMES.index("letter")
    apart = [found[:, letter] - found[:, letter - 1] for found in (scores, held.bare)]
    shifts = np.arange(-2.0, 8.0, 0.1)
    recalls = [(apart[0] + one > 0).mean() + (apart[1] + one < 0).mean() for one in shifts]
    return round(float(shifts[int(np.argmax(recalls))]), 2)


def train_chat(folder: Path) -> dict[str, Any]:
    """Fit and write the chat model; what the manifest says of it."""
    rows = letters(folder / "requests" / "labelled_train.jsonl.gz")
    samples = [*talk_samples(folder), *letter_samples(rows)]
    tables = chat_tables(own_chat(), samples, public_texts(folder))
    lines = tables.lines
    context = context_numbers(lines, held_out_sides(tables))
    held = held_out_scores(tables, context)
    views = (held.bare, held.own, held.around)
    category = slice(INTENT_COUNT, INTENT_COUNT + len(CATEGORIES))
    factors = {
        "intent": careful_factor(
            lines, [view[:, :INTENT_COUNT] for view in views], INTENTS, lambda line: line.intent
        ),
        "category": careful_factor(
            lines, [view[:, category] for view in views], CATEGORIES, lambda line: line.category
        ),
    }
    fit = fit_chat(tables, np.arange(len(lines)), context)
    factors["letter_shift"] = letter_shift(fit, tables, held, rows)
    parts = [(fit.heads[head], names) for head, names in HEAD_NAMES.items()]
    model = as_linear(CHAT_NAMES, tables.vocabulary, tables.idf, parts)
    digest = save_linear(model, WEIGHTS / CHAT_FILE)
    tower_digest = save_tower(fit.tower, WEIGHTS / TOWER_FILE)
    return {
        "hash": digest,
        "tower": tower_digest,
        "factors": factors,
        "lines": len(lines),
        "samples": len(tables.samples),
        "links": train_links(lines, sides_from(held.around, factors), threads_from(held.around)),
    }


def letter_documents(rows: Sequence[tuple[str, str, str]]) -> tuple[list[list[str]], list[str]]:
    """N-grams and categories of titles, bodies and whole letters."""
    documents, categories = [], []
    for title, body, category in rows:
        short, long = plain(title), plain(body[:BODY_CHARACTERS])
        texts = [short, long, short + "\n" + long] if len(long) >= BODY_LEAST else [short]
        documents += [letter_pieces(text) for text in texts]
        categories += [category] * len(texts)
    return documents, categories


def letter_factors(rows: Sequence[tuple[str, str, str]]) -> dict[str, float]:
    """Factors that calibrate titles and whole letters, from letters held out of the fit."""
    titles, fulls, title_truth, full_truth = [], [], [], []
    for train, held in folds([title for title, _, _ in rows]):
        documents, categories = letter_documents([rows[row] for row in train])
        vocabulary, idf = vocabulary_of(documents)
        fitted = margins(matrix(documents, vocabulary, idf), categories, strength=LETTER_STRENGTH)
        linear = as_linear(LETTER_CATEGORIES, vocabulary, idf, [(fitted, LETTER_CATEGORIES)])
        model = LetterModel(linear, 1.0, 1.0)
        for row in held:
            title, body, category = rows[row]
            titles.append(letter_scores(model, plain(title), ""))
            title_truth.append(LETTER_CATEGORIES.index(category))
            if len(body) >= BODY_LEAST:
                fulls.append(letter_scores(model, plain(title), plain(body[:BODY_CHARACTERS])))
                full_truth.append(LETTER_CATEGORIES.index(category))
    return {
        "title": temperature(np.array(titles, dtype=np.float64), np.array(title_truth)),
        "full": temperature(np.array(fulls, dtype=np.float64), np.array(full_truth)),
    }


def train_letters(folder: Path) -> dict[str, Any]:
    """Fit and write the letter model; what the manifest says of it."""
    rows = letters(folder / "requests" / "labelled_train.jsonl.gz")
    documents, categories = letter_documents(rows)
    vocabulary, idf = vocabulary_of(documents)
    first = margins(matrix(documents, vocabulary, idf), categories, strength=LETTER_STRENGTH)
    kept = pruned(vocabulary, idf, first, LETTER_VOCABULARY)
    kept_idf = np.array([idf[vocabulary[piece]] for piece in kept], dtype=np.float32)
    fitted = margins(matrix(documents, kept, kept_idf), categories, strength=LETTER_STRENGTH)
    model = as_linear(LETTER_CATEGORIES, kept, kept_idf, [(fitted, LETTER_CATEGORIES)])
    digest = save_linear(model, WEIGHTS / "letters.npz")
    return {"hash": digest, "factors": letter_factors(rows), "letters": len(rows)}


def train_addresses(folder: Path) -> dict[str, Any]:
    """Fit and write the address weights; what the manifest says of them."""
    target = WEIGHTS / "spans.npz"
    facts = train_spans(folder / "addresses" / "train.jsonl.gz", target)
    return {"hash": file_hash(target), **facts}


PARTS = ("letters", "chat", "addresses")


def train(folder: Path | None = None, *, parts: Sequence[str] = PARTS) -> Path:
    """Train the parts and write weights and manifest; the path of the manifest.

    `folder` holds the public data, as `nlp.corpus.testdata` finds it by itself.
    """
    WEIGHTS.mkdir(exist_ok=True)
    manifest_file = WEIGHTS / "manifest.json"
    manifest = json.loads(manifest_file.read_text()) if manifest_file.exists() else {}
    work = {"letters": train_letters, "chat": train_chat, "addresses": train_addresses}
    for part in parts:
        manifest[part] = work[part](folder or testdata())
        manifest["links"] = manifest[part].pop("links", manifest.get("links"))
    hashes = (manifest["letters"]["hash"], manifest["chat"]["hash"], manifest["chat"]["tower"])
    manifest["version"] = "-".join(part[:6] for part in hashes)
    manifest_file.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return manifest_file
