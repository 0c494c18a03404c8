"""Votes decided by law: the examples of the law page, the vectors, and a second way to reckon."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.profiles import find_profile
from deliberation.tally import (
    NotACount,
    NumberMissing,
    NumberTwice,
    NumberUnknown,
    PartAboveWhole,
    number_needed,
    tally,
)

VECTORS = json.loads((Path(__file__).parent / "data/tally_vectors.json").read_text("utf-8"))


def outcome(profile_id, **numbers):
    return tally(find_profile(profile_id), numbers).outcome


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_tally_agrees_with_the_vectors_of_record(vector):
    result = tally(find_profile(vector["profile"]), vector["input"])

    checks = [check.as_json() for check in result.checks]
    assert all(check.pop("article").endswith("条") for check in checks)
    assert (result.outcome, checks) == (vector["outcome"], vector["checks"])


@pytest.mark.parametrize(
    ("profile_id", "numbers", "expected"),
    [
        # A village assembly by persons: 1,001 eligible.
        ("cn.village.assembly.person", {"roll": 1001, "attend": 500, "yes": 500}, "NO_QUORUM"),
        ("cn.village.assembly.person", {"roll": 1001, "attend": 501, "yes": 250}, "REJECTED"),
        ("cn.village.assembly.person", {"roll": 1001, "attend": 501, "yes": 251}, "PASSED"),
        (
            "cn.village.assembly.person",
            {"roll": 1001, "attend": 501, "yes": 250, "no": 1, "abstain": 250},
            "REJECTED",
        ),
        # The same by households: 300.
        ("cn.village.assembly.household", {"roll": 300, "attend": 199, "yes": 199}, "NO_QUORUM"),
        ("cn.village.assembly.household", {"roll": 300, "attend": 200, "yes": 100}, "REJECTED"),
        ("cn.village.assembly.household", {"roll": 300, "attend": 200, "yes": 101}, "PASSED"),
        # Nine owners of 100 m2 and one of 600 m2.
        (
            "cn.owners.general",
            {"heads": 10, "area": 150_000, "part_heads": 7, "part_area": 70_000}
            | {"yes_heads": 7, "yes_area": 70_000},
            "NO_QUORUM",
        ),
        (
            "cn.owners.general",
            {"heads": 10, "area": 150_000, "part_heads": 7, "part_area": 120_000}
            | {"yes_heads": 6, "yes_area": 60_000},
            "REJECTED",
        ),
        # A hundred owners of equal area.
        (
            "cn.owners.special",
            {"heads": 100, "area": 1_000_000, "part_heads": 67, "part_area": 670_000}
            | {"yes_heads": 50, "yes_area": 500_000},
            "REJECTED",
        ),
        (
            "cn.owners.special",
            {"heads": 100, "area": 1_000_000, "part_heads": 67, "part_area": 670_000}
            | {"yes_heads": 51, "yes_area": 510_000},
            "PASSED",
        ),
        # A collective: two thirds of all members, not of those who came.
        ("cn.collective.members", {"roll": 90, "attend": 60, "yes": 60}, "PASSED"),
        ("cn.collective.members", {"roll": 90, "attend": 60, "yes": 59}, "REJECTED"),
        ("cn.collective.members", {"roll": 90, "attend": 59, "yes": 59}, "NO_QUORUM"),
        # 66.67 % of 300 is 200.01: two hundred meet two thirds all the same.
        ("cn.village.reps", {"roll": 300, "attend": 200, "yes": 101}, "PASSED"),
        ("cn.village.reps", {"roll": 300, "attend": 199, "yes": 101}, "NO_QUORUM"),
        # The same 350 households: a village needs 234, a city community 176.
        ("cn.village.assembly.household", {"roll": 350, "attend": 176, "yes": 89}, "NO_QUORUM"),
        ("cn.residents.assembly", {"roll": 350, "attend": 176, "yes": 89}, "PASSED"),
        # The profiles of which the vectors hold no case, at their edges.
        ("cn.village.group.person", {"roll": 60, "attend": 40, "yes": 21}, "PASSED"),
        ("cn.village.group.person", {"roll": 60, "attend": 39, "yes": 39}, "NO_QUORUM"),
        ("cn.village.group.person", {"roll": 60, "attend": 40, "yes": 20}, "REJECTED"),
        ("cn.residents.reps", {"roll": 45, "attend": 30, "yes": 16}, "PASSED"),
        ("cn.residents.reps", {"roll": 45, "attend": 30, "yes": 15}, "REJECTED"),
        ("cn.residents.reps", {"roll": 45, "attend": 29, "yes": 29}, "NO_QUORUM"),
        ("cn.owners.279", {"interested": 12, "yes": 11}, "REJECTED"),
        ("cn.owners.279", {"interested": 0, "yes": 0}, "REJECTED"),
        ("cn.collective.reps", {"roll": 31, "yes": 20}, "REJECTED"),
        ("cn.collective.nonmember15", {"roll": 603, "yes": 452}, "REJECTED"),
        ("cn.residents.election.reps", {"roll": 42, "voted": 29, "yes": 15}, "PASSED"),
        ("cn.residents.election.reps", {"registered": 42, "voted": 29, "yes": 14}, "REJECTED"),
        ("cn.village.recall", {"registered": 900, "voted": 451, "yes": 226}, "PASSED"),
        ("cn.village.recall", {"registered": 900, "voted": 451, "yes": 225}, "REJECTED"),
        ("cn.village.recall", {"registered": 900, "voted": 450, "yes": 450}, "NO_QUORUM"),
        # A poll decides nothing, however many agree.
        ("opinion.poll", {"roll": 10, "attend": 10, "yes": 10}, "OPINION"),
        ("opinion.poll", {}, "OPINION"),
    ],
)
def test_tally_decides_the_worked_examples(profile_id, numbers, expected):
    assert outcome(profile_id, **numbers) == expected


def test_tally_owner_roll_of_the_interpretation_needs_what_it_says():
    numbers = {"heads": 478, "area": 4_825_037, "part_heads": 319, "part_area": 3_300_001}
    numbers |= {"yes_heads": 0, "yes_area": 0}

    general = tally(find_profile("cn.owners.general"), numbers).checks
    special = tally(find_profile("cn.owners.special"), numbers).checks

    assert [check.need for check in general] == [319, 3_216_692, 160, 1_650_001]
    assert [check.need for check in special] == [319, 3_216_692, 240, 2_475_001]


def test_tally_zero_denominator_fails_even_where_nothing_is_needed():
    result = tally(find_profile("cn.owners.general"), dict.fromkeys(NUMBERS_OF_OWNERS, 0))

    assert result.outcome == "NO_QUORUM"
    assert [(check.need, check.ok) for check in result.checks] == [
        (0, False),
        (0, False),
        (1, False),
        (1, False),
    ]


NUMBERS_OF_OWNERS = ("heads", "area", "part_heads", "part_area", "yes_heads", "yes_area")


@pytest.mark.parametrize(
    ("numbers", "trouble", "words"),
    [
        ({"roll": 10, "attend": 6}, NumberMissing, "少一个数：yes。"),
        ({"roll": 10, "attend": 6, "yes": 4, "yess": 4}, NumberUnknown, "不认识的数：yess。"),
        ({"roll": 10, "attend": 6, "yes": -1}, NotACount, "yes 要写成不小于零的整数，不能是 -1。"),
        ({"roll": 10, "attend": 6.0, "yes": 4}, NotACount, "不能是 6.0。"),
        ({"roll": 10, "attend": True, "yes": 1}, NotACount, "不能是 True。"),
        ({"roll": "10", "attend": 6, "yes": 4}, NotACount, "roll 要写成"),
        ({"roll": None, "attend": 6, "yes": 4}, NotACount, "不能是 None。"),
        ({"roll": float("nan"), "attend": 6, "yes": 4}, NotACount, "不能是 nan。"),
        ({"roll": 10, "attend": 11, "yes": 4}, PartAboveWhole, "attend 是 11，比 roll（10）还多"),
        ({"roll": 10, "attend": 6, "yes": 7}, PartAboveWhole, "yes 是 7，比 attend（6）还多"),
        (
            {"roll": 10, "attend": 6, "yes": 4, "no": 2, "abstain": 1},
            PartAboveWhole,
            "yes+no+abstain 是 7，比 attend（6）还多",
        ),
        (
            {"roll": 10, "attend": 6, "yes": 4, "no": 2, "invalid": 1},
            PartAboveWhole,
            "yes+no+invalid 是 7",
        ),
        (
            {"roll": 10, "attend": 6, "yes": 10**39},
            PartAboveWhole,
            f"yes 是 {10**39}，比 attend（6）还多",
        ),
        (
            {"roll": 10, "attend": 6, "yes": 10**40},
            PartAboveWhole,
            f"yes 是 {10**39}…，比 attend（6）还多",
        ),
        (
            {"roll": 10, "attend": 6, "yes": 10**5000},
            PartAboveWhole,
            "yes 是 这么长的数，比 attend（6）还多",
        ),
    ],
)
def test_tally_refuses_impossible_numbers(numbers, trouble, words):
    with pytest.raises(trouble) as refusal:
        outcome("cn.village.assembly.person", **numbers)

    assert words in str(refusal.value)


def test_tally_takes_all_who_came_to_have_answered_at_most_once():
    fits = {"roll": 10, "attend": 6, "yes": 4, "no": 1, "abstain": 1, "invalid": 0}

    assert outcome("cn.village.assembly.person", **fits) == "PASSED"


@pytest.mark.parametrize("suffix", ["heads", "area"])
def test_tally_refuses_owners_parts_above_their_whole(suffix):
    good = {"heads": 9, "area": 900, "part_heads": 6, "part_area": 600}
    good |= {"yes_heads": 4, "yes_area": 400}

    assert outcome("cn.owners.general", **good) == "PASSED"
    for bad in ({f"part_{suffix}": 901}, {f"yes_{suffix}": 601}, {f"no_{suffix}": 201}):
        with pytest.raises(PartAboveWhole):
            outcome("cn.owners.general", **(good | bad))


def test_tally_refuses_more_consents_than_members_where_nobody_counts_attendance():
    with pytest.raises(PartAboveWhole):
        outcome("cn.collective.nonmember15", roll=603, yes=604)
    with pytest.raises(PartAboveWhole):
        outcome("cn.owners.279", interested=3, yes=4)
    with pytest.raises(PartAboveWhole):
        outcome("cn.village.election", registered=900, voted=901, yes=1)
    with pytest.raises(PartAboveWhole):
        outcome("cn.village.election", registered=900, voted=500, yes=501)


def test_tally_refuses_the_same_number_under_two_names():
    with pytest.raises(NumberTwice) as refusal:
        outcome("cn.residents.election.reps", roll=42, registered=42, voted=29, yes=15)

    assert str(refusal.value) == "registered 和 roll 是同一个数，只能写一个。"


@given(base=st.integers(0, 10**12), top=st.integers(1, 60), over=st.integers(0, 60))
def test_number_needed_is_the_smallest_that_will_do(base, top, over):
    share = Fraction(top, top + over) * base
    inclusive = number_needed(">=", numerator=top, denominator=top + over, base=base)
    strict = number_needed(">", numerator=top, denominator=top + over, base=base)

    assert inclusive >= share > inclusive - 1
    assert strict > share >= strict - 1


def test_tally_names_the_profile_and_version_it_followed():
    profile = replace(find_profile("cn.owners.279"), version=7, effective_until=date(2030, 1, 1))

    result = tally(profile, {"interested": 2, "yes": 2})

    assert (result.profile_id, result.profile_version) == ("cn.owners.279", 7)
