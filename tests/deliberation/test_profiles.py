"""Profiles as data: what ships, which version answers, and what a wrong file is told."""

from datetime import date

import pytest

from deliberation.profile_list import profile_list
from deliberation.profiles import (
    PROFILE_FOLDER,
    Period,
    ProfileDamaged,
    ProfileNotForPlace,
    ProfileNotInForce,
    ProxyRule,
    RollRule,
    UnknownProfile,
    find_profile,
    read_profile,
    read_profiles,
    shipped_profiles,
)

LAW_PAGE = {
    "cn.village.assembly.person": ["attend>1/2 roll", "yes>1/2 attend"],
    "cn.village.assembly.household": ["attend>=2/3 roll", "yes>1/2 attend"],
    "cn.village.reps": ["attend>=2/3 roll", "yes>1/2 attend"],
    "cn.village.group.person": ["attend>=2/3 roll", "yes>1/2 attend"],
    "cn.village.group.household": ["attend>=2/3 roll", "yes>1/2 attend"],
    "cn.residents.assembly": ["attend>1/2 roll", "yes>1/2 attend"],
    "cn.residents.reps": ["attend>=2/3 roll", "yes>1/2 attend"],
    "cn.owners.general": [
        "part_heads>=2/3 heads",
        "part_area>=2/3 area",
        "yes_heads>1/2 part_heads",
        "yes_area>1/2 part_area",
    ],
    "cn.owners.special": [
        "part_heads>=2/3 heads",
        "part_area>=2/3 area",
        "yes_heads>=3/4 part_heads",
        "yes_area>=3/4 part_area",
    ],
    "cn.owners.279": ["yes>=1/1 interested"],
    "cn.collective.members": ["attend>=2/3 roll", "yes>=2/3 roll"],
    "cn.collective.reps": ["yes>=2/3 roll"],
    "cn.collective.nonmember15": ["yes>=3/4 roll"],
    "opinion.poll": [],
    "cn.village.election": ["voted>1/2 registered", "yes>1/2 voted"],
    "cn.residents.election.reps": ["voted>2/3 roll", "yes>1/2 voted"],
    "cn.village.recall": ["voted>1/2 registered", "yes>1/2 voted"],
}
SMALL = """
id = "x.small"
version = 1
title = "小规则"
unit = "person"
effect = "binding"
effective_from = 2026-01-01

[publication]
days = 15

[[requirement]]
stage = "quorum"
lhs = "attend"
op = ">"
ratio = "1/2"
rhs = "roll"
article = "某法第一条"
"""


def test_shipped_profiles_are_those_of_the_law_page():
    written = {
        profile.id: [f"{r.lhs}{r.op}{r.ratio} {r.rhs}" for r in profile.requirements]
        for profile in shipped_profiles()
        if not profile.place
    }

    assert written == LAW_PAGE


def test_shipped_profiles_name_their_source_article_and_dates():
    for profile in shipped_profiles():
        if profile.effect == "opinion":
            continue
        assert profile.law
        assert profile.edition
        assert profile.effective_from
        assert all(requirement.article.endswith("条") for requirement in profile.requirements)
        assert all(requirement.words for requirement in profile.requirements)
        assert {
            requirement.article.split("第")[1][:-1] for requirement in profile.requirements
        } <= {article[1:-1] for article in profile.articles}


def test_elections_are_recorded_from_paper_only():
    recorded = {profile.id for profile in shipped_profiles() if profile.effect == "paper_only"}

    assert recorded == {"cn.village.election", "cn.residents.election.reps", "cn.village.recall"}


def test_profile_fields_hold_the_numbers_of_the_law():
    village = find_profile("cn.village.assembly.person")
    assert village.roll == RollRule(age_min=18, age_counts_from="birthday")
    assert (village.notice.days, village.notice.special) == (10, True)
    assert village.publication == Period(15, article="村民委员会组织法第三十五条")
    assert village.proxy.holder == "none"

    assert find_profile("cn.village.election").proxy.held_max == 3
    assert find_profile("cn.residents.election.reps").proxy.holder == "none"
    assert find_profile("cn.collective.members").proxy.holder == "household"
    assert find_profile("cn.collective.members").notice.special is False
    assert find_profile("cn.owners.general").notice.days == 15


def test_find_profile_refuses_days_outside_its_law():
    assert find_profile("cn.village.reps", on=date(2026, 1, 1)).version == 1

    with pytest.raises(ProfileNotInForce) as refusal:
        find_profile("cn.village.reps", on=date(2025, 12, 31))
    assert str(refusal.value) == ("表决规则“cn.village.reps”在2025-12-31不适用：自2026-01-01起。")


def test_find_profile_refuses_an_unknown_id():
    with pytest.raises(UnknownProfile) as refusal:
        find_profile("cn.village")
    assert str(refusal.value) == "没有叫“cn.village”的表决规则。"


def versions():
    ended = SMALL.replace("[publication]", "effective_until = 2027-06-30\n\n[publication]", 1)
    newer = SMALL.replace("version = 1", "version = 2").replace("2026-01-01", "2027-07-01")
    local = SMALL.replace("version = 1", 'version = 1\nplace = "江苏省"')
    return tuple(read_profile(text, name="x") for text in (ended, newer, local))


