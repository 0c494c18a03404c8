"""Decision profiles: by which rule, of which law, a vote is decided. They are data, never code."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast

from core.errors import Refusal

PROFILE_FOLDER = Path(__file__).with_name("profiles")

Stage = Literal["quorum", "approve", "elected"]
Operator = Literal[">", ">="]
Effect = Literal["binding", "opinion", "paper_only"]
VoterUnit = Literal["person", "household", "owner", "member"]

STAGES: tuple[Stage, ...] = ("quorum", "approve", "elected")
OPERATORS: tuple[Operator, ...] = (">", ">=")
EFFECTS: tuple[Effect, ...] = ("binding", "opinion", "paper_only")
VOTER_UNITS: tuple[VoterUnit, ...] = ("person", "household", "owner", "member")
PROXY_HOLDERS = ("none", "household", "elector")
AGE_COUNTS_FROM = ("birthday", "day_after")
# The whole roll, those who took part, and what they said. Every number a rule may compare.
WHOLES = ("roll", "registered", "interested", "heads", "area")
PRESENTS = ("attend", "voted", "part_heads", "part_area")
ANSWERS = tuple(
    f"{answer}{suffix}"
    for suffix in ("", "_heads", "_area")
    for answer in ("yes", "no", "abstain", "invalid")
)
NUMBER_NAMES = frozenset((*WHOLES, *PRESENTS, *ANSWERS))


class UnknownProfile(Refusal):
    code = "unknown_profile"
    text = "没有叫“{profile}”的表决规则。"
    status = 404


class ProfileNotInForce(Refusal):
    code = "profile_not_in_force"
    text = "表决规则“{profile}”在{on}不适用：{spans}。"


class ProfileNotForPlace(Refusal):
    code = "profile_not_for_place"
    text = "表决规则“{profile}”不适用于“{place}”。"


class ProfileDamaged(Refusal):
    code = "profile_damaged"
    text = "表决规则文件“{name}”写得不对：{problem}。"


@dataclass(frozen=True)
class Requirement:
    """One comparison a decision must meet: `lhs op (numerator/denominator) * rhs`.

    `lhs` and `rhs` name numbers of the tally; `article` is the law, `words` what it says.
    """

    stage: Stage
    lhs: str
    op: Operator
    numerator: int
    denominator: int
    rhs: str
    article: str
    words: str = ""

    @property
    def ratio(self) -> str:
        """The fraction as written in the law, such as `2/3`; never reduced."""
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True)
class RollRule:
    """Who is old enough, reckoned on the closing date (Asia/Shanghai)."""

    age_min: int | None = None
    age_counts_from: str = "birthday"


@dataclass(frozen=True)
class ProxyRule:
    """Who may cast a ballot for another: `none`, one of the same `household`, any `elector`.

    `held_max` is how many a person may hold at once; None where the law sets no number.
    """

    holder: str = "none"
    held_max: int | None = None
    words: str = ""
    article: str = ""


@dataclass(frozen=True)
class Period:
    """A number of whole days somebody must be given, and the article that says so."""

    days: int
    article: str = ""
    words: str = ""
    special: bool = False  # may be cut short for a recorded reason


@dataclass(frozen=True)
class Profile:
    """One rule of decision in one version. `place` is the start of the places it holds for."""

    id: str
    version: int
    title: str
    unit: VoterUnit
    effect: Effect
    place: str
    effective_from: date | None
    effective_until: date | None
    law: str
    edition: str
    articles: tuple[str, ...]
    electorate: str
    notes: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    roll: RollRule
    proxy: ProxyRule
    notice: Period | None
    publication: Period
    aliases: Mapping[str, str]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers a tally under this profile cannot do without, in the order of its rules."""
        wanted: dict[str, None] = {}
        for requirement in self.requirements:
            wanted[requirement.rhs] = None
            wanted[requirement.lhs] = None
        return tuple(sorted(wanted, key=_number_place))

    def holds_on(self, on: date) -> bool:
        """True if the profile is in force on that day; first and last day included."""
        begun = self.effective_from is None or self.effective_from <= on
        return begun and (self.effective_until is None or on <= self.effective_until)


