"""The marks in words: for a chat card, for plain text, and to be read aloud."""

from collections.abc import Iterable, Iterator

from deliberation.articles import HEADINGS
from deliberation.clauses import CLAUSE_ENDS
from deliberation.numbering import NUMBER_MAX, chinese_number
from deliberation.redline import Mark, Segment, new_text, old_text
from deliberation.redline_book import Fate, PartRedline

QUIET = str.maketrans({"\n": "。", "“": "", "”": "", "【": "", "】": "，", "〔": "", "〕": ""})


def inline(segments: Iterable[Segment]) -> str:
    """The whole text with marks: 不少于〔删：两〕〔增：一〕次."""
    signs = {Mark.KEEP: "{}", Mark.DELETE: "〔删：{}〕", Mark.INSERT: "〔增：{}〕"}
    return "".join(signs[each.mark].replace("{}", each.text) for each in segments)


def changed_clauses(segments: Iterable[Segment]) -> list[tuple[str, str]]:
    """Each changed clause before and after, without the punctuation that ends it."""
    found: list[tuple[str, str]] = []
    old = new = ""
    changed = False
    for segment, ends in clause_pieces(segments):
        if segment.mark is not Mark.INSERT:
            old += segment.text
        if segment.mark is not Mark.DELETE:
            new += segment.text
        changed = changed or segment.mark is not Mark.KEEP
        if ends:
            if changed:
                found.append((trimmed(old), trimmed(new)))
            old, new, changed = "", "", False
    if changed:
        found.append((trimmed(old), trimmed(new)))
    return found


def clause_pieces(segments: Iterable[Segment]) -> Iterator[tuple[Segment, bool]]:
    """The segments, kept ones cut after each clause; the flag says that a clause ends here."""
    for segment in segments:
        if segment.mark is not Mark.KEEP:
            yield segment, False
            continue
        start = 0
        for place, char in enumerate(segment.text, start=1):
            if char in CLAUSE_ENDS:
                yield Segment(Mark.KEEP, segment.text[start:place]), True
                start = place
        yield Segment(Mark.KEEP, segment.text[start:]), False


def trimmed(clause: str) -> str:
    """The clause without the punctuation around it."""
    return clause.strip("".join(CLAUSE_ENDS))


def name(row: PartRedline) -> str:
    """What the part is called, with its old number where that changed."""
    if row.new_label is None:
        return f"原{row.old_label}"
    if row.old_label is None or row.old_label == row.new_label:
        return row.new_label
    return f"{row.new_label}（原{row.old_label}）"


def card(row: PartRedline) -> str:
    """One part for a chat card: 第七条 原：…不少于两次… 改：…不少于一次…"""
    title = name(row) + (" 移到这里" if row.moved else "")
    if row.fate is Fate.KEPT:
        return f"{title} 内容不变"
    if row.fate is Fate.INSERTED:
        return f"{title} 新增：{new_text(row.segments)}"
    if row.fate is Fate.DELETED:
        return f"{title} 删去：{old_text(row.segments)}"
    lines = [f"原：{shown(old, '没有')} 改：{shown(new, '删去')}" for old, new in clauses(row)]
    return f"{title} " + "\n".join(lines)


def shown(clause: str, nothing: str) -> str:
    """A clause of a card; where there is none, the word that says so."""
    return f"…{clause}…" if clause else f"（{nothing}）"


def clauses(row: PartRedline) -> list[tuple[str, str]]:
    """The changed clauses of a part; where only punctuation changed, its whole text."""
    found = changed_clauses(row.segments)
    if all(old == new for old, new in found):
        return [(old_text(row.segments), new_text(row.segments))]
    return [(old, new) for old, new in found if old != new]


def plain(rows: Iterable[PartRedline]) -> str:
    """The whole new text with marks, one block for each part, for print and plain files."""
    blocks = []
    for row in rows:
        note = "（移到这里）" if row.moved else ""
        gap = " " if row.kind in HEADINGS else "\u3000"
        body = inline(row.segments)
        if body:
            blocks.append(f"{name(row)}{note}{gap}{body}")
    return "\n\n".join(blocks) + "\n"


def cards(rows: Iterable[PartRedline]) -> str:
    """What was touched, one card for each part."""
    return "\n\n".join(card(row) for row in rows if row.touched) + "\n"


def aloud(rows: Iterable[PartRedline]) -> str:
    """The changes as sentences for a voice: no signs that cannot be spoken."""
    touched = [row for row in rows if row.touched]
    if not touched:
        return "没有改动。\n"
    opening = f"一共有{spoken_count(len(touched))}处有变化。"
    return "\n".join([opening, *(aloud_part(row) for row in touched)]) + "\n"


def aloud_part(row: PartRedline) -> str:
    """What happened to one part, as spoken sentences."""
    called = name(row).replace("（原", "，原来的").replace("）", "，")
    if row.fate is Fate.INSERTED:
        return f"{called}是新增的，内容是：{spoken(new_text(row.segments))}"
    if row.fate is Fate.DELETED:
        return f"原来的{row.old_label}删去了，内容是：{spoken(old_text(row.segments))}"
    moved = "移到了这里，" if row.moved else ""
    if row.fate is Fate.KEPT:
        return f"{called}{moved}内容不变。"
    found = clauses(row)
    if len(found) == 1:
        return f"{called}{moved}改了一处。{aloud_clause(*found[0])}"
    each = "".join(
        f"第{spoken_number(place)}处，{aloud_clause(old, new)}"
        for place, (old, new) in enumerate(found, start=1)
    )
    return f"{called}{moved}改了{spoken_count(len(found))}处。{each}"


def aloud_clause(old: str, new: str) -> str:
    """One changed clause as spoken sentences."""
    if not old:
        return f"增加了：{spoken(new)}"
    if not new:
        return f"删去了：{spoken(old)}"
    return f"原来是：{spoken(old)}现在改成：{spoken(new)}"


def spoken(text: str) -> str:
    """The words as sentences that end, without signs a voice would stumble over."""
    quiet = text.translate(QUIET).replace("。。", "。").replace("；。", "；")
    return quiet if quiet.endswith(("。", "！", "？")) else quiet.rstrip("，；：、") + "。"


def spoken_number(value: int) -> str:
    """A number as it is said."""
    return chinese_number(value) if 1 <= value <= NUMBER_MAX else str(value)


def spoken_count(value: int) -> str:
    """A count as it is said before a measure word: two is 两."""
    return "两" if value == 2 else spoken_number(value)
