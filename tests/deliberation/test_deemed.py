"""Silence counted with the majority: only by a clause, with service and warning."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deliberation.counting import BallotAct, CountRule, count_ballots
from deliberation.deemed import SilenceClause, SilenceMeansNothing, two_tallies
from deliberation.dwellings import OwnedDwelling, owner_roll
from deliberation.profiles import find_profile

OPENS = datetime(2026, 3, 13, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
RULE = CountRule(OPENS, OPENS + timedelta(days=7))
GENERAL = find_profile("cn.owners.general")
CLAUSE = SilenceClause("已送达而未投票的，视为同意多数意见", "业主大会议事规则第十二条", True)
ROLL = owner_roll(
    [OwnedDwelling(f"u{n}", (f"o{n}",), 90_000 if n == 9 else 10_000) for n in range(10)]
)
ALL = [entry.entry_id for entry in ROLL.entries]


def counted(**options):
    acts = [
        BallotAct(seq, entry, option, "online", *2 * (OPENS + timedelta(minutes=seq),), entry)
        for seq, (entry, option) in enumerate(options.items())
    ]
    return count_ballots(acts, RULE)


def both(counts, *, delivered=ALL, clause=CLAUSE, profile=GENERAL):
    return two_tallies(profile, ROLL, counts, clause=clause, delivered=delivered)


def test_silent_owners_join_the_majority_and_the_strict_count_stands_beside():
    counts = counted(o0="yes", o1="yes", o2="no", o9="yes")

    found = both(counts)

    assert (found.strict.outcome, found.deemed.outcome) == ("NO_QUORUM", "PASSED")
    assert [check.got for check in found.strict.checks] == [4, 120_000, 3, 110_000]
    assert [check.got for check in found.deemed.checks] == [10, 180_000, 9, 170_000]
    assert (found.majority, found.deemed_count) == ("yes", 6)


def test_silent_owners_join_a_majority_against_as_well():
    found = both(counted(o0="yes", o1="no", o2="no", o9="no"))

    assert (found.majority, found.deemed.outcome) == ("no", "REJECTED")
    assert [check.got for check in found.deemed.checks] == [10, 180_000, 1, 10_000]


def test_owner_without_proof_of_service_stays_silent():
    found = both(counted(o0="yes", o9="yes"), delivered=["o0", "o1", "o2", "nobody"])

    assert found.deemed_count == 2
    assert [check.got for check in found.deemed.checks] == [4, 120_000, 4, 120_000]


def test_owner_whose_ballot_was_late_was_silent():
    moment = RULE.closes + timedelta(minutes=1)
    late = BallotAct(50, "o5", "no", "online", moment, moment, "o5")
    counts = counted(o0="yes", o9="yes") | count_ballots([late], RULE)

    assert both(counts, delivered=["o5"]).deemed_count == 1


# One owner and 0.01 m2 more on one side, or even on one of the two measures.
UNEVEN = owner_roll(
    [
        OwnedDwelling(f"u{n}", (f"o{n}",), area)
        for n, area in enumerate((500, 500, 1, 501, 1000, 1001, 499))
    ]
)


@pytest.mark.parametrize(
    ("for_it", "against", "majority"),
    [
        (("o0", "o2"), ("o1",), "yes"),
        (("o0",), ("o1", "o2"), "no"),
        (("o3",), ("o0",), None),
        (("o0",), ("o3",), None),
        (("o0", "o1"), ("o4",), None),
        (("o4",), ("o0", "o1"), None),
        (("o0", "o1"), ("o5",), None),
        (("o0",), ("o2", "o6"), None),
    ],
)
def test_majority_must_be_one_by_heads_and_by_area(for_it, against, majority):
    counts = counted(**dict.fromkeys(for_it, "yes"), **dict.fromkeys(against, "no"))
    try:
        found = two_tallies(GENERAL, UNEVEN, counts, clause=CLAUSE, delivered=[]).majority
    except SilenceMeansNothing:
        found = None

    assert found == majority


@pytest.mark.parametrize(
    ("options", "changes", "why"),
    [
        ({"o0": "yes"}, {"clause": replace(CLAUSE, words=" ")}, "议事规则里没有写明这一条"),
        ({"o0": "yes"}, {"clause": replace(CLAUSE, source="")}, "议事规则里没有写明这一条"),
        (
            {"o0": "yes"},
            {"clause": replace(CLAUSE, is_in_notice=False)},
            "表决通知里没有写明不投票的后果",
        ),
        (
            {"o0": "yes"},
            {"profile": find_profile("cn.village.reps")},
            "只有业主共同决定可以这样约定",
        ),
        (
            {"o0": "yes"},
            {"profile": find_profile("cn.owners.279")},
            "只有业主共同决定可以这样约定",
        ),
        # Heads say no, area says yes; or a draw of either.
        ({"o0": "no", "o1": "no", "o9": "yes"}, {}, "投了票的人里，人数和面积没有指向同一边的多数"),
        ({"o0": "no", "o1": "yes"}, {}, "投了票的人里，人数和面积没有指向同一边的多数"),
        ({"o0": "no", "o9": "yes"}, {}, "投了票的人里，人数和面积没有指向同一边的多数"),
        ({"o0": "abstain"}, {}, "投了票的人里，人数和面积没有指向同一边的多数"),
    ],
)
def test_silence_means_nothing_without_its_conditions(options, changes, why):
    with pytest.raises(SilenceMeansNothing) as refusal:
        both(counted(**options), **changes)

    assert str(refusal.value) == f"没有投票的不能视同多数：{why}。"
