"""Rulebooks as files for people: plain text, Markdown, Word; all of them read back the same."""

import io
import re
from collections.abc import Callable, Iterator, Mapping

from deliberation.articles import Kind, Rulebook
from deliberation.numbering import labels
from deliberation.rulebook_json import rulebook_to_json

WIDE = "\u3000"
SIGNS = re.compile(r"([\\`*_\[\]<>#|~&])")
LINE_START = re.compile(r"^([+-]|\d+(?=[.)]))")
MARKS = {Kind.CHAPTER: "## ", Kind.SECTION: "### "}


def to_text(rulebook: Rulebook) -> str:
    """Plain text: one block for each part, further paragraphs indented."""
    called = labels(rulebook)
    blocks = [rulebook.title]
    for part in rulebook.parts[1:]:
        lines = part.text.split("\n") if part.text else []
        if part.kind is Kind.PREAMBLE:
            lines = [WIDE * 2 + line for line in lines]
        else:
            first, *rest = lines
            lines = [called[part.id] + WIDE + first, *(WIDE * 2 + line for line in rest)]
        blocks += ["\n".join(lines)] if lines else []
    return "\n\n".join(blocks) + "\n"


def to_markdown(rulebook: Rulebook) -> str:
    """Markdown: # title, ## chapter, ### section, bold numbers; signs in the words escaped."""
    called = labels(rulebook)
    blocks = [f"# {escaped(rulebook.title)}"]
    for part in rulebook.parts[1:]:
        lines = [escaped(line) for line in part.text.split("\n") if line]
        if part.kind in MARKS:
            lines = [f"{MARKS[part.kind]}{called[part.id]}{WIDE}{lines[0]}"]
        elif part.kind is Kind.ARTICLE:
            lines[0] = f"**{called[part.id]}**{WIDE}{lines[0]}"
        blocks += lines
    return "\n\n".join(blocks) + "\n"


def escaped(line: str) -> str:
    """The line with every sign that Markdown would take as its own escaped."""
    line = SIGNS.sub(r"\\\1", line)
    start = LINE_START.match(line)
    if start is None:
        return line
    if start[1] in "+-":
        return "\\" + line
    return start[1] + "\\" + line[start.end() :]


def to_docx(rulebook: Rulebook) -> bytes:
    """A Word document with headings for chapters and sections, set as such papers are in China."""
    from docx import Document  # slow import
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # slow import
    from docx.oxml.ns import qn  # slow import
    from docx.shared import Pt, RGBColor  # slow import

    document = Document()
    for name, font, size in (
        ("Normal", "仿宋", 16),
        ("Title", "宋体", 22),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体", 16),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = "Times New Roman", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    document.core_properties.title = rulebook.title
    document.core_properties.author = ""
    for name, label, text in paragraphs(rulebook):
        paragraph = document.add_paragraph(style=name)
        if name == "Normal":
            paragraph.paragraph_format.first_line_indent = Pt(32)
        else:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if label:
            paragraph.add_run(label + WIDE).bold = True
        paragraph.add_run(text)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def paragraphs(rulebook: Rulebook) -> Iterator[tuple[str, str, str]]:
    """(Word style, number, words) of each paragraph in order."""
    called = labels(rulebook)
    named = {Kind.TITLE: "Title", Kind.CHAPTER: "Heading 1", Kind.SECTION: "Heading 2"}
    for part in rulebook.parts:
        numbered = part.kind not in (Kind.TITLE, Kind.PREAMBLE)
        for place, line in enumerate(part.text.split("\n") if part.text else ()):
            label = called[part.id] if numbered and place == 0 else ""
            yield named.get(part.kind, "Normal"), label, line


WRITERS: Mapping[str, Callable[[Rulebook], bytes]] = {
    ".txt": lambda rulebook: to_text(rulebook).encode(),
    ".md": lambda rulebook: to_markdown(rulebook).encode(),
    ".docx": to_docx,
    ".json": lambda rulebook: rulebook_to_json(rulebook).encode(),
}
