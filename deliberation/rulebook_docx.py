"""Word documents, read line by line without trusting them: size, structure and numbering checked.

Read with the standard zip reader and lxml only, so that nothing outside three known members is
ever unpacked. Numbers that Word makes itself (automatic lists) are written out.
"""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from core.errors import Refusal
from deliberation.numbering import NUMBER_MAX, chinese_number
from deliberation.rulebook_lines import Line

MEMBERS_MAX = 2_000
MEMBER_BYTES_MAX = 20_000_000
LEVELS_MAX = 9
STYLE_DEPTH_MAX = 10
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
CHINESE_FORMATS = frozenset(
    {
        "chineseCounting",
        "chineseCountingThousand",
        "chineseLegalSimplified",
        "ideographDigital",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
    }
)
# What zipfile and its decompressors raise for bytes that are not what they claim to be; a
# RuntimeError is its word for an entry that needs a password after all.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
UNREAD = {
    f"{W}del": "修订痕迹（删除）",
    f"{W}ins": "修订痕迹（插入）",
    f"{W}moveFrom": "修订痕迹（移动）",
    f"{W}moveTo": "修订痕迹（移动）",
    f"{W}txbxContent": "文本框",
    f"{W}footnoteReference": "脚注",
    f"{W}endnoteReference": "尾注",
}


class BadWordFile(Refusal):
    code = "rulebook_docx"
    text = "这个 Word 文件读不成：{reason}"


@dataclass(slots=True)
class Numbering:
    """Word's automatic numbers: formats by (list, level), styles' lists, and the running counts."""

    formats: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    abstract_of: dict[str, str] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def style_list(self, style: str) -> tuple[str, int] | None:
        """The list a paragraph style belongs to, by itself or by what it is based on."""
        for _ in range(STYLE_DEPTH_MAX):
            if style in self.styles or style not in self.parents:
                break
            style = self.parents[style]
        return self.styles.get(style)

    def next_label(self, list_id: str, level: int) -> str:
        """What Word shows before the next paragraph of this list and level."""
        abstract = self.abstract_of.get(list_id, "")
        shape = self.formats.get((abstract, level))
        if shape is None or shape[0] in ("bullet", "none"):
            return ""
        key = (abstract, level)
        self.counts[key] = self.counts.get(key, shape[2] - 1) + 1
        for deeper in range(level + 1, LEVELS_MAX):
            self.counts.pop((abstract, deeper), None)
        label = shape[1]
        for above in range(level + 1):
            wanted = self.formats.get((abstract, above), ("decimal", "", 1))
            count = self.counts.get((abstract, above), wanted[2])
            label = label.replace(f"%{above + 1}", written(count, wanted[0]))
        return label


def written(count: int, shape: str) -> str:
    """A number in Word's format of that name: Chinese, or digits for every other."""
    if shape in CHINESE_FORMATS and 1 <= count <= NUMBER_MAX:
        return chinese_number(count)
    return str(count)


def docx_lines(data: bytes) -> Iterator[Line]:
    """The document's paragraphs and table rows as lines; raises `BadWordFile`."""
    with open_package(data) as package:
        document = read_xml(package, "word/document.xml")
        numbering = Numbering()
        if document is None:
            raise BadWordFile(reason="里面没有正文。请用 Word 或 WPS 另存为 .docx。")
        read_styles(numbering, read_xml(package, "word/styles.xml"))
        read_lists(numbering, read_xml(package, "word/numbering.xml"))
    body = document.find(f"{W}body")
    if body is None:
        raise BadWordFile(reason="里面没有正文。请用 Word 或 WPS 另存为 .docx。")
    for element in document.iter():
        if element.tag in UNREAD:
            advice = "请先接受全部修订，把文本框和注释里的字移到正文，再导入。"
            reason = f"里面有{UNREAD[element.tag]}。{advice}"
            raise BadWordFile(reason=reason)
    yield from body_lines(body, numbering)


def open_package(data: bytes) -> zipfile.ZipFile:
    """The zip, if its list of members is sane; raises `BadWordFile`."""
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGE as trouble:
        raise BadWordFile(reason="文件损坏，或者不是 .docx。") from trouble
    members = package.infolist()
    if len(members) > MEMBERS_MAX:
        raise BadWordFile(reason="里面的文件太多，不像一份普通文档。")
    if any(member.flag_bits & 1 for member in members):
        raise BadWordFile(reason="文件加了密码，请去掉密码再导入。")
    return package


