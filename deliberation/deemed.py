"""未投票视同多数: silence counted with the majority, only where owners agreed on it beforehand.

Off by default. A court has upheld such a clause of the 议事规则 where it was written down, every
owner was served, and the notice said what silence would mean: (2022)沪02民初16号. The count
without it is always shown beside the count with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.errors import Refusal
from deliberation.counting import VoiceCount
from deliberation.profiles import Profile
from deliberation.rolls import Roll
from deliberation.tally import Tally, tally
from deliberation.vote_numbers import vote_numbers


class SilenceMeansNothing(Refusal):
    code = "silence_means_nothing"
    text = "没有投票的不能视同多数：{why}。"


@dataclass(frozen=True)
class SilenceClause:
    """The clause a community has, word for word, and where; whether the notice warned of it."""

    words: str
    source: str
    is_in_notice: bool


@dataclass(frozen=True)
class TwoTallies:
    """The strict count, and the count with silent owners added to the `majority` (yes or no)."""

    strict: Tally
    deemed: Tally
    majority: str
    deemed_count: int


def two_tallies(
    profile: Profile,
    roll: Roll,
    counts: Mapping[str, VoiceCount],
    *,
    clause: SilenceClause,
    delivered: Collection[str],
) -> TwoTallies:
    """Both counts of an owners' vote. `delivered` are the entry ids with proof of service.

    Whoever was not served stays silent in both. Refused without clause or warning, for votes
    that are not owners', and where heads and area do not point to the same majority.
    """
    if profile.unit != "owner" or "part_heads" not in profile.numbers:
        raise SilenceMeansNothing(why="只有业主共同决定可以这样约定")
    if not (clause.words.strip() and clause.source.strip()):
        raise SilenceMeansNothing(why="议事规则里没有写明这一条")
    if not clause.is_in_notice:
        raise SilenceMeansNothing(why="表决通知里没有写明不投票的后果")
    strict = vote_numbers(profile, roll, counts.values())
    majority = _majority(strict)
    silent = [
        entry
        for entry in roll.entries
        if entry.entry_id in delivered
        and not (entry.entry_id in counts and counts[entry.entry_id].took_part)
    ]
    heads, area = sum(entry.heads for entry in silent), sum(entry.area for entry in silent)
    more = {
        "part_heads": heads,
        "part_area": area,
        f"{majority}_heads": heads,
        f"{majority}_area": area,
    }
    deemed = {name: number + more.get(name, 0) for name, number in strict.items()}
    return TwoTallies(tally(profile, strict), tally(profile, deemed), majority, len(silent))


def _majority(numbers: Mapping[str, int]) -> str:
    heads = numbers["yes_heads"] - numbers["no_heads"]
    area = numbers["yes_area"] - numbers["no_area"]
    if heads > 0 and area > 0:
        return "yes"
    if heads < 0 and area < 0:
        return "no"
    raise SilenceMeansNothing(why="投了票的人里，人数和面积没有指向同一边的多数")
