"""The words of an article as a page and as plain chat text: a small, safe part of Markdown.

Known are ## headings, - and 1. lists, **bold**, [words](https://…) and bare addresses; everything
else is shown as it was typed, and nothing of it is ever markup of its own.
"""

import re
from collections.abc import Iterable, Iterator

from markupsafe import Markup, escape

_HEADING = re.compile(r"#{1,4}[ \t]+(.+)")
_ITEM = re.compile(r"[ \t]*(?:[-*•]|(\d{1,2})[.、)])[ \t]+(.+)")
_MARKS = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,300})\*\*"
    r"|\[(?P<words>[^\]\n]{1,200})\]\((?P<address>https?://[^\s()<>\"]{1,500}|tel:[0-9+-]{3,20})\)"
    r"|(?P<bare>https?://[A-Za-z0-9][^\s<>\"，。；！？、）》]{1,500})"
)
_LINK = Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>')
PASSAGE_MAX = 160
_SENTENCE_END = re.compile(r"(?<=[。！？；])")


def as_html(body: str) -> Markup:
    """The body as safe markup; headings begin at the third level, below those of the page."""
    return Markup("\n").join(_blocks(body.split("\n")))


def as_plain(body: str) -> str:
    """The body as people read it in a chat, without marks; addresses stay."""
    lines = (_plain_line(line) for line in body.split("\n"))
    return "\n".join(line for line in lines if line)


def passages(body: str) -> list[str]:
    """The body in pieces short enough to quote: its lines, long ones cut between sentences."""
    found: list[str] = []
    for line in as_plain(body).split("\n"):
        piece = ""
        for sentence in _SENTENCE_END.split(line):
            if piece and len(piece) + len(sentence) > PASSAGE_MAX:
                found.append(piece)
                piece = ""
            piece += sentence
        if piece:
            found.append(piece)
    return found


def _plain_line(line: str) -> str:
    heading = _HEADING.fullmatch(line)
    words = heading[1] if heading else line
    item = _ITEM.fullmatch(words)
    if item is not None:
        words = f"{item[1]}. {item[2]}" if item[1] else f"· {item[2]}"
    return _MARKS.sub(_plain_mark, words).strip()


def _plain_mark(hit: re.Match[str]) -> str:
    if hit["words"]:
        return f"{hit['words']}（{hit['address']}）"
    return str(hit["bold"] or hit["bare"])


def _blocks(lines: Iterable[str]) -> Iterator[Markup]:
    paragraph: list[Markup] = []
    items: list[Markup] = []
    is_counted = False

    def finished() -> Iterator[Markup]:
        if paragraph:
            yield Markup("<p>{}</p>").format(Markup("<br>").join(paragraph))
            paragraph.clear()
        if items:
            tag = Markup("ol" if is_counted else "ul")
            yield Markup("<{0}>{1}</{0}>").format(tag, Markup("").join(items))
            items.clear()

    for line in lines:
        heading, item = _HEADING.fullmatch(line), _ITEM.fullmatch(line)
        if item is not None:
            if paragraph or (items and is_counted is not bool(item[1])):
                yield from finished()
            is_counted = bool(item[1])
            items.append(Markup("<li>{}</li>").format(_inline(item[2])))
        elif heading is not None or not line.strip():
            yield from finished()
            if heading is not None:
                yield Markup("<h3>{}</h3>").format(_inline(heading[1]))
        else:
            if items:
                yield from finished()
            paragraph.append(_inline(line))
    yield from finished()


def _inline(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for hit in _MARKS.finditer(text):
        parts.append(escape(text[end : hit.start()]))
        if hit["bold"]:
            parts.append(Markup("<strong>{}</strong>").format(hit["bold"]))
        else:
            address = hit["address"] or hit["bare"]
            parts.append(_LINK.format(address, hit["words"] or address))
        end = hit.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)