def read_xml(package: zipfile.ZipFile, name: str) -> etree._Element | None:
    """One member parsed without entities, network or unlimited size; None if it is not there."""
    try:
        with package.open(name) as member:
            data = member.read(MEMBER_BYTES_MAX + 1)
    except KeyError:
        return None
    except DAMAGE as trouble:
        raise BadWordFile(reason="文件损坏，打不开。") from trouble
    if len(data) > MEMBER_BYTES_MAX:
        raise BadWordFile(reason="展开后太大，不像一份规约。")
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise BadWordFile(reason="里面有文档类型声明，不安全，没有打开。")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as trouble:
        raise BadWordFile(reason="文件损坏，内容不完整。") from trouble


def value(element: etree._Element | None, path: str) -> str | None:
    """The `w:val` of a descendant, or None."""
    found = None if element is None else element.find(path)
    return None if found is None else found.get(f"{W}val")


def whole(text: str | None, otherwise: int) -> int:
    """A small whole number of the file, or the other value if it is none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else otherwise


def read_styles(numbering: Numbering, styles: etree._Element | None) -> None:
    """Names, ancestors and lists of paragraph styles."""
    for style in () if styles is None else styles.iter(f"{W}style"):
        id = style.get(f"{W}styleId", "")
        numbering.names[id] = (value(style, f"{W}name") or "").lower()
        parent = value(style, f"{W}basedOn")
        if parent is not None:
            numbering.parents[id] = parent
        list_id = value(style, f"{W}pPr/{W}numPr/{W}numId")
        if list_id is not None:
            level = whole(value(style, f"{W}pPr/{W}numPr/{W}ilvl"), 0)
            numbering.styles[id] = (list_id, level)


def read_lists(numbering: Numbering, lists: etree._Element | None) -> None:
    """The formats of automatic lists."""
    if lists is None:
        return
    for abstract in lists.iter(f"{W}abstractNum"):
        id = abstract.get(f"{W}abstractNumId", "")
        for level in abstract.iter(f"{W}lvl"):
            shape = value(level, f"{W}numFmt") or "decimal"
            text = value(level, f"{W}lvlText") or ""
            start = whole(value(level, f"{W}start"), 1)
            numbering.formats[(id, whole(level.get(f"{W}ilvl"), 0))] = (shape, text, start)
    for concrete in lists.iter(f"{W}num"):
        abstract_id = value(concrete, f"{W}abstractNumId")
        numbering.abstract_of[concrete.get(f"{W}numId", "")] = abstract_id or ""


def body_lines(body: etree._Element, numbering: Numbering) -> Iterator[Line]:
    """One line for each paragraph (more where it has breaks) and each row of a table."""
    for count, element in enumerate(body.iter(f"{W}p", f"{W}tr"), start=1):
        if element.tag == f"{W}tr":
            yield Line(count, "｜".join(words(cell) for cell in element.iter(f"{W}tc")), False)
        elif not any(True for _ in element.iterancestors(f"{W}tc")):
            yield paragraph_line(element, numbering, count)


def paragraph_line(paragraph: etree._Element, numbering: Numbering, count: int) -> Line:
    """The paragraph's words, with the number Word would show before them."""
    style = value(paragraph, f"{W}pPr/{W}pStyle") or ""
    own = value(paragraph, f"{W}pPr/{W}numPr/{W}numId")
    listed = numbering.style_list(style)
    if own is not None:
        inherited = listed[1] if listed else 0
        listed = (own, whole(value(paragraph, f"{W}pPr/{W}numPr/{W}ilvl"), inherited))
    text = words(paragraph)
    if listed is not None and listed[0] != "0" and text:
        label = numbering.next_label(*listed)
        text = f"{label}\u3000{text}" if label else text
    centred = value(paragraph, f"{W}pPr/{W}jc") == "center"
    named = numbering.names.get(style, "").startswith(("heading", "title", "标题"))
    return Line(count, text, centred or named)


def words(element: etree._Element) -> str:
    """All visible words inside, with line breaks and tabs."""
    pieces: list[str] = []
    for node in element.iter(f"{W}t", f"{W}br", f"{W}cr", f"{W}tab", f"{W}noBreakHyphen"):
        if node.tag == f"{W}t":
            pieces.append(node.text or "")
        elif node.tag == f"{W}tab":
            parent = node.getparent()  # tab stops in paragraph settings have the same name
            pieces.append(" " if parent is not None and parent.tag == f"{W}r" else "")
        else:
            pieces.append("-" if node.tag == f"{W}noBreakHyphen" else "\n")
    return "".join(pieces)
