"""A rulebook as values: title, preamble, chapters, sections and articles, each with an identity.

Numbers are not stored; `deliberation.numbering` derives them. Texts are kept clean (see
`clean_text`), so that two people who see the same words also have the same hash.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.errors import Refusal

PART_CHARS_MAX = 20_000
HEADING_CHARS_MAX = 50
PARTS_MAX = 2_000
RULEBOOK_CHARS_MAX = 500_000

TITLE_ID = "title"
PREAMBLE_ID = "preamble"
FIXED_IDS = (TITLE_ID, PREAMBLE_ID)

IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
LINE_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
# Characters that show nothing and change nothing for a reader; they only make equal texts differ.
INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff]")
# Controls, what reorders the shown text (a page could then say something else than is stored),
# halves of pairs, private use and the code points that are no characters. New ideographs pass.
UNWELCOME = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef"
    "\ufffc-\uffff\U000f0000-\U0010ffff]"
)
NUMERALS = "零〇○一二三四五六七八九十百千万两廿卅0-9０-９"
# A line that opens like the start of another article would read as one when printed.
OPENS_LIKE_A_PART = re.compile(
    rf"第[ \u3000]*[{NUMERALS}]+[ \u3000]*[编章节条](?:之[{NUMERALS}]+)?"
    r"(?:[ \u3000【\[：:.．]|、(?![ \u3000]*第)|$)"
)
# 总　则: letters spaced out for looks.
SPACED_OUT = re.compile("(?:[\u3400-\u9fff][ \u3000]+)+[\u3400-\u9fff]")

# Such a line before the first article is a chapter of documents that number them 一、二、.
LISTED_NAME = re.compile("[一二三四五六七八九十百]+[ \u3000]*[、.．]")


class Kind(StrEnum):
    TITLE = "title"
    PREAMBLE = "preamble"
    CHAPTER = "chapter"
    SECTION = "section"
    ARTICLE = "article"


HEADINGS = frozenset({Kind.TITLE, Kind.CHAPTER, Kind.SECTION})


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a rulebook; `id` stays with it through every revision, its number does not."""

    id: str
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A version of a community's rules: title, preamble (maybe empty), then the numbered parts."""

    id: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        return self.parts[0].text

    @property
    def articles(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.kind is Kind.ARTICLE)


class BadText(Refusal):
    code = "rulebook_bad_text"
    text = "{where}：{reason}"


class BadRulebook(Refusal):
    code = "rulebook_bad"
    text = "这份规约读不成：{reason}"


def clean_text(raw: str) -> str:
    """The same words in one form: NFC, lines trimmed, empty lines and invisible characters gone."""
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", raw).replace("\t", " "))
    lines = (line.strip() for line in LINE_BREAKS.split(text))
    return "\n".join(line for line in lines if line)


def hidden_character(text: str) -> str | None:
    """The first character that may not stand in a rule (control, reordering, private), or None."""
    found = UNWELCOME.search(text)
    return found.group() if found else None


def text_trouble(kind: Kind, text: str) -> str | None:
    """What is wrong with this text as the text of such a part, in words for people, or None."""
    hidden = hidden_character(text)
    if hidden is not None:
        return f"里面有看不见的控制字符（U+{ord(hidden):04X}），请删掉后再试。"
    if text != clean_text(text):
        return "前后有空白、空行或看不见的字符，请整理后再试。"
    if not text and kind is not Kind.PREAMBLE:
        return "内容是空的。"
    if kind in HEADINGS:
        return heading_trouble(kind, text)
    if len(text) > PART_CHARS_MAX:
        return f"一条最多 {PART_CHARS_MAX} 字，这里有 {len(text)} 字。"
    for line in text.split("\n"):
        if OPENS_LIKE_A_PART.match(line):
            return f"“{line[:12]}”这一行看起来像另一条的开头。要加一条请用“增加一条”。"
    return None