def test_find_profile_answers_with_the_version_of_the_day_and_the_nearest_place():
    known = versions()
    nationwide, newer, local = known

    def found(**asked):
        return find_profile("x.small", among=known, **asked)

    assert found(on=date(2026, 1, 1)) == nationwide
    assert found(on=date(2027, 6, 30)) == nationwide
    assert found(on=date(2027, 7, 1)) == newer
    assert found() == newer
    assert found(place="江苏省南京市") == local
    assert found(place="浙江省", on=date(2026, 5, 1)) == nationwide

    with pytest.raises(ProfileNotInForce) as refusal:
        found(on=date(2020, 1, 1))
    assert str(refusal.value).endswith("：自2026-01-01起至2027-06-30止；自2027-07-01起。")
    with pytest.raises(ProfileNotForPlace) as refusal:
        find_profile("x.small", place="浙江省", among=(local,))
    assert str(refusal.value) == "表决规则“x.small”不适用于“浙江省”。"


def test_find_profile_says_when_a_profile_has_ended():
    ended = read_profile(
        SMALL.replace("effective_from = 2026-01-01", "effective_until = 2020-12-31"), name="x"
    )

    assert find_profile("x.small", on=date(2020, 12, 31), among=(ended,)) == ended
    with pytest.raises(ProfileNotInForce, match="至2020-12-31止"):
        find_profile("x.small", on=date(2021, 1, 1), among=(ended,))


def test_read_profile_fills_what_is_not_said():
    profile = read_profile(SMALL, name="x")

    assert (profile.place, profile.law, profile.notes, profile.notice) == ("", "", (), None)
    assert profile.proxy == ProxyRule()
    assert profile.roll == RollRule(age_min=None)
    assert profile.numbers == ("roll", "attend")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version = 1", "version = ", "不是合格的 TOML"),
        ("version = 1", "version = true", "version 的写法不对"),
        ("version = 1", 'version = "1"', "version 的写法不对"),
        ("version = 1\n", "", "缺少 version"),
        ("version = 1", "version = 1\ncolour = 3", "不认识 colour"),
        ('unit = "person"', 'unit = "dog"', "unit 不能是 dog"),
        ('effect = "binding"', 'effect = "maybe"', "effect 不能是 maybe"),
        ('"1/2"', '"66.67%"', "比例要写成分数，不能是 66.67%"),
        ('"1/2"', '"0/2"', "比例要写成分数"),
        ('"1/2"', '"3/2"', "比例 3/2 大于一"),
        ('"1/2"', '"2/2"', "没有人能超过全部"),
        ('op = ">"', 'op = "<"', "op 不能是 <"),
        ('lhs = "attend"', 'lhs = "guests"', "lhs 不能是 guests"),
        ('rhs = "roll"', 'rhs = "guests"', "rhs 不能是 guests"),
        ('stage = "quorum"', 'stage = "later"', "stage 不能是 later"),
        ('article = "某法第一条"', "", "要求里缺少 article"),
        ("days = 15", "days = 0", "天数要大于零"),
        ("[publication]", "[proxy]\nholder = 'dog'\n[publication]", "holder 不能是 dog"),
        ("[publication]", "[roll]\nage_counts_from = 'moon'\n[publication]", "age_counts_from"),
    ],
)
def test_read_profile_names_what_is_wrong(old, new, problem):
    assert old in SMALL

    with pytest.raises(ProfileDamaged) as refusal:
        read_profile(SMALL.replace(old, new, 1), name="小规则.toml")

    assert str(refusal.value).startswith("表决规则文件“小规则.toml”写得不对：")
    assert problem in str(refusal.value)


def test_read_profile_refuses_a_binding_rule_that_asks_for_nothing():
    bare = SMALL.partition("[[requirement]]")[0]

    with pytest.raises(ProfileDamaged, match="没有写任何一条要求"):
        read_profile(bare, name="x")
    poll = read_profile(bare.replace('"binding"', '"opinion"'), name="x")
    assert poll.requirements == ()


@pytest.mark.parametrize(
    ("second", "overlap"),
    [
        ("version = 2", True),
        ('version = 1\nplace = "江苏省"', False),
    ],
)
def test_read_profiles_refuses_two_versions_for_the_same_day(tmp_path, second, overlap):
    (tmp_path / "a.toml").write_text(SMALL, "utf-8")
    (tmp_path / "b.toml").write_text(SMALL.replace("version = 1", second), "utf-8")

    if overlap:
        with pytest.raises(ProfileDamaged, match="生效日期重叠"):
            read_profiles(tmp_path)
    else:
        assert len(read_profiles(tmp_path)) == 2


def test_read_profiles_takes_versions_that_follow_each_other(tmp_path):
    first = SMALL.replace("[publication]", "effective_until = 2026-12-31\n[publication]", 1)
    second = SMALL.replace("version = 1", "version = 2").replace("2026-01-01", "2027-01-01")
    (tmp_path / "a.toml").write_text(first, "utf-8")
    (tmp_path / "b.toml").write_text(second, "utf-8")

    assert [profile.version for profile in read_profiles(tmp_path)] == [1, 2]

    (tmp_path / "a.toml").write_text(first.replace("2026-12-31", "2027-01-01"), "utf-8")
    with pytest.raises(ProfileDamaged, match="生效日期重叠"):
        read_profiles(tmp_path)


def test_profile_files_are_named_after_their_profiles():
    assert {file.stem for file in PROFILE_FOLDER.glob("*.toml")} >= set(LAW_PAGE)


def test_profile_page_in_the_docs_is_up_to_date():
    page = PROFILE_FOLDER.parents[1] / "docs/reference/decision-profiles.md"

    assert page.read_text("utf-8") == profile_list()
