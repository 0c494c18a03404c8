"""The map as a picture: marks that differ in shape and fill, so it reads in black and white."""

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from deliberation.opinion_answers import Answers, Share, share, shown
from deliberation.opinion_map import OpinionMap
from deliberation.opinion_statements import consensus, typical_statements
from deliberation.opinion_words import basis_words, map_words

WIDTH = 720
FIELD = 420  # height of the plane
MARGIN = 24
CELL = 26  # people closer than this are one mark
LINE = 22
SHARED_MAX = 6
TYPICAL_SHOWN = 3
TEXT_UNITS = 29.0  # width of a statement in the table, in Chinese characters

# Shape, and fill: no two groups share both, and none needs a colour.
MARKS = (
    ("circle", "white"),
    ("triangle", "black"),
    ("square", "#999"),
    ("diamond", "white"),
    ("cross", "black"),
    ("square", "white"),
    ("circle", "black"),
    ("triangle", "white"),
    ("diamond", "black"),
)
_NAMES = {"circle": "圆", "triangle": "三角", "square": "方块", "diamond": "菱形", "cross": "十字"}
_SHADES = {"white": "空心", "black": "实心", "#999": "灰"}


def draw_picture(drawn: OpinionMap, texts: Mapping[str, str]) -> str:
    """An SVG of the map and the table that belongs to it; `texts` are statements by id.

    Nobody can be picked out: people near each other are one mark, and no mark bears a name.
    """
    is_split = len(drawn.sizes) > 1
    head = _wrapped(map_words(drawn), 41) + _wrapped(basis_words(drawn), 41)
    top = 58 + LINE * len(head)
    parts = [_text(MARGIN, 38, "意见地图", size=24, weight="bold")]
    parts += [_text(MARGIN, 66 + LINE * n, line) for n, line in enumerate(head)]
    parts.append(_field(drawn, top))
    bottom = top + FIELD + LINE
    if is_split:
        for number in range(len(drawn.sizes)):
            parts.append(_legend(drawn, number, bottom))
            bottom += LINE + 4
    parts.append(_text(MARGIN, bottom, "离得近，表示回答相近；上下左右没有好坏之分。", size=14))
    rows, bottom = _table(drawn, texts, bottom + LINE)
    words = html.escape(f"{map_words(drawn)}{basis_words(drawn)}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + MARGIN}" '
        f'width="{WIDTH}" height="{bottom + MARGIN}" lang="zh-CN" role="img" '
        f'aria-labelledby="t d" font-family="sans-serif" font-size="16">\n'
        f'<title id="t">意见地图</title>\n<desc id="d">{words}</desc>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join([*parts, *rows])
        + "\n</svg>\n"
    )


def _field(drawn: OpinionMap, top: int) -> str:
    marks = [
        f'<rect x="{MARGIN}" y="{top}" width="{WIDTH - 2 * MARGIN}" height="{FIELD}" '
        f'fill="none" stroke="#666"/>'
    ]
    heaps = _heaps(drawn)
    most = max(heaps.values(), default=1)
    for (column, row, group), people in sorted(heaps.items()):
        # Two groups in one cell stand side by side.
        aside = (group - (len(drawn.sizes) - 1) / 2) * CELL / 4
        radius = max(3.0, CELL * 0.48 * sqrt(people / most))
        x, y = WIDTH / 2 + column * CELL + aside, top + FIELD / 2 - row * CELL
        marks.append(_mark(group, x, y, radius))
    return "\n".join(marks)


