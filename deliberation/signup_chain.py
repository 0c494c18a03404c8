"""接龙 as it is pasted: one message read into a title, notes and numbered rows."""

import html
import re
from dataclasses import dataclass

from core.errors import Refusal

ROWS_MAX = 2_000
TEXT_MAX = 200_000  # characters of one message

HEADER = re.compile(r"^[#＃]\s*(?:接[龙龍]|group\s*note)\s*[:：]?\s*", re.IGNORECASE)
_SPOKEN_OF = re.compile(r"接[龙龍]")
# A row opens with a number and a mark. Behind the mark may stand a door number: "1.295-909 6份".
_ROW = re.compile(r"^\s*([0-9０-９]{1,4})\s*(?:[.．、。)）]|[:：](?![0-9０-９]))\s*(.*)$")
_TIGHT = re.compile(r"^\s*[0-9０-９]{1,4}\s*[.．、。][0-9０-９]")
_EXAMPLE = re.compile(r"^(?:例|样例|示例|举例|例如|example|e\.g\.)(?:[\s:：，,]|$)", re.IGNORECASE)
_QUOTE = re.compile(r"^\s*(?:-\s?){5,}$")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_NAME = re.compile(r"^[^\s,，;；:：+＋、。（(【\[*×xX]+")
_CJK = re.compile("[\u4e00-\u9fff]")
_CARD = re.compile(r"<title>(.*?)</title>.*<type>53</type>", re.DOTALL)

NOT_A_BALLOT = (
    "接龙只能统计意向，不能当表决：每个人都能改别人的那一行，也没有名册和公示。"
    "要作决定，请发起正式表决，大家用自己的手机或纸票投。"
)


class ChainTooLong(Refusal):
    code = "chain_too_long"
    text = "这份接龙太长了，请分几次发。"


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One numbered row: the number as written, the text without it, spaces made single."""

    number: int
    text: str

    @property
    def name(self) -> str:
        """The self-typed name at the front: 张三 of 张三2人, 295-909 of 295-909 6份."""
        found = _NAME.match(self.text)
        name = found[0] if found else self.text
        # A name in characters ends where the figures begin; a door number is all figures.
        if _CJK.match(name):
            name = re.split(r"[0-9０-９]", name, maxsplit=1)[0]
        return name.rstrip("-~—") or self.text


@dataclass(frozen=True, slots=True)
class SignupChain:
    """One message of a chain: its title, the notes around the rows, the rows in their order."""

    title: str
    notes: tuple[str, ...]
    rows: tuple[ChainRow, ...]


def read_chain(text: str) -> SignupChain | None:
    """The chain in a message, or None if it is none (or only quotes one).

    Empty rows and examples are left out, a line without a number continues the row above it.
    """
    if len(text) > TEXT_MAX:
        raise ChainTooLong()
    lines = [_clean(line) for line in _card_title(text).splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    if not lines or any(_QUOTE.match(line) for line in lines):
        return None
    header = HEADER.match(lines[0])
    if header:
        lines[0] = lines[0][header.end() :]
    chain = _read_lines(lines)
    if header is None and not (chain.rows and _SPOKEN_OF.search(" ".join(_above(lines)))):
        return None
    return chain


def _card_title(text: str) -> str:
    """The words of a chain that arrived as the client's card (appmsg of type 53)."""
    if "<appmsg" not in text:
        return text
    found = _CARD.search(text)
    return html.unescape(found[1]) if found else ""


def _clean(line: str) -> str:
    return " ".join(_INVISIBLE.sub("", line).split())


def _above(lines: list[str]) -> list[str]:
    """The lines before the first row."""
    for place, line in enumerate(lines):
        if _ROW.match(line):
            return lines[:place]
    return lines


def _read_lines(lines: list[str]) -> SignupChain:
    heading: list[str] = []
    notes: list[str] = []
    rows: list[ChainRow] = []
    may_continue = False
    begun = False
    for line in lines:
        found = _row_of(line, begun=begun, expected=_expected(rows), has_title=bool(heading))
        if found is not None:
            begun = True
            may_continue = bool(found.text)
            if found.text:
                rows.append(found)
            if len(rows) > ROWS_MAX:
                raise ChainTooLong()
        elif not line:
            may_continue = False
        elif _EXAMPLE.match(line):
            notes.append(line)
        elif may_continue:
            rows[-1] = ChainRow(rows[-1].number, f"{rows[-1].text} {line}")
        elif begun:
            notes.append(line)
        else:
            heading.append(line)
    title = heading[0] if heading else ""
    kept = tuple(row for row in rows if not _EXAMPLE.match(row.text))
    return SignupChain(title, (*heading[1:], *notes), kept)


def _expected(rows: list[ChainRow]) -> int:
    return rows[-1].number + 1 if rows else 1


def _row_of(line: str, *, begun: bool, expected: int, has_title: bool) -> ChainRow | None:
    found = _ROW.match(line)
    if found is None:
        return None
    number = int(found[1])
    # "3.8妇女节活动" is a title and "9.30集合" a note; "1.295-909 6份" under a title is a row.
    if _TIGHT.match(line) and not ((begun or has_title) and number == expected):
        return None
    return ChainRow(number, found[2].strip())
