"""Rulebooks out of files people have: plain text, Markdown, Word, and our own JSON."""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from core.errors import Refusal
from deliberation.articles import HEADING_CHARS_MAX, Kind, clean_text, heading_trouble
from deliberation.rulebook_docx import docx_lines
from deliberation.rulebook_json import rulebook_from_json
from deliberation.rulebook_lines import Imported, Line, parse_lines

FILE_BYTES_MAX = 5_000_000
INDENTED = re.compile("[ \t\u3000]")
HEADING_LEVELS_MAX = 6
WIDE = "\u3000"
COMMENT = re.compile(r"[ \t]*<!--.*-->[ \t]*")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|(\*\*)")
OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": "这是旧版 .doc 或加了密码的文件，请用 Word 或 WPS 另存为不加密的 .docx。",
    b"%PDF": "这是 PDF，请找到 Word 或文本的原稿再导入。",
    b"{\\rtf": "这是 RTF，请另存为 .docx 或 .txt。",
    b"\x89PNG": "这是图片，请导入文字的原稿。",
    b"\xff\xd8\xff": "这是图片，请导入文字的原稿。",
}


class BadFile(Refusal):
    code = "rulebook_file"
    text = "“{name}”读不成：{reason}"


def read_rulebook(data: bytes, *, name: str, id: str | None = None) -> Imported:
    """The rulebook in a file of this name; raises a `Refusal` that names what is wrong.

    `id` is the identity it gets; without one, JSON keeps its own and the rest get one from the
    title.
    """
    if len(data) > FILE_BYTES_MAX:
        raise BadFile(name=name, reason=f"太大了，最多 {FILE_BYTES_MAX // 1_000_000} MB。")
    for start, reason in OTHER_KINDS.items():
        if data.startswith(start):
            raise BadFile(name=name, reason=reason)
    fallback = fallback_title(name)
    if data.startswith(b"PK"):
        return parse_lines(docx_lines(data), id=id, fallback_title=fallback)
    text = decode(data, name)
    suffix = PurePath(name).suffix.lower()
    if suffix == ".json":
        return Imported(rulebook_from_json(text, id=id), ())
    lines: Callable[[str], Iterator[Line]] = plain_lines
    if suffix in (".md", ".markdown"):
        lines = markdown_lines
    return parse_lines(lines(text), id=id, fallback_title=fallback)


def fallback_title(name: str) -> str:
    """What to call a rulebook that does not say its name."""
    stem = clean_text(PurePath(name).stem.encode("utf-8", "replace").decode())
    if not stem or heading_trouble(Kind.TITLE, stem) is not None:
        return "未命名的规约"
    return stem[:HEADING_CHARS_MAX]


def decode(data: bytes, name: str) -> str:
    """The file's text in UTF-8, UTF-16 with a mark, or GB 18030; raises `BadFile`."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadFile(name=name, reason="不是文本、Markdown 或 .docx 文件，或者文件坏了。")


def plain_lines(text: str) -> Iterator[Line]:
    """Lines of plain text; one that is not indented may be a heading."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield Line(number, line, not INDENTED.match(line))


def markdown_lines(text: str) -> Iterator[Line]:
    """Lines of Markdown without its signs; one with # may be a heading."""
    for number, line in enumerate(text.splitlines(), start=1):
        if COMMENT.fullmatch(line):
            continue
        words = heading_words(line.strip())
        bare = ESCAPED.sub(lambda match: match[1] or "", line if words is None else words)
        yield Line(number, bare, words is not None)


def heading_words(line: str) -> str | None:
    """The words of a line like `## 第一章 ##`, or None if it is no heading."""
    words = line.lstrip("#")
    level = len(line) - len(words)
    if not 1 <= level <= HEADING_LEVELS_MAX or not words.startswith((" ", "\t", WIDE)):
        return None
    closed = words.rstrip("#")
    # A closing row of # stands apart; 三# does not, and \# is a sign of the words.
    return (closed if closed.endswith((" ", "\t")) else words).strip()
