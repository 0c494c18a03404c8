"""Draw the pictures of docs/explanation/opinion-map: chance draws groups too, and how that is told.

Run: .venv/bin/python scripts/opinion_pictures.py
"""

import html
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402  # the path must be set first

from bench.opinion_map import invented_votes  # noqa: E402
from deliberation.opinion_chance import ShuffledTable  # noqa: E402
from deliberation.opinion_map import OpinionMap, opinion_map  # noqa: E402

FOLDER = ROOT / "docs" / "explanation" / "pictures"
RUNS = 199
WORDS = {
    "zh-CN": (
        "凑巧也会像有分派",
        ("90 人各答各的：硬分也分得出 {k} 组", "90 人分两派：分成 {k} 组"),
        "打乱 199 次，每次有多清楚（每点一次）",
        "真的这次",
        ("真的这次落在打乱的中间：看不出分派", "打乱的没有一次赶得上：看得出两派"),
    ),
    "en": (
        "Chance looks like groups too",
        ("90 people, each on their own: cut into {k} anyway", "90 people in two camps: {k} groups"),
        "199 shuffled tables, how clear each is (a dot each)",
        "the real one",
        ("The real one is among the shuffled: no groups", "No shuffled one comes near: two groups"),
    ),
}


def clarities(drawn: OpinionMap) -> list[float]:
    """The clarity of the real table, then of the shuffled ones."""
    table = ShuffledTable(drawn.votes.matrix)
    dice = np.random.default_rng(1)
    found = [table.clarity()]
    for _ in range(RUNS):
        table.shuffle(dice)
        found.append(table.clarity())
    return found


def cloud(drawn: OpinionMap, left: int) -> str:
    """The people of one map in a frame, one mark for each group."""
    marks = [f'<rect x="{left}" y="70" width="340" height="220" fill="none" stroke="#000"/>']
    scale = 100 / np.abs(drawn.plane.points).max()
    for (x, y), group in zip(drawn.plane.points * scale, drawn.groups, strict=True):
        a, b = left + 170 + 1.4 * x, 180 - y
        marks.append(
            (
                f'<circle cx="{a:.0f}" cy="{b:.0f}" r="5" fill="#fff" stroke="#000"/>',
                f'<path d="M{a:.0f} {b - 6:.0f}l6 10h-12z"/>',
                f'<path d="M{a - 4:.0f} {b - 4:.0f}h9v9h-9z" fill="#999" stroke="#000"/>',
                f'<path d="M{a:.0f} {b - 6:.0f}l6 6l-6 6l-6-6z" fill="#fff" stroke="#000"/>',
                f'<path d="M{a - 5:.0f} {b:.0f}h10M{a:.0f} {b - 5:.0f}v10" stroke="#000"/>',
            )[group]
        )
    return "".join(marks)


def heap(values: list[float], left: int, *, words: str, verdict: str, span: float) -> str:
    """The shuffled tables as heaped dots on a line, the real one as an arrow below."""
    low, step = min(values[1:]), span / 42
    columns = [round((value - low) / step) for value in values]
    marks = [f'<path d="M{left} 462h340" stroke="#000"/>']
    for column in sorted(set(columns[1:])):
        for n in range(columns[1:].count(column)):
            marks.append(f'<circle cx="{left + 8 + 7 * column}" cy="{458 - 4.2 * n:.1f}" r="2"/>')
    x = left + 8 + 7 * columns[0]
    marks.append(f'<path d="M{x} 466l6 12h-4v10h-4v-10h-4z"/>')
    side = "end" if x > left + 250 else "start"
    shift = -12 if side == "end" else 12
    marks.append(f'<text x="{x + shift}" y="484" text-anchor="{side}">{words}</text>')
    marks.append(f'<text x="{left}" y="516" font-weight="bold" font-size="15">{verdict}</text>')
    return "".join(marks)


def main() -> None:
    """Write both pictures, one in each language."""
    drawn = []
    for groups in (1, 2):
        votes = invented_votes(90, 15, density=0.9, groups=groups, dice=np.random.default_rng(7))
        drawn.append(opinion_map(votes, permutations=0))
    values = [clarities(one) for one in drawn]
    span = max(max(each) - min(each[1:]) for each in values)
    for language, (title, heads, middle, real, verdicts) in WORDS.items():
        parts = []
        for n, left in enumerate((20, 400)):
            head = html.escape(heads[n].format(k=len(drawn[n].sizes)))
            parts.append(f'<text x="{left}" y="60" font-size="15">{head}</text>')
            parts.append(cloud(drawn[n], left))
            parts.append(f'<text x="{left}" y="316" font-size="14">{middle}</text>')
            parts.append(heap(values[n], left, words=real, verdict=verdicts[n], span=span))
        described = f"{heads[0]} — {verdicts[0]}. {heads[1]} — {verdicts[1]}.".replace("{k}", "")
        (FOLDER / f"opinion-map.{language}.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 530" role="img" '
            'aria-labelledby="t d" font-family="sans-serif" font-size="16">\n'
            f'<title id="t">{title}</title>\n<desc id="d">{html.escape(described)}</desc>\n'
            f'<rect width="760" height="530" fill="#fff"/>\n'
            f'<text x="20" y="32" font-weight="bold">{title}</text>\n'
            + "\n".join(parts)
            + "\n</svg>\n",
            "utf-8",
        )


if __name__ == "__main__":
    main()
