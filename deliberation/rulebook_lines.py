"""From lines of text to a rulebook: where articles begin, what is a heading, what is doubtful.

Nothing is dropped and nothing guessed in silence: what had to be decided is told as a doubt, and
what cannot be decided is refused with the line.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from core.errors import Refusal
from deliberation.articles import (
    INVISIBLE,
    NUMERALS,
    SPACED_OUT,
    Kind,
    Part,
    Rulebook,
    clean_text,
    heading_trouble,
    hidden_character,
    make_rulebook,
)
from deliberation.numbering import number_of

LINES_MAX = 20_000
DOUBTS_MAX = 30
HEADING_LINE_MAX = 15
KINDS = {"章": Kind.CHAPTER, "节": Kind.SECTION, "条": Kind.ARTICLE}
GAP = "[ \u3000]*"
NUMBERED = rf"第{GAP}([{NUMERALS}]+){GAP}([编章节条])(之[{NUMERALS}]+)?"
SEPARATED = re.compile(
    rf"{NUMBERED}(?:[ \u3000]+|(?:[：:.．]|、(?!{GAP}第)){GAP}|(?=[【\[])|$)(.*)"
)
GLUED = re.compile(rf"{NUMBERED}()(.+)")
LISTED = re.compile(rf"([一二三四五六七八九十百]+){GAP}[、.．]{GAP}(.+)")
COUNTED = re.compile(rf"([0-9０-９]+){GAP}[、.．)）]{GAP}(.+)")
SIGNATURE = re.compile(
    "(?:.{0,30}(?:委员会|居委会|村委会|村民会议|居民会议|业主大会))|"
    "(?:[0-9０-９〇零○一二三四五六七八九十]{2,4}年.{1,3}月.{1,3}日)"
)
CONTENTS = re.compile(rf"目{GAP}录")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, numbered from 1; `may_head`: it is set off like a heading."""

    number: int
    text: str
    may_head: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read, and what a person should look at before relying on it."""

    rulebook: Rulebook
    doubts: tuple[str, ...]


class BadDocument(Refusal):
    code = "rulebook_document"
    text = "第 {line} 行：{reason}"


class NoArticles(Refusal):
    code = "rulebook_no_articles"
    text = "没有找到“第一条……”或“一、……”这样的条文，请给每一条写上号码再导入。"


@dataclass(frozen=True, slots=True)
class Opening:
    """A line that opens a part: its kind, the number written there, the words after it."""

    kind: Kind
    number: int | None
    rest: str
    doubt: str = ""


@dataclass(slots=True)
class Draft:
    """A part while its lines are gathered."""

    kind: Kind
    line: int
    lines: list[str] = field(default_factory=list)


def parse_lines(raw: Iterable[Line], *, id: str | None, fallback_title: str) -> Imported:
    """The rulebook these lines say, with doubts; raises `BadDocument` or `NoArticles`.

    Without an `id` it gets one from its title, whatever the file is called.
    """
    doubts: list[str] = []
    lines = without_contents(list(clean_lines(raw, doubts)), doubts)
    openings = find_openings(lines)
    if not any(opening.kind is Kind.ARTICLE for opening in openings.values()):
        raise NoArticles
    first = min(openings)
    title, preamble = front(lines[:first], fallback_title, doubts)
    drafts = gather(lines, first, openings, doubts)
    doubt_signature(drafts[-1], doubts)
    parts = tuple(finished(draft, place) for place, draft in enumerate(drafts, start=1))
    id = id or "r" + hashlib.sha256(title.encode()).hexdigest()[:12]
    rulebook = make_rulebook(id=id, title=title, preamble=preamble, parts=parts)
    return Imported(rulebook, shortened(doubts))


def shortened(doubts: Sequence[str]) -> tuple[str, ...]:
    """The first doubts, and how many more there are."""
    if len(doubts) <= DOUBTS_MAX:
        return tuple(doubts)
    return (*doubts[:DOUBTS_MAX], f"还有 {len(doubts) - DOUBTS_MAX} 处类似的提示。")


def clean_lines(raw: Iterable[Line], doubts: list[str]) -> Iterator[Line]:
    """The lines that say something, cleaned; raises `BadDocument` for what may not stand there."""
    hidden = 0
    for count, line in enumerate(raw, start=1):
        if count > LINES_MAX:
            raise BadDocument(line=line.number, reason=f"太长了，最多 {LINES_MAX} 行。")
        hidden += len(INVISIBLE.findall(line.text))
        for text in clean_text(line.text).split("\n"):
            char = hidden_character(text)
            if char is not None:
                reason = f"有不能用的控制字符（U+{ord(char):04X}），请删掉再导入。"
                raise BadDocument(line=line.number, reason=reason)
            if text:
                yield Line(line.number, text, line.may_head)
    if hidden:
        doubts.append(f"去掉了 {hidden} 个看不见的字符。")


def without_contents(lines: list[Line], doubts: list[str]) -> list[Line]:
    """The lines without a table of contents, known by its chapters coming again further down."""
    for place, line in enumerate(lines):
        if not CONTENTS.fullmatch(line.text):
            continue
        end = place + 1
        while end < len(lines) and heading_number(lines[end]) is not None:
            end += 1
        again = {heading_number(other) for other in lines[end:]} - {None}
        repeated = {heading_number(other) for other in lines[place + 1 : end]}
        cut = first_again(lines, place + 1, end) if not repeated <= again else end
        if cut > place + 1:
            doubts.append(f"第 {line.number} 行起的目录没有导入。")
            return lines[:place] + lines[cut:]
    return lines


def heading_number(line: Line) -> tuple[str, int] | None:
    """The number and word of a line like 第二章 …, or None."""
    match = SEPARATED.fullmatch(line.text) or GLUED.fullmatch(line.text)
    if match is None or match[2] not in "章节":
        return None
    return match[2], number_of(match[1]) or 0


def first_again(lines: Sequence[Line], start: int, end: int) -> int:
    """Where the first heading of a run of headings comes a second time, or `start`."""
    for place in range(start + 1, end):
        if heading_number(lines[place]) == heading_number(lines[start]):
            return place
    return start


def find_openings(lines: Sequence[Line]) -> dict[int, Opening]:
    """{place: opening} of the lines that open parts, by the style the document uses itself."""
    separated = [SEPARATED.fullmatch(line.text) for line in lines]
    if any(match and match[2] == "条" for match in separated):
        return separated_openings(lines, separated)
    if any((match := GLUED.fullmatch(line.text)) and match[2] == "条" for line in lines):
        return glued_openings(lines, separated)
    for style in (LISTED, COUNTED):
        openings = listed_openings(lines, separated, style)
        if openings:
            return openings
    return {}


def opening(line: Line, match: re.Match[str]) -> Opening:
    """What a match of `SEPARATED` or `GLUED` opens; raises for what rulebooks do not have."""
    if match[2] == "编":
        raise BadDocument(line=line.number, reason="不能分“编”，请改成章、节、条。")
    doubt = f"原文的“{match[0][:10]}”按顺序重新编号。" if match[3] else ""
    return Opening(KINDS[match[2]], number_of(match[1]), match[match.re.groups].strip(), doubt)


def separated_openings(
    lines: Sequence[Line], matches: Sequence[re.Match[str] | None]
) -> dict[int, Opening]:
    """Openings of a document whose numbers stand apart from the words."""
    found = {
        place: opening(lines[place], match)
        for place, match in enumerate(matches)
        if match is not None
    }
    articles = [place for place, each in found.items() if each.kind is Kind.ARTICLE]
    for here, following in pairwise(articles):
        fill_gap(lines, found, here, following)
    if not any(each.kind is Kind.CHAPTER for each in found.values()):
        found |= dict(listed_chapters(lines, found))
    return found


def fill_gap(lines: Sequence[Line], found: dict[int, Opening], here: int, following: int) -> None:
    """Add 第四条… between 第三条 and 第五条 although nothing stands between number and words."""
    number, wanted = found[here].number, found[following].number
    if number is None or wanted is None or wanted != number + 2:
        return
    for place in range(here + 1, following):
        match = GLUED.fullmatch(lines[place].text)
        if place not in found and match and match[2] == "条" and number_of(match[1]) == number + 1:
            words = f"“{match[0][:8]}”号码后面没有空格，当作新的一条。"
            found[place] = Opening(Kind.ARTICLE, number + 1, match[5].strip(), words)
            return


def listed_chapters(
    lines: Sequence[Line], found: dict[int, Opening]
) -> Iterator[tuple[int, Opening]]:
    """Lines like 一、总则 right before an article, in a document without 第一章."""
    wanted = 1
    for place, line in enumerate(lines[:-1]):
        match = LISTED.fullmatch(line.text)
        before_article = found.get(place + 1) and found[place + 1].kind is Kind.ARTICLE
        if not (match and before_article and line.may_head and len(line.text) <= HEADING_LINE_MAX):
            continue
        if number_of(match[1]) == wanted and place not in found:
            yield place, Opening(Kind.CHAPTER, wanted, match[2], f"“{line.text}”当作一章。")
            wanted += 1


def glued_openings(
    lines: Sequence[Line], matches: Sequence[re.Match[str] | None]
) -> dict[int, Opening]:
    """Openings of a document that writes 第一条爱护公物; only the next number opens an article."""
    found: dict[int, Opening] = {}
    wanted = 1
    for place, line in enumerate(lines):
        match = matches[place]
        if match is not None and match[2] != "条":
            found[place] = opening(line, match)
            continue
        match = GLUED.fullmatch(line.text)
        if match is None:
            continue
        if match[2] != "条" or number_of(match[1]) == wanted:
            found[place] = opening(line, match)
            wanted += match[2] == "条"
    return found


def listed_openings(
    lines: Sequence[Line], matches: Sequence[re.Match[str] | None], style: re.Pattern[str]
) -> dict[int, Opening]:
    """Openings of a document that numbers its articles 一、二、 or 1. 2.; none if it does not."""
    found: dict[int, Opening] = {}
    wanted = 1
    for place, line in enumerate(lines):
        chapter = matches[place]
        if chapter is not None:
            found[place] = opening(line, chapter)
            continue
        match = style.fullmatch(line.text)
        if match and number_of(match[1]) == wanted:
            words = "原文用“一、二、”或“1. 2.”编号，改成“第一条、第二条”。" if wanted == 1 else ""
            found[place] = Opening(Kind.ARTICLE, wanted, match[2], words)
            wanted += 1
    return found if wanted > 1 else {}


def front(lines: Sequence[Line], fallback: str, doubts: list[str]) -> tuple[str, str]:
    """Title and preamble: what stands before the first chapter or article."""
    title = joined_letters(lines[0].text) if lines else ""
    if title and heading_trouble(Kind.TITLE, title) is None:
        return title, "\n".join(line.text for line in lines[1:])
    doubts.append(f"没有找到规约的名称，先叫“{fallback}”。")
    return fallback, "\n".join(line.text for line in lines)


def gather(
    lines: Sequence[Line], first: int, openings: dict[int, Opening], doubts: list[str]
) -> list[Draft]:
    """The parts with their lines, in order; numbers that jump become doubts."""
    drafts: list[Draft] = []
    counts: dict[Kind, int] = {}
    for place in range(first, len(lines)):
        line = lines[place]
        if place in openings:
            opened = openings[place]
            drafts.append(Draft(opened.kind, line.number, [opened.rest] if opened.rest else []))
            doubt_number(line, opened, counts, doubts)
        else:
            drafts[-1].lines.append(checked_line(line, drafts[-1]))
    return drafts


def checked_line(line: Line, draft: Draft) -> str:
    """A further line of a part; raises if it stands between a heading and the first article."""
    if draft.kind is not Kind.ARTICLE and draft.lines:
        reason = f"“{line.text[:15]}”在章节名称下面、条文上面，不知道属于哪一条，请给它编号。"
        raise BadDocument(line=line.number, reason=reason)
    return line.text


def doubt_number(line: Line, opened: Opening, counts: dict[Kind, int], doubts: list[str]) -> None:
    """Count this part and note a number that is not the next one."""
    if opened.kind is Kind.CHAPTER:
        counts[Kind.SECTION] = 0
    counts[opened.kind] = counts.get(opened.kind, 0) + 1
    if opened.doubt:
        doubts.append(f"第 {line.number} 行：{opened.doubt}")
    elif opened.number != counts[opened.kind]:
        words = f"“{line.text[:8]}”按顺序是第 {counts[opened.kind]} 个，已重新编号。"
        doubts.append(f"第 {line.number} 行：{words}文中提到的条号请核对。")


def doubt_signature(last: Draft, doubts: list[str]) -> None:
    """Note a signature or date that ended up in the last article."""
    tail = last.lines[-1] if len(last.lines) > 1 else ""
    if SIGNATURE.fullmatch(tail):
        doubts.append(f"末尾的“{tail[:20]}”像是落款，现在放在最后一条里，请核对。")


def joined_letters(heading: str) -> str:
    """总 则 as 总则: letters spaced out for looks, joined."""
    if SPACED_OUT.fullmatch(heading):
        return heading.replace(" ", "").replace("\u3000", "")
    return heading


def finished(draft: Draft, place: int) -> Part:
    """The part of a draft; raises `BadDocument` if it has no words."""
    if not draft.lines:
        raise BadDocument(line=draft.line, reason="这里只有号码，没有内容。")
    text = clean_text("\n".join(draft.lines))
    if draft.kind is not Kind.ARTICLE:
        text = joined_letters(text)
    return Part(f"p{place}", draft.kind, text)
