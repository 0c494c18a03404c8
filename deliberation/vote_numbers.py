"""From ballots that count to the numbers a profile compares: persons, households, areas."""

from collections import Counter
from collections.abc import Iterable, Mapping

from core.errors import Refusal
from deliberation.counting import VoiceCount
from deliberation.profiles import Profile
from deliberation.rolls import Roll
from deliberation.tally import Tally, tally

# What an answer stands for. Whatever a vote's own list does not name is an invalid ballot.
KINDS: Mapping[str, str] = {"yes": "yes", "no": "no", "abstain": "abstain"}
ANSWER_KINDS = ("yes", "no", "abstain", "invalid")


class VoiceNotOnRoll(Refusal):
    code = "voice_not_on_roll"
    text = "选票里的 {entry} 不在名册里。"


class DetachedNeedsHeads(Refusal):
    code = "detached_needs_heads"
    text = "“{profile}”要按面积或分量计票，不能不记名。"


class MoreBallotsThanVoters(Refusal):
    code = "more_ballots_than_voters"
    text = "票数（{ballots}）和投过票的人数（{voted}）不一样，不能计票。"


def vote_numbers(
    profile: Profile,
    roll: Roll,
    counts: Iterable[VoiceCount],
    *,
    kinds: Mapping[str, str] = KINDS,
    asked: str = "yes",
) -> dict[str, int]:
    """The numbers of a named vote for `deliberation.tally.tally`, in the profile's own names.

    `asked` is the option that asks for approval, `kinds` what the options stand for; another
    option of kind yes is no yes for this one. Suspended voices took part and said nothing.
    """
    entries = roll.by_id()
    part, said = [0, 0, 0], {kind: [0, 0, 0] for kind in ANSWER_KINDS}
    for voice in counts:
        if not voice.took_part:
            continue
        entry = entries.get(voice.entry_id)
        if entry is None:
            raise VoiceNotOnRoll(entry=voice.entry_id)
        weight = (1, entry.heads, entry.area)
        _add(part, weight)
        if voice.counted is not None:
            kind = answer_kind(voice.counted.option, kinds, asked)
            if kind is not None:
                _add(said[kind], weight)
    if _by_weight(profile):
        return _weighed(roll, part, said)
    answers = {kind: voices for kind, (voices, _, _) in said.items()}
    return _counted(profile, roll, part[0], answers)


def detached_numbers(
    profile: Profile,
    roll: Roll,
    options: Counter[str],
    *,
    voted_count: int,
    kinds: Mapping[str, str] = KINDS,
    asked: str = "yes",
) -> dict[str, int]:
    """The numbers of a detached vote: how often each option was found, how many rows have voted."""
    if _by_weight(profile):
        raise DetachedNeedsHeads(profile=profile.title)
    if options.total() != voted_count or voted_count > len(roll.entries):
        raise MoreBallotsThanVoters(ballots=options.total(), voted=voted_count)
    said = dict.fromkeys(ANSWER_KINDS, 0)
    for option, times in options.items():
        kind = answer_kind(option, kinds, asked)
        if kind is not None:
            said[kind] += times
    return _counted(profile, roll, voted_count, said)


def answer_kind(option: str, kinds: Mapping[str, str], asked: str) -> str | None:
    """What a ballot says to the option asked about; None if it chose another one instead."""
    kind = kinds.get(option, "invalid")
    return None if kind == "yes" and option != asked else kind


def tally_options(
    profile: Profile, roll: Roll, counts: Iterable[VoiceCount], *, kinds: Mapping[str, str]
) -> dict[str, Tally]:
    """Each option that asks for approval, judged against all who took part, never the others.

    With one choice a ballot at most one passes a majority; when none does, none is adopted and a
    new vote between the foremost may be held.
    """
    voices = tuple(counts)
    return {
        option: tally(profile, vote_numbers(profile, roll, voices, kinds=kinds, asked=option))
        for option, kind in kinds.items()
        if kind == "yes"
    }


def _by_weight(profile: Profile) -> bool:
    return not {"heads", "area"}.isdisjoint(profile.numbers)


def _add(total: list[int], weight: tuple[int, int, int]) -> None:
    for place, more in enumerate(weight):
        total[place] += more


def _weighed(roll: Roll, part: list[int], said: Mapping[str, list[int]]) -> dict[str, int]:
    """Heads and areas, in the names of an owners' profile."""
    numbers = {"heads": roll.heads, "area": roll.area}
    numbers |= {"part_heads": part[1], "part_area": part[2]}
    for kind in ANSWER_KINDS:
        numbers |= {f"{kind}_heads": said[kind][1], f"{kind}_area": said[kind][2]}
    return numbers


def _counted(profile: Profile, roll: Roll, part: int, said: Mapping[str, int]) -> dict[str, int]:
    """Voices, one each, in the names of the profile."""
    whole = len(roll.entries)
    names = {"roll": whole, "registered": whole, "interested": whole}
    names |= {"attend": part, "voted": part}
    wanted = profile.numbers or ("roll", "attend")
    return {name: number for name, number in names.items() if name in wanted} | dict(said)
