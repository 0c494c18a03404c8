"""Who may vote: rolls of persons, households and members, their totals, their sealed lines.

A roll holds ids only, never names. Owners' rolls are made by `deliberation.dwellings`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TypeVar

from core.errors import Refusal
from deliberation.ballot_records import RollTotals, seal_entry, seal_person
from deliberation.profiles import RollRule, VoterUnit

Row = TypeVar("Row")

# Notes for the roll check; whoever carries one stays in the denominator until people decide.
BIRTH_UNKNOWN = "birth_unknown"
NO_REPRESENTATIVE = "no_representative"


class RollDuplicate(Refusal):
    code = "roll_duplicate"
    text = "名册第 {line} 行和第 {earlier} 行重复：{what}。"


class RollRowDamaged(Refusal):
    code = "roll_row_damaged"
    text = "名册第 {line} 行写得不对：{problem}。"


class RollSaltsMissing(Refusal):
    code = "roll_salts_missing"
    text = "名册不能封存：{entry} 没有盐，或几行用了同一个盐。"


@dataclass(frozen=True, slots=True)
class RollEntry:
    """One voice on the roll: `heads` it counts for, its `area` in 0.01 m2, who may cast it.

    `voters` are the ids of the persons entitled to cast it; () while none is recorded.
    """

    entry_id: str
    voters: tuple[str, ...]
    heads: int = 1
    area: int = 0
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roll:
    """A roll as values: its unit and its entries sorted by id, no id twice."""

    unit: VoterUnit
    entries: tuple[RollEntry, ...]

    @property
    def heads(self) -> int:
        """All heads on the roll."""
        return sum(entry.heads for entry in self.entries)

    @property
    def area(self) -> int:
        """All floor area on the roll, in 0.01 m2."""
        return sum(entry.area for entry in self.entries)

    def by_id(self) -> dict[str, RollEntry]:
        """The entries by their id."""
        return {entry.entry_id: entry for entry in self.entries}


# Persons and members ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """What the roll must know of a person; `birth` None when nobody knows the date.

    `is_elector`: belongs to the village or community by the recorded rule of the roll.
    `is_capable`: has full civil capacity, which assemblies of a collective ask for.
    """

    person_id: str
    birth: date | None
    is_elector: bool = True
    is_capable: bool = True


def person_roll(people: Iterable[Person], *, rule: RollRule, closing: date) -> Roll:
    """The roll of those old enough on the closing date (a day in Asia/Shanghai).

    Where nobody knows the birth date the person stays on the roll, flagged for the roll check.
    """
    entries = []
    for person in _without_doubles(people, lambda person: person.person_id):
        if not person.is_elector:
            continue
        if person.birth is None:
            flags: tuple[str, ...] = () if rule.age_min is None else (BIRTH_UNKNOWN,)
            entries.append(RollEntry(person.person_id, (person.person_id,), flags=flags))
        elif is_of_age(person.birth, rule=rule, on=closing):
            entries.append(RollEntry(person.person_id, (person.person_id,)))
    return Roll("person", _sorted(entries))


def member_roll(members: Iterable[Person], *, rule: RollRule, closing: date) -> Roll:
    """The roll of members with full civil capacity, such as those of a collective."""
    capable = (person for person in members if person.is_capable)
    return Roll("member", person_roll(capable, rule=rule, closing=closing).entries)


def is_of_age(birth: date, *, rule: RollRule, on: date) -> bool:
    """True if a person born on `birth` is of the age of the rule on that day."""
    if rule.age_min is None:
        return True
    birthday = anniversary(birth, rule.age_min)
    return birthday < on if rule.age_counts_from == "day_after" else birthday <= on


def anniversary(birth: date, years: int) -> date:
    """The birthday `years` later; in years without 29 February the 28th (民法典 202)."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 2, 28)


# Households ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HouseholdVoice:
    """A household, its members' ids and the one recorded to speak for it, if any."""

    household_id: str
    members: tuple[str, ...]
    representative: str | None = None


def household_roll(households: Iterable[HouseholdVoice]) -> Roll:
    """One voice a household. Without a recorded representative it is flagged and still counts."""
    entries = []
    spoken_for: dict[str, int] = {}
    rows = _without_doubles(households, lambda household: household.household_id)
    for line, household in enumerate(rows, start=1):
        speaker = household.representative
        if speaker is None:
            entries.append(RollEntry(household.household_id, (), flags=(NO_REPRESENTATIVE,)))
            continue
        if speaker not in household.members:
            raise RollRowDamaged(line=line, problem="推选的代表不是这一户的人")
        if speaker in spoken_for:
            raise RollDuplicate(line=line, earlier=spoken_for[speaker], what="同一个人代表两户")
        spoken_for[speaker] = line
        entries.append(RollEntry(household.household_id, (speaker,)))
    return Roll("household", _sorted(entries))


def _without_doubles(rows: Iterable[Row], key: Callable[[Row], str]) -> list[Row]:
    """The rows in their order; refused if two have the same key."""
    seen: dict[str, int] = {}
    kept = []
    for line, row in enumerate(rows, start=1):
        row_id = key(row)
        if not row_id:
            raise RollRowDamaged(line=line, problem="没有编号")
        if row_id in seen:
            raise RollDuplicate(line=line, earlier=seen[row_id], what=row_id)
        seen[row_id] = line
        kept.append(row)
    return kept


def _sorted(entries: Iterable[RollEntry]) -> tuple[RollEntry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.entry_id))


# Sealing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EntrySalts:
    """The two secrets of a roll entry, 32 random bytes each.

    `person` opens who it is and is given to that person alone; `facts` opens heads and area and
    goes into the bundle for those entitled to recount.
    """

    person: bytes
    facts: bytes


@dataclass(frozen=True)
class SealedRoll:
    """What is published of a roll: totals and sorted lines, one salted fingerprint an entry."""

    totals: RollTotals
    lines: tuple[str, ...]
    line_by_entry: Mapping[str, str]

    @property
    def text(self) -> str:
        """The published file: one line an entry, each ended by a newline."""
        return "".join(f"{line}\n" for line in self.lines)


def seal_roll(roll: Roll, salts: Mapping[str, EntrySalts]) -> SealedRoll:
    """The roll as published at notice; the same roll and salts give the same bytes."""
    lines: dict[str, str] = {}
    for entry in roll.entries:
        secret = salts.get(entry.entry_id)
        if secret is None:
            raise RollSaltsMissing(entry=entry.entry_id)
        who = seal_person(entry.entry_id, secret.person)
        lines[entry.entry_id] = seal_entry(
            who=who, heads=entry.heads, area=entry.area, salt=secret.facts
        )
    _check_salts_differ(roll, salts)
    ordered = tuple(sorted(lines.values()))
    published = "".join(f"{line}\n" for line in ordered).encode("ascii")
    totals = RollTotals(
        entries=len(ordered),
        heads=roll.heads,
        area=roll.area,
        sha256=sha256(published).hexdigest(),
    )
    return SealedRoll(totals, ordered, lines)


def _check_salts_differ(roll: Roll, salts: Mapping[str, EntrySalts]) -> None:
    # One salt for two entries would let the holder of one open the other.
    seen: set[bytes] = set()
    for entry in roll.entries:
        secret = salts[entry.entry_id]
        if secret.person in seen or secret.facts in seen or secret.person == secret.facts:
            raise RollSaltsMissing(entry=entry.entry_id)
        seen |= {secret.person, secret.facts}
