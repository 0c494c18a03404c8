"""A community may ask for more than the law, never for less."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.profiles import Period, ProxyRule, Requirement, find_profile
from deliberation.tally import tally
from deliberation.tightening import NotStricter, Stricter, tighten

PERSON = find_profile("cn.village.assembly.person")
OWNERS = find_profile("cn.owners.general")
RULES = "村民会议议事规则第五条"


def demand(stage, lhs, op, ratio, rhs):
    top, bottom = map(int, ratio.split("/"))
    return Requirement(stage, lhs, op, top, bottom, rhs, RULES)


def tightened(profile=PERSON, *demands, **more):
    return tighten(profile, Stricter(RULES, demands, **more))


@pytest.mark.parametrize(
    "stricter",
    [
        demand("approve", "yes", ">=", "2/3", "attend"),
        demand("approve", "yes", ">", "1/2", "roll"),
        demand("approve", "yes", ">", "2/4", "attend"),
        demand("approve", "yes", ">=", "1/1", "attend"),
    ],
)
def test_tighten_takes_what_asks_for_more(stricter):
    profile = tightened(PERSON, stricter)

    assert profile.requirements == (PERSON.requirements[0], stricter)
    assert profile.notes == (f"本社区加严，依据：{RULES}",)
    assert (profile.id, profile.effective_from) == (PERSON.id, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("looser", "words"),
    [
        (demand("approve", "yes", ">=", "1/2", "attend"), "法律要求超过 1/2，不能改成不少于 1/2"),
        (demand("approve", "yes", ">", "1/3", "attend"), "法律要求超过 1/2，不能改成超过 1/3"),
        (demand("quorum", "attend", ">=", "1/2", "roll"), "attend 法律要求超过 1/2"),
        (demand("approve", "yes", ">", "2/3", "yes"), "yes 不能改成和 yes 比"),
        (demand("approve", "yes", ">", "1/1", "attend"), "更严：没有人能超过全部。"),
        (demand("approve", "yes", ">=", "3/2", "attend"), "比例 3/2 不在零和一之间"),
        (demand("approve", "yes", ">=", "0/2", "attend"), "比例 0/2 不在零和一之间"),
        (demand("approve", "cheers", ">=", "1/2", "attend"), "不认识 cheers 或 attend"),
        (demand("approve", "yes", ">=", "1/2", "guests"), "不认识 yes 或 guests"),
    ],
)
def test_tighten_refuses_what_asks_for_less(looser, words):
    with pytest.raises(NotStricter) as refusal:
        tightened(PERSON, looser)

    assert str(refusal.value).startswith("本社区的规定只能比法律更严：")
    assert words in str(refusal.value)


def test_tighten_refuses_a_narrower_denominator():
    members = find_profile("cn.collective.members")

    with pytest.raises(NotStricter, match="yes 不能改成和 attend 比"):
        tightened(members, demand("approve", "yes", ">=", "1/1", "attend"))


def test_tighten_lets_a_charter_add_a_quorum():
    reps = find_profile("cn.collective.reps")
    quorum = demand("quorum", "attend", ">=", "2/3", "roll")

    profile = tightened(reps, quorum)

    assert profile.requirements == (quorum, reps.requirements[0])
    assert tally(profile, {"roll": 30, "attend": 19, "yes": 19}).outcome == "NO_QUORUM"
    assert tally(profile, {"roll": 30, "attend": 20, "yes": 20}).outcome == "PASSED"


def test_tighten_changes_one_of_the_owners_measures_alone():
    stricter = demand("approve", "yes_area", ">=", "2/3", "part_area")

    profile = tightened(OWNERS, stricter)

    assert profile.requirements == (*OWNERS.requirements[:3], stricter)
    with pytest.raises(NotStricter):
        tightened(OWNERS, demand("approve", "yes_area", ">=", "2/3", "part_heads"))


def test_tighten_lengthens_periods_only():
    profile = tightened(notice_days=14, publication_days=30)
    assert profile.notice == replace(PERSON.notice, days=14)
    assert profile.publication.days == 30
    assert tightened(notice_days=10, publication_days=15).notice == PERSON.notice
    added = tightened(find_profile("cn.village.reps"), notice_days=1).notice
    assert added == Period(1, article=RULES)

    with pytest.raises(NotStricter, match="通知不能少于 10 日"):
        tightened(notice_days=9)
    with pytest.raises(NotStricter, match="公示不能少于 15 日"):
        tightened(publication_days=14)
    with pytest.raises(NotStricter, match="通知不能少于 1 日"):
        tightened(find_profile("cn.village.reps"), notice_days=0)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (ProxyRule("elector", 3), True),
        (ProxyRule("elector", 1), True),
        (ProxyRule("household", 2), True),
        (ProxyRule("none", 0), True),
        (ProxyRule("elector", 4), False),
        (ProxyRule("elector", None), False),
    ],
)
def test_tighten_narrows_proxies_only(rule, allowed):
    if allowed:
        assert tightened(OWNERS, proxy=rule).proxy == rule
    else:
        with pytest.raises(NotStricter, match="一人受托不能多于 3 份"):
            tightened(OWNERS, proxy=rule)
    with pytest.raises(NotStricter, match="更严：不能让更多的人接受委托。"):
        tightened(PERSON, proxy=ProxyRule("household"))


def test_tighten_leaves_elections_to_the_law():
    with pytest.raises(NotStricter, match="只按法律核算"):
        tightened(find_profile("cn.village.election"))


@given(
    base=st.sampled_from([PERSON, OWNERS, find_profile("cn.collective.members")]),
    which=st.integers(0, 3),
    op=st.sampled_from([">", ">="]),
    top=st.integers(1, 12),
    bottom=st.integers(1, 12),
    widen=st.booleans(),
    counts=st.lists(st.integers(0, 30), min_size=6, max_size=6),
)
def test_tightened_rule_never_passes_what_the_law_rejects(
    base, which, op, top, bottom, widen, counts
):
    law = base.requirements[which % len(base.requirements)]
    wider = {"attend": "roll", "part_heads": "heads", "part_area": "area"}
    rhs = wider.get(law.rhs, law.rhs) if widen else law.rhs
    try:
        profile = tightened(base, Requirement(law.stage, law.lhs, op, top, bottom, rhs, RULES))
    except NotStricter:
        return
    ordered = sorted(counts, reverse=True)
    places = {"heads": 0, "area": 1, "part_heads": 2, "part_area": 3, "yes_heads": 4, "yes_area": 5}
    places |= {"roll": 0, "attend": 2, "yes": 4}
    numbers = {name: ordered[places[name]] for name in base.numbers}

    assert tally(profile, numbers).outcome != "PASSED" or tally(base, numbers).outcome == "PASSED"
