"""The tally against two other ways to reckon, and what may move an outcome and what may not."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.profiles import Profile, find_profile, shipped_profiles
from deliberation.tally import tally

DECIDING = [profile for profile in shipped_profiles() if profile.requirements and not profile.place]
IDS = [profile.id for profile in DECIDING]
WHOLE = {"attend": "roll", "voted": "registered", "part_heads": "heads", "part_area": "area"}


def outcome(profile_id, **numbers):
    return tally(find_profile(profile_id), numbers).outcome


# A second way to reckon -------------------------------------------------------------------------


def oracle(profile: Profile, numbers) -> str:
    """The outcome by exact fractions, written without a look at the engine."""

    def met(requirement):
        if numbers[requirement.rhs] == 0:
            return False
        share = Fraction(numbers[requirement.lhs], numbers[requirement.rhs])
        limit = Fraction(requirement.ratio)
        return share > limit if requirement.op == ">" else share >= limit

    by_stage = {"quorum": True, "approve": True, "elected": True}
    for requirement in profile.requirements:
        by_stage[requirement.stage] &= met(requirement)
    if not by_stage["quorum"]:
        return "NO_QUORUM"
    return "PASSED" if by_stage["approve"] and by_stage["elected"] else "REJECTED"


def random_numbers(profile: Profile, dice: random.Random) -> dict[str, int]:
    """Possible numbers, every other time within two of the edge of one of the rules."""
    numbers: dict[str, int] = {}
    top = dice.choice((3, 12, 100, 5000, 10**7))
    for name in profile.numbers:
        limits = [
            numbers[rule.rhs]
            for rule in profile.requirements
            if rule.lhs == name and rule.rhs in numbers
        ]
        present = next((numbers[n] for n in WHOLE if n in numbers and n[-5:] == name[-5:]), None)
        most = min([*limits, *([numbers["attend"]] if "attend" in numbers else [])], default=top)
        if name.startswith("yes_") and present is not None:
            most = min(most, present)
        if limits and dice.random() < 0.5:
            rule = dice.choice([rule for rule in profile.requirements if rule.lhs == name])
            edge = rule.numerator * numbers[rule.rhs] // rule.denominator + dice.randint(-2, 2)
            numbers[name] = min(max(edge, 0), most)
        else:
            numbers[name] = dice.randint(0, most)
    return numbers


def compare_with_oracle(rounds: int) -> dict[str, int]:
    """How often each outcome was reached; fails at the first difference."""
    dice = random.Random(20260302)
    seen = {"PASSED": 0, "REJECTED": 0, "NO_QUORUM": 0}
    for turn in range(rounds):
        profile = DECIDING[turn % len(DECIDING)]
        numbers = random_numbers(profile, dice)
        result = tally(profile, numbers).outcome
        assert result == oracle(profile, numbers), (profile.id, numbers)
        seen[result] += 1
    return seen


def test_tally_agrees_with_fractions_on_random_votes():
    seen = compare_with_oracle(8_000)

    assert min(seen.values()) > 500


@pytest.mark.slow
def test_tally_agrees_with_fractions_on_a_million_random_votes():
    assert sum(compare_with_oracle(1_000_000).values()) == 1_000_000


# The law written out by hand, comparison by comparison, without a look at the profile files.
# Whole, present and yes; quorum; approval.
BY_HAND = {
    "cn.village.assembly.person": (
        lambda n, a, y: 2 * a > n,
        lambda n, a, y: 2 * y > a,
    ),
    "cn.village.assembly.household": (
        lambda n, a, y: 3 * a >= 2 * n,
        lambda n, a, y: 2 * y > a,
    ),
    "cn.village.reps": (lambda n, a, y: 3 * a >= 2 * n, lambda n, a, y: 2 * y > a),
    "cn.village.group.person": (lambda n, a, y: 3 * a >= 2 * n, lambda n, a, y: 2 * y > a),
    "cn.village.group.household": (lambda n, a, y: 3 * a >= 2 * n, lambda n, a, y: 2 * y > a),
    "cn.residents.assembly": (lambda n, a, y: 2 * a > n, lambda n, a, y: 2 * y > a),
    "cn.residents.reps": (lambda n, a, y: 3 * a >= 2 * n, lambda n, a, y: 2 * y > a),
    "cn.owners.general": (lambda n, a, y: 3 * a >= 2 * n, lambda n, a, y: 2 * y > a),
    "cn.owners.special": (lambda n, a, y: 3 * a >= 2 * n, lambda n, a, y: 4 * y >= 3 * a),
    "cn.owners.279": (lambda n, a, y: True, lambda n, a, y: y == n),
    "cn.collective.members": (
        lambda n, a, y: 3 * a >= 2 * n,
        lambda n, a, y: 3 * y >= 2 * n,
    ),
    "cn.collective.reps": (lambda n, a, y: True, lambda n, a, y: 3 * y >= 2 * n),
    "cn.collective.nonmember15": (lambda n, a, y: True, lambda n, a, y: 4 * y >= 3 * n),
    "cn.village.election": (lambda n, a, y: 2 * a > n, lambda n, a, y: 2 * y > a),
    "cn.residents.election.reps": (lambda n, a, y: 3 * a > 2 * n, lambda n, a, y: 2 * y > a),
    "cn.village.recall": (lambda n, a, y: 2 * a > n, lambda n, a, y: 2 * y > a),
}


def edges(whole):
    """Every number up to `whole` that lies within one of a half, two or three thirds, a quarter."""
    shares = {whole * top // bottom for top, bottom in ((1, 2), (2, 3), (3, 4), (1, 1))}
    around = {share + step for share in shares for step in (-1, 0, 1)}
    return sorted(number for number in around if 0 <= number <= whole)


def measures(profile):
    """The names of whole, present and yes, once for each measure of the profile."""
    wholes = ("roll", "registered", "interested", "heads", "area")
    presents = ("attend", "voted", "part_heads", "part_area")
    yes = ("yes", "yes_heads", "yes_area")
    found = [
        [name for name in names if name in profile.numbers] for names in (wholes, presents, yes)
    ]
    count = len(found[0])
    return [tuple(names[n] if names else None for names in found) for n in range(count)]


@pytest.mark.parametrize("profile", DECIDING, ids=IDS)
def test_every_profile_agrees_with_the_law_written_by_hand(profile):
    quorum, approval = BY_HAND[profile.id]
    tried, outcomes = 0, set()
    for n in (1, 2, 3, 4, 7, 12, 30, 99, 100, 301, 1200, 10**9 + 7):
        for a in edges(n):
            for y in edges(a):
                # Two measures: the one under test at the edge, the other with everybody for it.
                for under_test in measures(profile):
                    numbers = dict.fromkeys(profile.numbers, n)
                    places = zip(under_test, (n, a, y), strict=True)
                    numbers |= {name: number for name, number in places if name}
                    expected = "PASSED" if approval(n, a, y) else "REJECTED"
                    if not quorum(n, a, y):
                        expected = "NO_QUORUM"
                    assert tally(profile, numbers).outcome == expected, numbers
                    tried += 1
                    outcomes.add(expected)

    assert tried > 500
    assert outcomes >= {"PASSED", "REJECTED"}


# What may and what may not move an outcome -------------------------------------------------------


@given(profile=st.sampled_from(DECIDING), seed=st.integers(0, 2**32))
def test_one_more_yes_never_turns_passed_into_anything_else(profile, seed):
    numbers = random_numbers(profile, random.Random(seed))
    more = dict(numbers)
    for name in numbers:
        if name.startswith("yes"):
            limits = [numbers[rule.rhs] for rule in profile.requirements if rule.lhs == name]
            room = min([*limits, *([numbers["attend"]] if "attend" in numbers else [])])
            more[name] = min(numbers[name] + 1, room)

    before, after = tally(profile, numbers).outcome, tally(profile, more).outcome

    assert before != "PASSED" or after == "PASSED"
    assert (before == "NO_QUORUM") == (after == "NO_QUORUM")


@given(seed=st.integers(0, 2**32))
def test_one_more_attender_who_says_yes_never_turns_passed_into_anything_else(seed):
    profile = find_profile("cn.village.assembly.person")
    numbers = random_numbers(profile, random.Random(seed))
    more = numbers | {"attend": numbers["attend"] + 1, "yes": numbers["yes"] + 1}
    if more["attend"] > more["roll"]:
        more["attend"], more["yes"] = numbers["attend"], numbers["yes"]

    assert tally(profile, numbers).outcome != "PASSED" or tally(profile, more).outcome == "PASSED"


def test_an_opponent_who_comes_may_help_the_motion_through():
    """The no-show effect: 600 come and nothing passes; a 601st says no, and 600 of 601 pass."""
    assert outcome("cn.village.assembly.person", roll=1200, attend=600, yes=600) == "NO_QUORUM"
    assert outcome("cn.village.assembly.person", roll=1200, attend=601, yes=600) == "PASSED"


def test_one_more_attender_may_break_approval():
    assert outcome("cn.village.assembly.person", roll=1200, attend=601, yes=301) == "PASSED"
    assert outcome("cn.village.assembly.person", roll=1200, attend=602, yes=301) == "REJECTED"


@pytest.mark.parametrize("profile", DECIDING, ids=IDS)
def test_every_deciding_profile_turns_at_its_own_edges(profile):
    """From everybody saying yes down to the last number that will do, and one less."""
    everybody = dict.fromkeys(profile.numbers, 120)
    assert tally(profile, everybody).outcome == "PASSED"

    for check in tally(profile, everybody).checks:
        for got, expected in ((check.need, True), (check.need - 1, False)):
            numbers = everybody | {check.lhs: got}
            # Whoever did not come said nothing either.
            if check.lhs in WHOLE:
                yes = check.lhs.replace("part_", "yes_") if "_" in check.lhs else "yes"
                numbers[yes] = min(got, numbers[yes])
            found = next(
                other
                for other in tally(profile, numbers).checks
                if (other.stage, other.lhs, other.rhs) == (check.stage, check.lhs, check.rhs)
            )
            assert (found.ok, found.need) == (expected, check.need)