def _number_place(name: str) -> int:
    return (*WHOLES, *PRESENTS, *ANSWERS).index(name)


# Reading ---------------------------------------------------------------------------------------

_PROFILE_KEYS = {
    "id": str, "version": int, "title": str, "unit": str, "effect": str, "place": str,
    "effective_from": date, "effective_until": date, "law": str, "edition": str,
    "articles": list, "electorate": str, "notes": list, "roll": dict, "proxy": dict,
    "notice": dict, "publication": dict, "aliases": dict, "requirement": list,
}  # fmt: skip
_PROFILE_NEEDED = ("id", "version", "title", "unit", "effect", "publication")


def read_profile(text: str, *, name: str) -> Profile:
    """The profile written in a TOML text; `name` is named in the refusal when it is wrong."""
    try:
        row = tomllib.loads(text)
    except tomllib.TOMLDecodeError as trouble:
        raise ProfileDamaged(name=name, problem=f"不是合格的 TOML（{trouble}）") from trouble
    _check_keys(row, _PROFILE_KEYS, name)
    for key in _PROFILE_NEEDED:
        if key not in row:
            raise ProfileDamaged(name=name, problem=f"缺少 {key}")
    _check_one_of(row["unit"], VOTER_UNITS, "unit", name)
    _check_one_of(row["effect"], EFFECTS, "effect", name)
    requirements = tuple(_read_requirement(part, name) for part in row.get("requirement", ()))
    if not requirements and row["effect"] != "opinion":
        raise ProfileDamaged(name=name, problem="没有写任何一条要求")
    return Profile(
        id=row["id"],
        version=row["version"],
        title=row["title"],
        unit=cast(VoterUnit, row["unit"]),
        effect=cast(Effect, row["effect"]),
        place=row.get("place", ""),
        effective_from=row.get("effective_from"),
        effective_until=row.get("effective_until"),
        law=row.get("law", ""),
        edition=row.get("edition", ""),
        articles=tuple(row.get("articles", ())),
        electorate=row.get("electorate", ""),
        notes=tuple(row.get("notes", ())),
        requirements=requirements,
        roll=_read_roll(row.get("roll", {}), name),
        proxy=_read_proxy(row.get("proxy", {}), name),
        notice=_read_period(row["notice"], name) if "notice" in row else None,
        publication=_read_period(row["publication"], name),
        aliases=dict(row.get("aliases", {})),
    )


def _check_keys(row: Mapping[str, Any], known: Mapping[str, type], name: str) -> None:
    for key, value in row.items():
        if key not in known:
            raise ProfileDamaged(name=name, problem=f"不认识 {key}")
        # bool is an int to Python; a version of "true" is a slip all the same.
        if not isinstance(value, known[key]) or (isinstance(value, bool) and known[key] is int):
            raise ProfileDamaged(name=name, problem=f"{key} 的写法不对")


def _check_one_of(value: str, allowed: Iterable[str], key: str, name: str) -> None:
    if value not in tuple(allowed):
        raise ProfileDamaged(name=name, problem=f"{key} 不能是 {value}")


def _read_requirement(row: dict[str, Any], name: str) -> Requirement:
    keys = ("stage", "lhs", "op", "ratio", "rhs", "article", "words")
    _check_keys(row, dict.fromkeys(keys, str), name)
    for key in keys[:-1]:
        if not row.get(key):
            raise ProfileDamaged(name=name, problem=f"要求里缺少 {key}")
    _check_one_of(row["stage"], STAGES, "stage", name)
    _check_one_of(row["op"], OPERATORS, "op", name)
    _check_one_of(row["lhs"], NUMBER_NAMES, "lhs", name)
    _check_one_of(row["rhs"], NUMBER_NAMES, "rhs", name)
    numerator, denominator = read_ratio(row["ratio"], name=name)
    if numerator == denominator and row["op"] == ">":
        raise ProfileDamaged(name=name, problem="没有人能超过全部")
    return Requirement(
        stage=row["stage"],
        lhs=row["lhs"],
        op=row["op"],
        numerator=numerator,
        denominator=denominator,
        rhs=row["rhs"],
        article=row["article"],
        words=row.get("words", ""),
    )


