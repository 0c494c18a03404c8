"""The marks as HTML: struck and underlined, and labelled in words for print and screen readers."""

from collections.abc import Iterable
from html import escape

from deliberation.articles import HEADINGS, Rulebook
from deliberation.redline import Mark, Segment
from deliberation.redline_book import PartRedline, redline_book, summary
from deliberation.redline_words import name

WORDS = {Mark.DELETE: "删", Mark.INSERT: "增"}
TAGS = {Mark.DELETE: "del", Mark.INSERT: "ins"}
STYLE = """
body { font: 18px/1.8 "Noto Serif SC", "Songti SC", SimSun, serif; color: #111; background: #fff;
  max-width: 42em; margin: 2em auto; padding: 0 1em; }
h1 { text-align: center; } h2, h3 { text-align: center; font-size: 1.1em; }
del { color: #8a1f11; text-decoration: line-through; }
ins { color: #0b5420; text-decoration: underline; text-decoration-thickness: 2px; }
.mark { font-weight: bold; font-size: .8em; text-decoration: none; display: inline-block; }
.end { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.label { font-weight: bold; margin-right: 1em; } .was, .note { font-size: .85em; color: #444; }
.touched { border-left: 4px solid #555; padding-left: .8em; }
@media print { del, ins { color: #000; } body { margin: 0; max-width: none; } }
"""


def marked(segments: Iterable[Segment]) -> str:
    """The text with `<del>` and `<ins>`, each opened by 〔删〕 or 〔增〕 and closed in words."""
    return "".join(marked_segment(segment) for segment in segments)


def marked_segment(segment: Segment) -> str:
    """One stretch of text as HTML."""
    text = escape(segment.text).replace("\n", "<br>")
    if segment.mark is Mark.KEEP:
        return text
    tag, word = TAGS[segment.mark], WORDS[segment.mark]
    opened = f'<span class="mark">〔{word}〕</span>'
    return f'<{tag}>{opened}{text}<span class="end">〔{word}完〕</span></{tag}>'


def fragment(rows: Iterable[PartRedline]) -> str:
    """All parts in order, for a page that brings its own styles."""
    return "\n".join(part_html(row) for row in rows if row.segments)


def part_html(row: PartRedline) -> str:
    """One part with its number, old number, and marks."""
    label = f'<span class="label">{escape(row.new_label or row.old_label or "")}</span>'
    was = ""
    if row.new_label is None:
        was = '<span class="was">（原条文，删去）</span>'
    elif row.old_label not in (None, row.new_label):
        was = f'<span class="was">（原{escape(row.old_label or "")}）</span>'
    note = '<span class="note">（移到这里）</span>' if row.moved else ""
    css = "part touched" if row.touched else "part"
    tag = "h2" if row.kind in HEADINGS else "p"
    opened = f'<{tag} class="{css}" id="{escape(row.id)}">'
    return f"{opened}{label}{was}{note}{marked(row.segments)}</{tag}>"


def page(old: Rulebook, new: Rulebook) -> str:
    """A whole page that needs nothing else: both versions of a rulebook in one marked text."""
    rows = redline_book(old, new)
    touched = "、".join(escape(name(row)) for row in rows if row.touched)
    return (
        f'<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(new.title)}：修订对照</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(new.title)}：修订对照</h1>\n"
        f"<p>{summary(rows)}{'：' + touched if touched else ''}。"
        f"〔删〕后面带删除线的是删去的，〔增〕后面带下划线的是增加的。</p>\n"
        f"{fragment(rows)}\n</body>\n</html>\n"
    )
