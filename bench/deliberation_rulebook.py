"""Figures of the rulebook: consolidating many amendments, marking changes, files in and out.

Run: python -m bench.deliberation_rulebook
"""

import random
import time
from collections.abc import Callable

from deliberation.alignment import align, operations_between
from deliberation.articles import Kind, Part, Rulebook, make_rulebook, rulebook_hash
from deliberation.conflicts import conflicts
from deliberation.consolidation import check_amendments, consolidate
from deliberation.legality import CommunityKind, lint
from deliberation.operations import Amendment, Delete, Insert, Move, Operation, Replace
from deliberation.redline_book import redline_book
from deliberation.redline_html import fragment
from deliberation.rulebook_export import WRITERS
from deliberation.rulebook_import import read_rulebook

PHRASES = (
    "村民应当爱护公共设施",
    "每户每年参加清洁日不少于{}次",
    "垃圾分类投放到指定地点",
    "红白喜事从简办理",
    "不得占用楼道堆放杂物",
    "违反的由村民小组提醒",
    "经提醒仍不改正的扣除积分{}分",
    "邻里纠纷先找调解员",
    "公布期限不少于{}日",
    "老人和孩子优先",
)


def sentence(chance: random.Random) -> str:
    """An invented sentence of three clauses."""
    clauses = (chance.choice(PHRASES).format(chance.randint(2, 30)) for _ in range(3))
    return "，".join(clauses) + "。"


def invented_rulebook(*, articles: int, chars: int, seed: int) -> Rulebook:
    """A rulebook of so many articles of about so many characters, ten to a chapter."""
    chance = random.Random(seed)
    parts = []
    for place in range(articles):
        if place % 10 == 0:
            parts.append(Part(f"c{place // 10}", Kind.CHAPTER, f"总类{place // 10}"))
        text = ""
        while len(text) < chars:
            text += sentence(chance)
        parts.append(Part(f"a{place}", Kind.ARTICLE, text[: chars - 1] + "。"))
    return make_rulebook(id="bench", title="试验村规民约", preamble="试验用。", parts=parts)


def invented_amendments(base: Rulebook, *, count: int, seed: int) -> list[Amendment]:
    """So many amendments of one operation each, none in conflict with another."""
    chance = random.Random(seed)
    articles = list(base.articles)
    chance.shuffle(articles)
    pinned = rulebook_hash(base)
    operations: list[Operation] = []
    for part in articles[:5]:
        operations.append(Delete(part.id, part.text))
    for part, after in zip(articles[5:10], articles[10:15], strict=True):
        operations.append(Move(part.id, after.id))
    for place, part in enumerate(articles[15:55]):
        operations.append(
            Insert(part.id, Part(f"n{place}", Kind.ARTICLE, f"新增第{place}号内容。"))
        )
    place = 0
    while len(operations) < count:
        part = articles[15 + place % (len(articles) - 15)]
        start = 20 + 40 * (place // (len(articles) - 15))
        new = "改" + chr(0x4E00 + place)
        operations.append(Replace(part.id, start, part.text[start : start + 3], new))
        place += 1
    chance.shuffle(operations)
    return [
        Amendment(f"m{place}", base.id, pinned, (operation,))
        for place, operation in enumerate(operations)
    ]


def overlapping(base: Rulebook, *, count: int) -> list[Amendment]:
    """So many amendments that all want the same words changed, each in its own way."""
    part = base.articles[0]
    pinned = rulebook_hash(base)
    return [
        Amendment(f"m{n}", base.id, pinned, (Replace(part.id, 0, part.text[:4], f"改成{n}种"),))
        for n in range(count)
    ]


def rewritten(base: Rulebook, *, changes: int, seed: int) -> Rulebook:
    """The same rulebook with so many single characters of every article changed."""
    chance = random.Random(seed)
    parts = []
    for part in base.parts:
        letters = list(part.text)
        for _ in range(changes if part.kind is Kind.ARTICLE else 0):
            letters[chance.randrange(len(letters) - 1)] = chance.choice("甲乙丙丁")
        parts.append(Part(part.id, part.kind, "".join(letters)))
    return Rulebook(base.id, tuple(parts))


def timed(name: str, work: Callable[[], object]) -> None:
    """Print the best of three runs in milliseconds."""
    best = min(once(work) for _ in range(3))
    print(f"{name:<58}{best * 1000:9.1f} ms")  # noqa: T201  a bench speaks by printing


def once(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print all figures."""
    base = invented_rulebook(articles=200, chars=250, seed=1)
    amendments = invented_amendments(base, count=500, seed=2)
    crowd = overlapping(base, count=500)
    changed = rewritten(base, changes=6, seed=3)
    other = invented_rulebook(articles=200, chars=250, seed=9)
    timed("consolidate 500 amendments on 200 articles", lambda: consolidate(base, amendments))
    timed("  of that: checks", lambda: check_amendments(base, amendments))
    timed("  of that: conflicts", lambda: conflicts(base, amendments))
    timed("500 amendments on the same words: conflicts", lambda: conflicts(base, crowd))
    timed("redline, 50,000 characters, every article changed", lambda: redline_book(base, changed))
    timed("  the same with HTML", lambda: fragment(redline_book(base, changed)))
    timed("redline of two unrelated texts of 50,000", lambda: redline_book(base, other))
    one = invented_rulebook(articles=3, chars=16_600, seed=4)
    two = rewritten(one, changes=800, seed=5)
    timed("redline, 50,000 characters in 3 articles, 2,400 changes", lambda: redline_book(one, two))
    timed("align without identities and derive operations", lambda: derive(base, changed))
    timed("legality lint, 50,000 characters", lambda: lint(base, CommunityKind.VILLAGE))
    for suffix, write in WRITERS.items():
        data = write(base)
        timed(f"write {suffix}", lambda write=write: write(base))
        timed(f"read  {suffix}", lambda data=data, suffix=suffix: reread(data, suffix))


def derive(base: Rulebook, changed: Rulebook) -> None:
    """Recognise the articles again, then the operations between the versions."""
    fresh = (
        part if place < 2 else Part(f"x{place}", part.kind, part.text)
        for place, part in enumerate(changed.parts)
    )
    operations_between(base, align(base, Rulebook(base.id, tuple(fresh))))


def reread(data: bytes, suffix: str) -> None:
    """Import what was written."""
    read_rulebook(data, name=f"x{suffix}")


if __name__ == "__main__":
    main()
