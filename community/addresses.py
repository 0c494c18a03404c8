"""Addresses in one spelling: 三号楼, 3幢 and 3# are 3栋; 二单元 and 2门 are 2单元; 501室 is 501.

Buildings named by letter (A座), village groups (5组) and proper names stay what they are.
"""

import re
import unicodedata

_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100}
_NUMERAL = r"[零〇一二两三四五六七八九十百]+"
_CHINESE_NUMBER = re.compile(
    rf"^{_NUMERAL}$|{_NUMERAL}(?=栋|幢|号楼|座|组|村民小组|单元|门|梯|楼|层|室)"
)
_BUILDING = re.compile(r"第?0*(\d+[A-Z]?)(?:号?楼栋?|栋楼?|幢楼?|#楼?|号栋|号)?")
_VILLAGE_GROUP = re.compile(r"第?0*(\d+)(?:村民)?小?组")
_UNIT = re.compile(r"第?0*(\d+|[A-Z甲乙丙丁])(?:单元|门|梯)?")
_NONE = frozenset({"", "无", "/", "-", "—", "——"})


def building_name(text: str) -> str:
    """The normal form of a building or village group; "" for 无 and for nothing."""
    plain = _plain(text)
    if match := _VILLAGE_GROUP.fullmatch(plain):
        return f"{match[1]}组"
    if match := _BUILDING.fullmatch(plain):
        return f"{match[1]}栋"
    return "" if plain in _NONE else plain


def unit_name(text: str) -> str:
    """The normal form of a unit (entrance); "" where there is none."""
    plain = _plain(text)
    if match := _UNIT.fullmatch(plain):
        return f"{match[1]}单元"
    return "" if plain in _NONE else plain


def room_name(text: str) -> str:
    """The normal form of a room: 501 for 501室 and 501号房; "" where there is none."""
    plain = _plain(text)
    return "" if plain in _NONE else re.sub(r"(?<=[\dA-Z])(?:室|号房?|房)$", "", plain)


def dwelling_address(building: str, unit: str, room: str) -> str:
    """The one string a dwelling is known by in its community: 3栋2单元501."""
    return f"{building_name(building)}{unit_name(unit)}{room_name(room)}"


def chinese_number(text: str) -> int:
    """The value of Chinese numerals up to 999: 十二 is 12, 一百零三 is 103, 二三 is 23."""
    if not any(letter in _TENS for letter in text):
        return int("".join(str(_DIGITS[letter]) for letter in text) or "0")
    total, digit = 0, 0
    for letter in text:
        if letter in _TENS:
            total += (digit or 1) * _TENS[letter]
            digit = 0
        else:
            digit = _DIGITS[letter]
    return total + digit


def _plain(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return _CHINESE_NUMBER.sub(lambda number: str(chinese_number(number[0])), plain)
