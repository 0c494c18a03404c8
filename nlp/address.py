"""Places in talk: building, unit, floor, room, village group and facilities, in one normal form."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

from nlp.plain import plain

NEAR_LEAST = 0.75  # how much alike two spellings of one place are at least

_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {
    "两": 2,
    "〇": 0,
}
_NUM = r"(?:\d{1,3}|[一二两三四五六七八九十百]{1,4})"
_UNIT = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3}|[甲乙丙丁戊东西中a-d])"
_SIDE = (
    r"(?:[东西南北]{1,2}(?:边|侧|面|头|角|户)?|门口|楼下|前面?|后面?|旁边?|对面|顶上?|外墙|大厅|大堂|楼梯间|"
    r"走廊|架空层|电梯厅|门外|之间)"
)
_BUILDING_MARK = (
    r"(?:号楼|栋|幢|座|撞(?=[\d一二三四五六七八九十甲乙丙丁前后东西 ]|$)|动(?=[\d甲乙丙丁 ])|#楼?)"
)
_CHAIN = re.compile(
    r"(?<![\d.:/-])(?P<b>\d{1,2}|[a-d])[-—–#](?P<u>\d{1,2}|[甲乙丙丁戊])[-—–](?P<r>\d{3,4})(?![\d.:元块点号年月%-])|"
    r"(?<![\d.:/-])(?P<b2>\d{1,2})[-—–#](?P<r2>\d{3,4})(?![\d.:元块点年月%-])"
)
_BUILT = re.compile(
    rf"(?=[老第\d一二两三四五六七八九十百a-h])(?:老|第)?(?P<b>\d{{1,3}}|[一二两三四五六七八九十百]{{1,4}}|[a-h](?=座|栋|幢)){_BUILDING_MARK}\s?"
    rf"(?:第?(?P<u>{_UNIT})(?:单元|门洞)\s?)?"
    rf"(?:(?P<f>{_NUM})(?:楼|层)(?!梯|道|下|上的)\s?)?"
    rf"(?:(?P<r>\d{{3,4}})(?![\d年元块点.])(?:室|号|房)?)?"
    rf"(?P<s>{_SIDE})?"
)
_UNIT_ALONE = re.compile(
    rf"(?<![a-z\d])(?P<u>{_UNIT})单元\s?(?:(?P<f>{_NUM})(?:楼|层)(?!梯|道|下)\s?)?"
    rf"(?:(?P<r>\d{{3,4}})(?![\d年元块点.]))?(?P<s>{_SIDE})?"
)
_GARAGE = re.compile(
    r"(?=[地车停负b-])(?:(?:地下)?(?:车库|地库|停车场)?(?:(?:负|地下)(?P<n>[一二三123])(?:楼|层)?|(?<![\da-z甲乙丙丁])-(?P<n3>[123])(?:楼|层))(?P<car>车库|地库|停车场)?|"
    r"(?:地下)?(?P<car2>车库|地库|停车场)?(?<![a-z])b(?P<n2>[1-4])(?![\da-z])(?:层|楼)?(?:地下)?(?:车库|地库|停车场)?"
    r"(?:-(?P<slot>\d{2,4}))?)"
)
_FLOOR = re.compile(
    rf"(?<![a-z\d第上下])(?P<f>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})(?:楼|层)(?!梯|道|下|上|盖|房|市|主|长|阿|外婆|的?人)(?P<s>{_SIDE})?"
)
_VILLAGE = re.compile(
    r"(?P<v>(?<![这那哪本全各到去在回])[\u4e00-\u9fff]{2,3}村(?!里|民|口|部|委|干|支|会|头|道))?(?P<g>\d{1,2}|[一二三四五六七八九十]{1,2})(?P<k>组|队|社)"
    r"(?!长|织|合|保|会|区|员|建|团|成|词)(?P<s>大塘(?:[东西南北]{2}角)?|路口|北边|南边|东头|西头|桥头?|晒场|塘边)?"
)
_FACILITY = re.compile(
    r"(?=[东西南北正后侧大小校厂医学市菜超幼单店车中地楼天凉滑沙儿健花架快丰垃公配水活文祠晒村桥塘河泵闸渠卫服便党社老岗门停充人篮会坡"
    r"消广路])(?P<p>[东西南北]{1,2}(?:大门|门)(?:岗亭|口|卫处?|垃圾房|公交站|外)?|(?:正|后|侧|大)门(?:口|岗亭|外)?(?![禁槛锁铃])|"
    r"(?:小区|校|厂|医院|学校|市场|菜场|超市|幼儿园|单元|店|车库)门口|中心(?:花园|广场)|(?:地下)?(?:车库|地库)(?:入口|出口|坡道)?|车棚|天台|楼顶|"
    r"凉亭|滑梯(?:边|旁)?|沙坑|儿童区|健身区|花坛|大堂|架空层|快递柜旁?|丰巢柜?|垃圾(?:房|站|池)|公示栏|配电(?:房|间)|"
    r"水泵房|活动室|文化礼堂|祠堂|晒场|村口(?:桥|小店)?|桥头|桥洞|塘埂|河边|大塘|泵站|闸口|渠头|水库|菜场|公交站|"
    r"卫生(?:室|站|院)|服务中心|便民中心|党群中心|社区医院|老槐树|岗亭|门卫处?|地铁口|停车场|充电(?:桩|棚|口)|人工湖|"
    r"篮球场|老年活动中心|会所|坡道|消防通道|地下室|小广场|广场|路口)"
)
_ROAD = re.compile(
    r"(?<![\u4e00-\u9fff])(?P<p>(?![我你他她这那哪在去从到每整一走半全])[\u4e00-\u9fff]{1,3}"
    r"(?:大道|(?<![走一半马让问修铺带赶上同网思出回开堵跑挖下过进认顺公断封])路|街|巷)"
    r"(?:\d{1,4}号)?(?:公交站|路口|口)?)(?![上面边灯过障人由程费坊道])"
)


@dataclass(frozen=True, slots=True)
class Place:
    """One place; empty strings where nothing is said. `start` and `end` are the span in the text.

    `building`, `unit`, `floor`, `room` hold the bare number or letter (`3`, `丙`, `b2` as `B2`),
    `group` keeps its mark (`5组`), `spot` a facility, road or side in words.
    """

    village: str = ""
    group: str = ""
    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    spot: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


# The fields of a `Place` in their order: most are joined or written down without becoming one.
_Piece: TypeAlias = tuple[str, str, str, str, str, str, str, int, int]
_START = itemgetter(7)


@lru_cache(maxsize=1024)
def number_of(words: str) -> str:
    """The Arabic form of a Chinese or Arabic numeral below a thousand; other words unchanged."""
    if words.isdigit():
        return str(int(words))
    if not words or any(letter not in _DIGITS and letter not in "十百" for letter in words):
        return words.upper() if words.isascii() else words
    total, last = 0, 0
    for letter in words:
        if letter in "十百":
            total += (last or 1) * (10 if letter == "十" else 100)
            last = 0
        else:
            last = (
                last * 10 + _DIGITS[letter] if "十" not in words and total == 0 else _DIGITS[letter]
            )
    return str(total + last)


def format_place(place: Place) -> str:
    """The normal form: `花园村5组`, `3栋2单元501`, `地下车库B2坡道`, `11栋7楼东边`."""
    return _written(
        place.village,
        place.group,
        place.building,
        place.unit,
        place.floor,
        place.room,
        place.spot,
    )


def _written(
    village: str, group: str, building: str, unit: str, floor: str, room: str, spot: str
) -> str:
    words = village + group
    if building:
        words += building + ("座" if building.isalpha() else "栋")
    if unit:
        words += unit + "单元"
    if floor.startswith("B"):
        words += "地下车库" + floor
    elif floor:
        words += floor + "楼"
    return words + room + spot


_NORMAL = re.compile(
    r"(?P<village>[\u4e00-\u9fff]{2,3}村)?(?P<group>\d{1,2}[组队社])?"
    r"(?:(?P<building>\d{1,3})栋|(?P<tower>[A-H])座)?"
    r"(?:(?P<unit>\d{1,2}|[甲乙丙丁戊东西中A-D])单元)?"
    r"(?:(?P<floor>\d{1,2})楼|地下车库(?P<cellar>B\d))?"
    r"(?P<room>\d{3,4}(?!\d))?(?P<spot>.*)",
    re.DOTALL,
)


def parse_place(normal: str) -> Place | None:
    """The place of a normal form, so that `parse_place(format_place(x)) == x`; null for nothing."""
    hit = _NORMAL.fullmatch(normal)
    if hit is None or not normal:
        return None
    part = {name: value or "" for name, value in hit.groupdict().items()}
    return Place(
        village=part["village"],
        group=part["group"],
        building=part["building"] or part["tower"],
        unit=part["unit"],
        floor=part["floor"] or part["cellar"],
        room=part["room"],
        spot=part["spot"],
        end=len(normal),
    )


def find_places(text: str) -> tuple[Place, ...]:
    """The places named in `text`, in order, none overlapping; spans count in `plain(text)`."""
    return places_in(plain(text))


def places_in(words: str) -> tuple[Place, ...]:
    """As `find_places`, for a text that is plain already."""
    return tuple(Place(*piece) for piece in _pieces(words))


@lru_cache(maxsize=64)  # One message is asked about several times.
def _pieces(words: str) -> tuple[_Piece, ...]:
    if _LETTERS.isdisjoint(words):
        return ()
    letters = set(words)
    found: list[_Piece] = []
    for needed, finder in _FINDERS:
        if letters.isdisjoint(needed):
            continue
        for piece in finder(words):
            start, end = piece[7:]
            if end > start and all(end <= one[7] or start >= one[8] for one in found):
                found.append(piece)
    return tuple(_joined(words, sorted(found, key=_START)))


def _chains(words: str) -> list[_Piece]:
    places = []
    for hit in _CHAIN.finditer(words):
        building, unit, room = hit["b"] or hit["b2"], hit["u"] or "", hit["r"] or hit["r2"]
        places.append(
            ("", "", number_of(building), number_of(unit), "", room, "", hit.start(), hit.end())
        )
    return places


def _built(words: str) -> list[_Piece]:
    places = []
    for hit in _BUILT.finditer(words):
        building, unit, floor, room, side = hit.group("b", "u", "f", "r", "s")
        numbers = number_of(building), number_of(unit or ""), number_of(floor or "")
        end = len(hit.group().rstrip()) + hit.start()
        places.append(("", "", *numbers, room or "", side or "", hit.start(), end))
    return places


def _units(words: str) -> list[_Piece]:
    places = []
    for hit in _UNIT_ALONE.finditer(words):
        unit, floor, room, side = hit.group("u", "f", "r", "s")
        numbers = number_of(unit), number_of(floor or "")
        end = len(hit.group().rstrip()) + hit.start()
        places.append(("", "", "", *numbers, room or "", side or "", hit.start(), end))
    return places


def _garages(words: str) -> list[_Piece]:
    places = []
    for hit in _GARAGE.finditer(words):
        number = number_of(hit["n"] or hit["n2"] or hit["n3"])
        slot = f"-{hit['slot']}" if hit["slot"] else ""
        places.append(("", "", "", "", f"B{number}", "", slot, hit.start(), hit.end()))
    return places


def _floors(words: str) -> list[_Piece]:
    return [
        ("", "", "", "", number_of(hit["f"]), "", hit["s"] or "", hit.start(), hit.end())
        for hit in _FLOOR.finditer(words)
    ]


def _villages(words: str) -> list[_Piece]:
    places = []
    for hit in _VILLAGE.finditer(words):
        village, number, kind, spot = hit.group("v", "g", "k", "s")
        group = number_of(number) + kind
        places.append((village or "", group, "", "", "", "", spot or "", hit.start(), hit.end()))
    return places


def _facilities(words: str) -> list[_Piece]:
    return [
        ("", "", "", "", "", "", _facility(hit["p"]), hit.start(), hit.end())
        for hit in _FACILITY.finditer(words)
    ]


def _roads(words: str) -> list[_Piece]:
    return [
        ("", "", "", "", "", "", _facility(hit["p"]), hit.start(), hit.end())
        for hit in _ROAD.finditer(words)
    ]


def _facility(name: str) -> str:
    if name.startswith(("车库", "地库")):
        return "地下车库" + name[2:]
    return name


# Each finder with letters of which its places have one at least: most texts need few searches.
_FINDERS: tuple[tuple[frozenset[str], Callable[[str], list[_Piece]]], ...] = (
    (frozenset("负下-b"), _garages),
    (frozenset("-—–#"), _chains),
    (frozenset("楼栋幢座撞动#"), _built),
    (frozenset("组队社"), _villages),
    (frozenset("元"), _units),
    (frozenset("楼层"), _floors),
    (
        frozenset(
            "门园场库棚台顶亭梯坑区坛堂层柜房站池栏间室祠口头洞埂边塘泵闸渠院树卫铁桩湖道会心坡"
        ),
        _facilities,
    ),
    (frozenset("路街巷道"), _roads),
)
_LETTERS = frozenset[str]().union(*(needed for needed, _ in _FINDERS))


def _joined(words: str, places: list[_Piece]) -> list[_Piece]:
    """Neighbouring pieces as one: a building then a floor, a road or floor then a facility."""
    joined = places[:1]
    for place in places[1:]:
        last = joined[-1]
        gap = words[last[8] : place[7]].strip()
        if gap in ("", "的", "这边", "那边") and _fits(last, place):
            village, group, building, unit, floor, room, spot, start, _ = last
            _, _, _, next_unit, next_floor, next_room, next_spot, _, end = place
            numbers = unit or next_unit, floor or next_floor, room or next_room
            joined[-1] = (village, group, building, *numbers, spot + next_spot, start, end)
        else:
            joined.append(place)
    return joined


def _fits(last: _Piece, place: _Piece) -> bool:
    village, group, building, unit, floor, room, spot, _, _ = place
    if last[6] and not (spot and not (floor or unit or building)):
        return False
    if building or village or group:
        return False
    before = bool(last[3]) * 1 + bool(last[4]) * 2 + bool(last[5]) * 4
    after = bool(unit) * 1 + bool(floor) * 2 + bool(room) * 4
    return not before & after and (after == 0 or after > before)


def place_of(text: str) -> str | None:
    """The normal form of all places in `text`, null when it names none."""
    return place_in(plain(text))


def place_in(words: str) -> str | None:
    """As `place_of`, for a text that is plain already."""
    pieces = _pieces(words)
    if not pieces:
        return None
    return "、".join(list(dict.fromkeys(_written(*piece[:7]) for piece in pieces))[:4])


def match_place(place_text: str, names: Sequence[str], *, is_normal: bool = False) -> str | None:
    """The name of the community's gazetteer that `place_text` means, null when none is near.

    Equal normal forms win, then the longest name inside the text, then the nearest spelling
    (at least three quarters alike), so that nicknames with a slip of the pen still match.
    """
    # A place this module has written itself needs no reading again.
    wanted = place_text.lower() if is_normal else _normal(place_text)
    if not wanted:
        return None
    normal = _normal_forms(tuple(names))
    if wanted in normal:
        return normal[wanted]
    inside = [form for form in normal if form in wanted and _holds(wanted, form)]
    if inside:
        return normal[max(inside, key=len)]
    if len(wanted) > 2 * _longest(tuple(names)):
        return None  # too long to be the spelling of any name
    numbers = re.findall(r"\d+", wanted)
    best, found = NEAR_LEAST, None
    for form, name in normal.items():
        # Spellings three quarters alike differ by less than that in length and share letters.
        if abs(len(form) - len(wanted)) * 2 > len(wanted) or not set(form) & set(wanted):
            continue
        alike = SequenceMatcher(None, wanted, form).ratio()
        if alike >= best and numbers == re.findall(r"\d+", form):
            best, found = alike, name
    return found


@lru_cache(maxsize=512)
def _normal_forms(names: tuple[str, ...]) -> dict[str, str]:
    """The names of a gazetteer by their normal form; the first of several alike stays."""
    forms: dict[str, str] = {}
    for name in names:
        form = _normal(name)
        if form:
            forms.setdefault(form, name)
    return forms


@lru_cache(maxsize=512)
def _longest(names: tuple[str, ...]) -> int:
    return max(map(len, _normal_forms(names)), default=0)


def _holds(wanted: str, form: str) -> bool:
    place = wanted.index(form)
    # 3栋 is not inside 13栋: a number must not begin in the middle of another.
    return not (form[0].isdigit() and place and wanted[place - 1].isdigit())


def _normal(text: str) -> str:
    words = plain(text).replace(" ", "")
    for piece in reversed(_pieces(words)):
        words = words[: piece[7]] + _written(*piece[:7]) + words[piece[8] :]
    return words.lower()
