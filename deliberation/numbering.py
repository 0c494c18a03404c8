"""Numbers in words: 第一条 … 第一百零三条, derived from where a part stands; and the way back."""

from deliberation.articles import Kind, Rulebook

NUMBER_MAX = 9_999
DIGITS = "零一二三四五六七八九"
PLACES = ("", "十", "百", "千")
VALUES = {
    **{digit: value for value, digit in enumerate(DIGITS)},
    **dict(zip("〇○两壹贰叁肆伍陆柒捌玖", (0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
    **{str(value): value for value in range(10)},
    **{chr(ord("０") + value): value for value in range(10)},
}
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
SCORES = {"廿": 20, "卅": 30}
COUNTERS = {Kind.CHAPTER: "章", Kind.SECTION: "节", Kind.ARTICLE: "条"}


def chinese_number(value: int) -> str:
    """1 … 9999 as laws write it: 十, 二十一, 一百一十, 一百零三, 一千零一十."""
    if not 1 <= value <= NUMBER_MAX:
        raise ValueError(f"no Chinese number for {value}")
    written = ""
    for place, figure in zip(range(len(str(value)) - 1, -1, -1), str(value), strict=True):
        if figure != "0":
            written += DIGITS[int(figure)] + PLACES[place]
        elif not written.endswith("零"):
            written += "零"
    written = written.rstrip("零")
    return written[1:] if written.startswith("一十") else written


def number_of(written: str) -> int | None:
    """The value of a number as people write it (一百零三, 百十, 二〇二六, 廿一, 12), or None."""
    written = written.replace(" ", "").replace("\u3000", "")
    if not written:
        return None
    if all(char in VALUES for char in written):
        return int("".join(str(VALUES[char]) for char in written)) if len(written) < 16 else None
    return counted_number(written)


def counted_number(written: str) -> int | None:
    """The value of a number written with 十百千万亿, or None if it is not one."""
    total = section = digit = 0
    smallest = 100_000
    for char in written:
        if char in VALUES:
            if digit:
                return None
            digit = VALUES[char]
        elif char in SCORES and not section and not digit:
            section, smallest = SCORES[char], 10
        elif char in UNITS and UNITS[char] < smallest:
            smallest = UNITS[char]
            section += (digit or 1) * smallest
            digit = 0
        elif char == "万" and section + digit:
            total += (section + digit) * 10_000
            section, digit, smallest = 0, 0, 100_000
        elif char == "亿" and total + section + digit:
            total = (total + section + digit) * 100_000_000
            section, digit, smallest = 0, 0, 100_000
        else:
            return None
    return total + section + digit


def labels(rulebook: Rulebook) -> dict[str, str]:
    """What each part is called now: {id: "第三条"}. Articles count through, sections by chapter."""
    counts = dict.fromkeys(COUNTERS, 0)
    called: dict[str, str] = {}
    for part in rulebook.parts:
        counter = COUNTERS.get(part.kind)
        if counter is None:
            called[part.id] = "名称" if part.kind is Kind.TITLE else "序言"
            continue
        if part.kind is Kind.CHAPTER:
            counts[Kind.SECTION] = 0
        counts[part.kind] += 1
        called[part.id] = f"第{chinese_number(counts[part.kind])}{counter}"
    return called
