"""From ballots to numbers: by head, by household, by area, and with several options."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.counting import BallotAct, CountRule, count_ballots
from deliberation.dwellings import OwnedDwelling, owner_roll
from deliberation.profiles import find_profile, shipped_profiles
from deliberation.rolls import Roll, RollEntry
from deliberation.tally import read_numbers, tally
from deliberation.vote_numbers import (
    DetachedNeedsHeads,
    MoreBallotsThanVoters,
    VoiceNotOnRoll,
    detached_numbers,
    tally_options,
    vote_numbers,
)

OPENS = datetime(2026, 3, 13, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
RULE = CountRule(OPENS, OPENS + timedelta(days=7))
ROLL = Roll("person", tuple(RollEntry(f"p{n}", (f"p{n}",)) for n in range(9)))
OWNERS = owner_roll(
    [OwnedDwelling(f"u{n}", (f"o{n}",), 60_000 if n == 9 else 10_000) for n in range(10)]
)


def counted(choices, *, extra=()):
    """The count of one ballot for each (entry, option)."""
    acts = [
        BallotAct(
            seq, entry, option, "online", *2 * (OPENS + timedelta(minutes=seq),), cast_by=entry
        )
        for seq, (entry, option) in enumerate(choices)
    ]
    return tuple(count_ballots([*acts, *extra], RULE).values())


def test_numbers_of_persons_count_every_kind_of_answer():
    voices = counted(
        [("p0", "yes"), ("p1", "yes"), ("p2", "no"), ("p3", "abstain"), ("p4", "scrawl")]
    )

    numbers = vote_numbers(find_profile("cn.village.assembly.person"), ROLL, voices)

    assert numbers == {"roll": 9, "attend": 5, "yes": 2, "no": 1, "abstain": 1, "invalid": 1}


def test_numbers_of_owners_weigh_heads_and_area():
    """The example of the law page: the large one says no, six small ones yes."""
    voices = counted([("o9", "no"), *((f"o{n}", "yes") for n in range(6))])

    numbers = vote_numbers(find_profile("cn.owners.general"), OWNERS, voices)
    result = tally(find_profile("cn.owners.general"), numbers)

    assert numbers == {
        "heads": 10, "area": 150_000, "part_heads": 7, "part_area": 120_000,
        "yes_heads": 6, "yes_area": 60_000, "no_heads": 1, "no_area": 60_000,
        "abstain_heads": 0, "abstain_area": 0, "invalid_heads": 0, "invalid_area": 0,
    }  # fmt: skip
    assert (result.outcome, [check.ok for check in result.checks]) == (
        "REJECTED",
        [True, True, True, False],
    )


def test_suspended_voice_took_part_and_said_nothing():
    minute = OPENS + timedelta(minutes=1)
    extra = [BallotAct(90, "p0", "no", "paper", OPENS, minute + timedelta(minutes=5), "p0")]

    numbers = vote_numbers(
        find_profile("cn.village.reps"), ROLL, counted([("p0", "yes"), ("p1", "yes")], extra=extra)
    )

    assert numbers == {"roll": 9, "attend": 2, "yes": 1, "no": 0, "abstain": 0, "invalid": 0}


def test_voice_whose_ballots_are_all_late_took_no_part():
    moment = RULE.closes + timedelta(minutes=1)
    late = BallotAct(90, "p5", "yes", "online", moment, moment, "p5")

    numbers = vote_numbers(
        find_profile("cn.village.reps"), ROLL, counted([("p0", "yes")], extra=[late])
    )

    assert (numbers["attend"], numbers["yes"]) == (1, 1)


def test_voice_not_on_the_roll_is_refused():
    with pytest.raises(VoiceNotOnRoll) as refusal:
        vote_numbers(find_profile("cn.village.reps"), ROLL, counted([("mo", "yes")]))
    assert str(refusal.value) == "选票里的 mo 不在名册里。"


@given(
    profile=st.sampled_from(shipped_profiles()),
    options=st.lists(st.sampled_from(["yes", "no", "abstain", "invalid"]), max_size=10),
)
def test_numbers_are_always_ones_the_tally_takes(profile, options):
    roll = OWNERS if profile.unit == "owner" else ROLL
    names = [entry.entry_id for entry in roll.entries]

    numbers = vote_numbers(profile, roll, counted(zip(names, options, strict=False)))

    assert set(profile.numbers) <= read_numbers(profile, numbers).keys()
    assert tally(profile, numbers).profile_id == profile.id


def test_detached_numbers_come_from_options_alone():
    profile = find_profile("cn.residents.assembly")

    numbers = detached_numbers(
        profile, ROLL, Counter(yes=3, no=1, abstain=1, scrawl=1), voted_count=6
    )

    assert numbers == {"roll": 9, "attend": 6, "yes": 3, "no": 1, "abstain": 1, "invalid": 1}
    with pytest.raises(MoreBallotsThanVoters) as refusal:
        detached_numbers(profile, ROLL, Counter(yes=3), voted_count=4)
    assert str(refusal.value) == "票数（3）和投过票的人数（4）不一样，不能计票。"
    with pytest.raises(MoreBallotsThanVoters):
        detached_numbers(profile, ROLL, Counter(yes=10), voted_count=10)
    with pytest.raises(DetachedNeedsHeads, match="业主共同决定（一般事项）"):
        detached_numbers(find_profile("cn.owners.general"), OWNERS, Counter(), voted_count=0)


def test_detached_numbers_take_a_whole_roll_and_add_up_all_spoilt_ballots():
    profile = find_profile("cn.residents.assembly")

    numbers = detached_numbers(profile, ROLL, Counter(yes=4, scrawl=3, blot=2), voted_count=9)

    assert numbers == {"roll": 9, "attend": 9, "yes": 4, "no": 0, "abstain": 0, "invalid": 5}


@pytest.mark.parametrize(
    ("profile_id", "names"),
    [
        ("cn.village.election", {"registered": 10, "voted": 2}),
        ("cn.residents.election.reps", {"roll": 10, "voted": 2}),
        ("cn.owners.279", {"interested": 10}),
        ("cn.collective.reps", {"roll": 10}),
        ("opinion.poll", {"roll": 10, "attend": 2}),
    ],
)
def test_numbers_have_the_names_of_their_profile_and_count_voices_not_weights(profile_id, names):
    roll = Roll("owner", (*(RollEntry(f"o{n}", (), 1, 500) for n in range(9)), LAND))

    numbers = vote_numbers(find_profile(profile_id), roll, counted([("land", "yes"), ("o1", "no")]))

    assert numbers == names | {"yes": 1, "no": 1, "abstain": 0, "invalid": 0}


# A voice of an owner who holds parking spaces only: area, no head.
LAND = RollEntry("land", ("land",), 0, 700)


def test_weights_of_one_kind_are_enough_to_weigh():
    profile = find_profile("cn.owners.general")
    by_heads = replace(profile, requirements=profile.requirements[0::2])
    by_area = replace(profile, requirements=profile.requirements[1::2])

    for one in (by_heads, by_area):
        assert vote_numbers(one, OWNERS, counted([("o9", "yes")]))["part_area"] == 60_000
        with pytest.raises(DetachedNeedsHeads):
            detached_numbers(one, OWNERS, Counter(), voted_count=0)


def test_late_voice_before_others_does_not_end_the_count():
    moment = RULE.closes + timedelta(minutes=1)
    late = BallotAct(90, "a", "yes", "online", moment, moment, "a")

    numbers = vote_numbers(
        find_profile("cn.village.reps"), ROLL, counted([("p0", "yes")], extra=[late])
    )

    assert (numbers["attend"], numbers["yes"]) == (1, 1)


KINDS = {"plan_a": "yes", "plan_b": "yes", "none": "no", "blank": "abstain"}


def test_options_are_judged_against_all_who_took_part_not_against_each_other():
    """Four for A, three for B, one for neither: A leads and is not adopted."""
    profile = find_profile("cn.village.assembly.person")
    choices = ["plan_a"] * 4 + ["plan_b"] * 3 + ["none"]
    voices = counted([(f"p{n}", option) for n, option in enumerate(choices)])

    results = tally_options(profile, ROLL, voices, kinds=KINDS)

    assert {option: result.outcome for option, result in results.items()} == {
        "plan_a": "REJECTED",
        "plan_b": "REJECTED",
    }
    assert [(check.got, check.need) for check in results["plan_a"].checks] == [(8, 5), (4, 5)]


@given(st.lists(st.sampled_from([*KINDS, "scrawl"]), max_size=9))
def test_at_most_one_option_is_adopted(choices):
    voices = counted([(f"p{n}", option) for n, option in enumerate(choices)])

    results = tally_options(find_profile("cn.village.reps"), ROLL, voices, kinds=KINDS)

    assert [result.outcome for result in results.values()].count("PASSED") <= 1