def _heaps(drawn: OpinionMap) -> Counter[tuple[int, int, int]]:
    """People by cell of the plane and group; both directions have one scale.

    The few furthest out are drawn at the edge, so that they do not press the others together.
    """
    points = drawn.plane.points
    if not len(points):
        return Counter()
    reach = np.maximum(np.quantile(np.abs(points), 0.98, axis=0), 1e-9)
    room = np.array([(WIDTH / 2 - MARGIN) // CELL - 1, FIELD / 2 // CELL - 1])
    cells = (points * (room / reach).min()).round().clip(-room, room).astype(int).tolist()
    return Counter(
        (column, row, group)
        for (column, row), group in zip(cells, drawn.groups.tolist(), strict=True)
    )


def _mark(group: int, x: float, y: float, radius: float) -> str:
    shape, fill = MARKS[group]
    style = f'fill="{fill}" stroke="black" stroke-width="1.2"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {style}/>'
    corners = {
        "triangle": ((0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "cross": tuple(
            (a, b)
            for a, b in (
                (-0.35, -1.1), (0.35, -1.1), (0.35, -0.35), (1.1, -0.35), (1.1, 0.35),
                (0.35, 0.35), (0.35, 1.1), (-0.35, 1.1), (-0.35, 0.35), (-1.1, 0.35),
                (-1.1, -0.35), (-0.35, -0.35),
            )
        ),
    }[shape]  # fmt: skip
    path = " ".join(f"{x + a * radius:.1f},{y + b * radius:.1f}" for a, b in corners)
    return f'<polygon points="{path}" {style}/>'


def _legend(drawn: OpinionMap, number: int, y: int) -> str:
    shape, fill = MARKS[number]
    words = f"{drawn.labels[number]} 组（{_SHADES[fill]}{_NAMES[shape]}）：{drawn.sizes[number]} 人"
    return _mark(number, MARGIN + 10, y - 6, 8) + _text(MARGIN + 28, y, words)


def _table(drawn: OpinionMap, texts: Mapping[str, str], top: int) -> tuple[list[str], int]:
    """The rows of the table and where it ends."""
    rows: list[str] = []
    for title, lines in _sections(drawn, texts):
        top += LINE
        rows.append(_text(MARGIN, top, title, weight="bold"))
        for label, numbers in lines:
            wrapped = _wrapped(label, TEXT_UNITS)
            if len(wrapped) > 2:
                wrapped = [wrapped[0], wrapped[1][:-1] + "…"]
            for n, line in enumerate(wrapped):
                rows.append(_text(MARGIN, top + LINE * (n + 1), line, size=14))
            if numbers:
                rows.append(_text(WIDTH - MARGIN, top + LINE, numbers, size=14, anchor="end"))
            top += LINE * len(wrapped)
            rows.append(
                f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{top + 6}" y2="{top + 6}" '
                f'stroke="#ccc"/>'
            )
        top += LINE // 2
    return rows, top


def _sections(
    drawn: OpinionMap, texts: Mapping[str, str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    is_split = len(drawn.sizes) > 1
    best = sorted(range(len(drawn.table)), key=lambda n: (-consensus(drawn.table[n]), n))
    shared = [n for n in best if _is_shared(drawn.table[n])][:SHARED_MAX]
    title = "各组都同意的" if is_split else "大家最同意的"
    sections = [
        (
            f"{title}（同意的比例，括号里是 95% 区间）",
            [(_label(drawn, n, texts), _shared_numbers(drawn.totals[n])) for n in shared]
            or [
                ("没有过半数都同意的意见。" if not is_split else "没有各组都过半数同意的意见。", "")
            ],
        )
    ]
    for number in range(len(drawn.sizes)) if is_split else ():
        lines = [
            (
                _label(drawn, one.statement, texts),
                f"{'同意' if one.side == 'agree' else '不同意'} {_percent(one.here)} "
                f"其他人 {one.there.middle:.0%}",
            )
            for one in typical_statements(drawn.table, number)[:TYPICAL_SHOWN]
        ]
        title = f"{drawn.labels[number]} 组和别人最不一样的"
        sections.append((title, lines or [("没有足够多的回答可以公布。", "")]))
    return sections


def _is_shared(cells: Sequence[Answers]) -> bool:
    return all(cell is not None and share(cell.agree, cell.seen).low > 0.5 for cell in shown(cells))


def _shared_numbers(answers: Answers) -> str:
    return f"{_percent(share(answers.agree, answers.seen))} {answers.seen} 人答"


def _percent(value: Share) -> str:
    return f"{value.middle:.0%}（{value.low * 100:.0f}–{value.high * 100:.0f}）"


def _label(drawn: OpinionMap, column: int, texts: Mapping[str, str]) -> str:
    name = drawn.votes.statements[drawn.statements[column]]
    return f"{name}. {texts[name]}" if texts.get(name) else f"意见 {name}"


def _wrapped(words: str, units: float) -> list[str]:
    """Lines of at most so many Chinese characters."""
    lines, width = [""], 0.0
    for letter in words:
        step = 0.55 if letter.isascii() else 1.0
        # A mark that closes a sentence hangs over rather than begin a line.
        if width + step > units and letter not in "，。；、！？）”》,.;!?)":
            lines.append("")
            width = 0.0
        lines[-1] += letter
        width += step
    return lines


def _text(
    x: float, y: float, words: str, *, size: int = 16, weight: str = "", anchor: str = ""
) -> str:
    # Characters that XML does not allow would make the whole picture unreadable.
    clean = "".join(letter for letter in words if letter.isprintable())
    more = f' font-weight="{weight}"' if weight else ""
    more += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x}" y="{y}" font-size="{size}"{more}>{html.escape(clean)}</text>'