def read_ratio(text: str, *, name: str) -> tuple[int, int]:
    """`"2/3"` as (2, 3). Only a fraction above 0 and at most 1 is one; percents are refused."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", text, re.ASCII)
    if found is None:
        raise ProfileDamaged(name=name, problem=f"比例要写成分数，不能是 {text}")
    numerator, denominator = int(found[1]), int(found[2])
    if numerator > denominator:
        raise ProfileDamaged(name=name, problem=f"比例 {text} 大于一")
    return numerator, denominator


def _read_roll(row: dict[str, Any], name: str) -> RollRule:
    _check_keys(row, {"age_min": int, "age_counts_from": str}, name)
    rule = RollRule(**row)
    _check_one_of(rule.age_counts_from, AGE_COUNTS_FROM, "age_counts_from", name)
    return rule


def _read_proxy(row: dict[str, Any], name: str) -> ProxyRule:
    _check_keys(row, {"holder": str, "held_max": int, "words": str, "article": str}, name)
    rule = ProxyRule(**row)
    _check_one_of(rule.holder, PROXY_HOLDERS, "holder", name)
    return rule


def _read_period(row: dict[str, Any], name: str) -> Period:
    _check_keys(row, {"days": int, "article": str, "words": str, "special": bool}, name)
    if row.get("days", 0) <= 0:
        raise ProfileDamaged(name=name, problem="天数要大于零")
    return Period(**row)


# Choosing --------------------------------------------------------------------------------------


@cache
def shipped_profiles() -> tuple[Profile, ...]:
    """Every profile that comes with the program, sorted by id, place and version."""
    return read_profiles(PROFILE_FOLDER)


def read_profiles(folder: Path) -> tuple[Profile, ...]:
    """The profiles of a folder of TOML files; refused if one is wrong or two cannot be told apart.

    Two versions for the same place must not be in force on the same day.
    """
    profiles = sorted(
        (read_profile(file.read_text("utf-8"), name=file.name) for file in folder.glob("*.toml")),
        key=lambda profile: (profile.id, profile.place, profile.version),
    )
    for earlier, later in pairwise(profiles):
        if (earlier.id, earlier.place) == (later.id, later.place) and _overlap(earlier, later):
            raise ProfileDamaged(name=later.id, problem="两个版本的生效日期重叠")
    return tuple(profiles)


def _overlap(earlier: Profile, later: Profile) -> bool:
    if later.version == earlier.version or later.effective_from is None:
        return True
    return earlier.effective_until is None or earlier.effective_until >= later.effective_from


def find_profile(
    profile_id: str,
    *,
    on: date | None = None,
    place: str = "",
    among: tuple[Profile, ...] | None = None,
) -> Profile:
    """The profile of that id in force `on` that day in that `place`; the most local one wins.

    Without a day the newest version answers. Refused: an id nobody knows, a day before the law
    was in force or after it ended, a place for which only other places' rules exist.
    """
    known = shipped_profiles() if among is None else among
    versions = [profile for profile in known if profile.id == profile_id]
    if not versions:
        raise UnknownProfile(profile=profile_id)
    local = [profile for profile in versions if place.startswith(profile.place)]
    if not local:
        raise ProfileNotForPlace(profile=profile_id, place=place)
    in_force = local if on is None else [profile for profile in local if profile.holds_on(on)]
    if not in_force:
        spans = "；".join(_span(profile) for profile in local)
        raise ProfileNotInForce(profile=profile_id, on=on, spans=spans)
    return max(in_force, key=lambda profile: (len(profile.place), profile.version))


def _span(profile: Profile) -> str:
    since = "" if profile.effective_from is None else f"自{profile.effective_from}起"
    until = "" if profile.effective_until is None else f"至{profile.effective_until}止"
    return (since + until) or "一直适用"