def heading_trouble(kind: Kind, text: str) -> str | None:
    """What is wrong with this title or heading, in words for people, or None."""
    if "\n" in text:
        return "标题只能有一行。"
    if len(text) > HEADING_CHARS_MAX:
        return f"标题最多 {HEADING_CHARS_MAX} 字，这里有 {len(text)} 字。"
    if OPENS_LIKE_A_PART.match(text):
        return "标题里不要写“第几章、第几条”，号码由系统排。"
    if SPACED_OUT.fullmatch(text):
        return "标题的字中间不要加空格。"
    if kind is Kind.TITLE and (text.endswith(("。", "；", "，")) or LISTED_NAME.match(text)):
        return "规约的名称不能用标点结尾，也不要用“一、”这样的序号开头。"
    return None


def check_text(kind: Kind, text: str, where: str) -> None:
    """Raise `BadText`, naming `where`, if this cannot stand as the text of such a part."""
    trouble = text_trouble(kind, text)
    if trouble is not None:
        raise BadText(where=where, reason=trouble)


def make_rulebook(
    *, id: str, title: str, preamble: str = "", parts: Iterable[Part] = ()
) -> Rulebook:
    """A checked rulebook of these numbered parts; raises `BadText` or `BadRulebook`."""
    fixed = (Part(TITLE_ID, Kind.TITLE, title), Part(PREAMBLE_ID, Kind.PREAMBLE, preamble))
    rulebook = Rulebook(id, (*fixed, *parts))
    check_rulebook(rulebook)
    return rulebook


def check_rulebook(rulebook: Rulebook) -> None:
    """Raise `BadText` or `BadRulebook` unless identities, order, sizes and texts are in order."""
    parts = rulebook.parts
    if not IDENTITY.fullmatch(rulebook.id):
        raise BadRulebook(reason="规约的编号只能用字母、数字和 _.:-，最多 64 个。")
    if tuple(part.id for part in parts[:2]) != FIXED_IDS:
        raise BadRulebook(reason="开头必须是名称和序言。")
    if len(parts) > PARTS_MAX:
        raise BadRulebook(reason=f"最多 {PARTS_MAX} 条，这里有 {len(parts)} 条。")
    if sum(len(part.text) for part in parts) > RULEBOOK_CHARS_MAX:
        raise BadRulebook(reason=f"全文最多 {RULEBOOK_CHARS_MAX} 字。")
    seen: set[str] = set()
    for place, part in enumerate(parts):
        check_part(part, place, seen)
        seen.add(part.id)


def check_part(part: Part, place: int, seen: set[str]) -> None:
    """Raise unless this part may stand at this place (0-based) after the identities in `seen`."""
    wanted = (Kind.TITLE, Kind.PREAMBLE)[place] if place < 2 else None
    if wanted is not None and part.kind is not wanted:
        raise BadRulebook(reason="开头必须是名称和序言。")
    if wanted is None and part.kind in (Kind.TITLE, Kind.PREAMBLE):
        raise BadRulebook(reason="名称和序言只能在开头，各有一个。")
    if not IDENTITY.fullmatch(part.id):
        raise BadRulebook(reason=f"第 {place + 1} 段的编号“{part.id[:20]}”不合规定。")
    if part.id in seen:
        raise BadRulebook(reason=f"编号“{part.id}”用了两次。")
    check_text(part.kind, part.text, where=f"第 {place + 1} 段")


def canonical(rulebook: Rulebook) -> bytes:
    """The bytes that are hashed: a JSON array of strings, which RFC 8785 writes the same way."""
    rows = [rulebook.id, [[part.id, part.kind.value, part.text] for part in rulebook.parts]]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def rulebook_hash(rulebook: Rulebook) -> str:
    """SHA-256 (hex) of this version: its identity, order, identities of parts, and every word."""
    return hashlib.sha256(canonical(rulebook)).hexdigest()
