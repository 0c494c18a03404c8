"""Places in talk: building, unit, floor, room, village group and facilities, in one normal form."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache

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
    rf"(?:老|第)?(?P<b>\d{{1,3}}|[一二两三四五六七八九十百]{{1,4}}|[a-h](?=座|栋|幢)){_BUILDING_MARK}\s?"
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
    r"(?:地下)?(?:车库|地库|停车场)?(?:(?:负|地下)(?P<n>[一二三123])(?:楼|层)?|(?<![\da-z甲乙丙丁])-(?P<n3>[123])(?:楼|层))(?P<car>车库|地库|停车场)?|"
    r"(?:地下)?(?P<car2>车库|地库|停车场)?(?<![a-z])b(?P<n2>[1-4])(?![\da-z])(?:层|楼)?(?:地下)?(?:车库|地库|停车场)?"
    r"(?:-(?P<slot>\d{2,4}))?"
)
_FLOOR = re.compile(
    rf"(?<![a-z\d第上下])(?P<f>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})(?:楼|层)(?!梯|道|下|上|盖|房|市|主|长|阿|外婆|的?人)(?P<s>{_SIDE})?"
)
_VILLAGE = re.compile(
    r"(?P<v>(?<![这那哪本全各到去在回])[\u4e00-\u9fff]{2,3}村(?!里|民|口|部|委|干|支|会|头|道))?(?P<g>\d{1,2}|[一二三四五六七八九十]{1,2})(?P<k>组|队|社)"
    r"(?!长|织|合|保|会|区|员|建|团|成|词)(?P<s>大塘(?:[东西南北]{2}角)?|路口|北边|南边|东头|西头|桥头?|晒场|塘边)?"
)
_FACILITY = re.compile(
    r"(?P<p>[东西南北]{1,2}(?:大门|门)(?:岗亭|口|卫处?|垃圾房|公交站|外)?|(?:正|后|侧|大)门(?:口|岗亭|外)?(?![禁槛锁铃])|"
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
    parts = [place.village, place.group]
    if place.building:
        parts.append(place.building + ("座" if place.building.isalpha() else "栋"))
    if place.unit:
        parts.append(f"{place.unit}单元")
    if place.floor.startswith("B"):
        parts.append(f"地下车库{place.floor}")
    elif place.floor:
        parts.append(f"{place.floor}楼")
    if place.room:
        parts.append(place.room)
    return "".join([*parts, place.spot])


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
    letters = set(words)
    taken = [False] * len(words)
    found: list[Place] = []
    for needed, finder in _FINDERS:
        if letters.isdisjoint(needed):
            continue
        for place in finder(words):
            if not any(taken[place.start : place.end]) and place.end > place.start:
                taken[place.start : place.end] = [True] * (place.end - place.start)
                found.append(place)
    return _joined(words, sorted(found, key=lambda place: place.start))


def _chains(words: str) -> list[Place]:
    places = []
    for hit in _CHAIN.finditer(words):
        building, unit, room = hit["b"] or hit["b2"], hit["u"] or "", hit["r"] or hit["r2"]
        place = Place(building=number_of(building), unit=number_of(unit), room=room)
        places.append(replace(place, start=hit.start(), end=hit.end()))
    return places


def _built(words: str) -> list[Place]:
    places = []
    for hit in _BUILT.finditer(words):
        place = Place(
            building=number_of(hit["b"]),
            unit=number_of(hit["u"] or ""),
            floor=number_of(hit["f"] or ""),
            room=hit["r"] or "",
            spot=hit["s"] or "",
        )
        places.append(
            replace(place, start=hit.start(), end=len(hit.group().rstrip()) + hit.start())
        )
    return places


def _units(words: str) -> list[Place]:
    return [
        Place(
            unit=number_of(hit["u"]),
            floor=number_of(hit["f"] or ""),
            room=hit["r"] or "",
            spot=hit["s"] or "",
            start=hit.start(),
            end=len(hit.group().rstrip()) + hit.start(),
        )
        for hit in _UNIT_ALONE.finditer(words)
    ]


def _garages(words: str) -> list[Place]:
    places = []
    for hit in _GARAGE.finditer(words):
        number = number_of(hit["n"] or hit["n2"] or hit["n3"])
        slot = f"-{hit['slot']}" if hit["slot"] else ""
        place = Place(floor=f"B{number}", spot=slot, start=hit.start(), end=hit.end())
        places.append(place)
    return places


def _floors(words: str) -> list[Place]:
    return [
        Place(floor=number_of(hit["f"]), spot=hit["s"] or "", start=hit.start(), end=hit.end())
        for hit in _FLOOR.finditer(words)
    ]


def _villages(words: str) -> list[Place]:
    return [
        Place(
            village=hit["v"] or "",
            group=number_of(hit["g"]) + hit["k"],
            spot=hit["s"] or "",
            start=hit.start(),
            end=hit.end(),
        )
        for hit in _VILLAGE.finditer(words)
    ]


def _facilities(words: str) -> list[Place]:
    return [
        Place(spot=_facility(hit["p"]), start=hit.start(), end=hit.end())
        for finder in (_FACILITY, _ROAD)
        for hit in finder.finditer(words)
    ]


def _facility(name: str) -> str:
    if name.startswith(("车库", "地库")):
        return "地下车库" + name[2:]
    return name


# Each finder with letters of which its places have one at least: most texts need few searches.
_FINDERS: tuple[tuple[frozenset[str], Callable[[str], list[Place]]], ...] = (
    (frozenset("负下-b"), _garages),
    (frozenset("-—–#"), _chains),
    (frozenset("楼栋幢座撞动#"), _built),
    (frozenset("组队社"), _villages),
    (frozenset("元"), _units),
    (frozenset("楼层"), _floors),
    (
        frozenset(
            "门园场库棚台顶亭梯坑区坛堂层柜房站池栏间室祠口头洞埂边塘泵闸渠院树卫铁桩湖道路街巷会心"
        ),
        _facilities,
    ),
)


def _joined(words: str, places: list[Place]) -> tuple[Place, ...]:
    """Neighbouring pieces as one: a building then a floor, a road or floor then a facility."""
    joined: list[Place] = []
    for place in places:
        last = joined[-1] if joined else None
        gap = words[last.end : place.start] if last else "。"
        if last and gap.strip() in ("", "的", "这边", "那边") and _fits(last, place):
            joined[-1] = Place(
                village=last.village,
                group=last.group,
                building=last.building,
                unit=last.unit or place.unit,
                floor=last.floor or place.floor,
                room=last.room or place.room,
                spot=last.spot + place.spot,
                start=last.start,
                end=place.end,
            )
        else:
            joined.append(place)
    return tuple(joined)


def _fits(last: Place, place: Place) -> bool:
    if last.spot and not (place.spot and not (place.floor or place.unit or place.building)):
        return False
    if place.building or place.village or place.group:
        return False
    ranks = [bool(p.unit) * 1 + bool(p.floor) * 2 + bool(p.room) * 4 for p in (last, place)]
    return not ranks[0] & ranks[1] and (ranks[1] == 0 or ranks[1] > ranks[0])


def place_of(text: str) -> str | None:
    """The normal form of all places in `text`, null when it names none."""
    return place_in(plain(text))


def place_in(words: str) -> str | None:
    """As `place_of`, for a text that is plain already."""
    found = list(dict.fromkeys(format_place(place) for place in places_in(words)))
    return "、".join(found[:4]) if found else None


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
    inside = [form for form in normal if _holds(wanted, form)]
    if inside:
        return normal[max(inside, key=len)]
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


def _holds(wanted: str, form: str) -> bool:
    place = wanted.find(form)
    # 3栋 is not inside 13栋: a number must not begin in the middle of another.
    return place >= 0 and not (form[0].isdigit() and place and wanted[place - 1].isdigit())


def _normal(text: str) -> str:
    words = plain(text).replace(" ", "")
    found = places_in(words)
    for place in reversed(found):
        words = words[: place.start] + format_place(place) + words[place.end :]
    return words.lower()
