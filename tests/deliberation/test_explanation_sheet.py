"""The sheet a villager reads: its sums, its verdicts, and what it says about staying away."""

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import html

from deliberation.explanation_sheet import (
    amount,
    as_html,
    as_text,
    explanation_sheet,
    needs_attendance_basis,
    ratio_words,
)
from deliberation.no_show import no_show_words
from deliberation.profiles import Requirement, find_profile, shipped_profiles
from deliberation.tally import PartAboveWhole, tally

PERSON = find_profile("cn.village.assembly.person")
OWNERS = find_profile("cn.owners.general")
MEETING = "2026年3月13日在村部开会"
OPINION = "意见征集结果，不具表决效力（没有写明凭什么算“到会”）；"


def sheet(profile, basis=MEETING, **numbers):
    return explanation_sheet(profile, numbers, question="修订第七条", attendance_basis=basis)


def test_sheet_as_text_can_be_followed_line_by_line():
    text = as_text(sheet(PERSON, roll=1200, attend=601, yes=300, no=250, abstain=51))

    assert (
        text
        == """计票说明书

表决事项：修订第七条
按什么规则：村民会议（按人）（cn.village.assembly.person，第 1 版）
规则来源：中华人民共和国村民委员会组织法（2025年10月28日第二次修正，2026年1月1日起施行）

一、数字
  应到：1,200 人
  到会：601 人
  赞成：300 人
  反对：250 人
  弃权：51 人

二、参加的够不够（到会）
  规定：应当有本村十八周岁以上村民的过半数参加（村民委员会组织法第二十六条）
  怎么算：应到 1,200 人，它的一半正好是 600 人；要比它多，至少 601 人。
  需要 601 人，实有 601 人：✓ 够了

三、赞成的够不够（赞成）
  规定：所作决定应当经到会人员的过半数通过（村民委员会组织法第二十六条）
  怎么算：到会 601 人，它的一半是 300 人多一点；要比它多，至少 301 人。
  需要 301 人，实有 300 人：✗ 不够，差 1 人

结果：没有通过。

说明
  凭什么算到会：2026年3月13日在村部开会。

来与不来
  不赞成的人，来和不来效果不一样：来了，参加的数就大一些，赞成要够的数也可能大一些。
  所以不论赞成还是反对，都请来投票；弃权和废票算参加，不算赞成。

本说明书只写怎么算的，不代替法律意见。
"""
    )


def test_sheet_of_owners_shows_areas_to_the_hundredth():
    numbers = {"heads": 478, "area": 4_825_037, "part_heads": 319, "part_area": 3_300_001}
    numbers |= {"yes_heads": 200, "yes_area": 1_650_000}

    lines = sheet(OWNERS, **numbers).lines

    assert [(line.need, line.got, line.verdict) for line in lines] == [
        ("319 人", "319 人", "够了"),
        ("32,166.92 平方米", "33,000.01 平方米", "够了"),
        ("160 人", "200 人", "够了"),
        ("16,500.01 平方米", "16,500.00 平方米", "不够，差 0.01 平方米"),
    ]
    assert lines[1].sum == (
        "专有部分总面积 48,250.37 平方米，它的三分之二是 32,166.91 平方米多一点；"
        "不能比它少，至少 32,166.92 平方米。"
    )


@pytest.mark.parametrize(
    ("profile_id", "numbers", "words"),
    [
        ("cn.collective.members", {"roll": 90, "attend": 60, "yes": 60}, "含本数，够 60 人就行"),
        ("cn.owners.279", {"interested": 3, "yes": 2}, "3 人，要全部都有，少一个也不行"),
        ("cn.village.reps", {"roll": 0, "attend": 0, "yes": 0}, "没有可以比的数，不能算够"),
        ("cn.village.assembly.household", {"roll": 3, "attend": 2, "yes": 2}, "够 2 户就行"),
    ],
)
def test_sheet_explains_each_way_of_comparing(profile_id, numbers, words):
    assert words in sheet(find_profile(profile_id), **numbers).lines[0].sum


def test_sheet_says_no_share_missing_where_there_is_nothing_to_compare():
    assert sheet(PERSON, roll=0, attend=0, yes=0).lines[0].verdict == "不够"


@pytest.mark.parametrize(
    ("profile_id", "basis", "numbers", "result"),
    [
        ("cn.village.reps", MEETING, (3, 2, 2), "通过"),
        ("cn.village.reps", MEETING, (3, 1, 1), "参加的不够数，这次不算"),
        ("cn.village.reps", "", (3, 2, 2), OPINION + "赞成的够数"),
        ("cn.village.reps", "", (3, 2, 1), OPINION + "赞成的不够数"),
        ("cn.village.reps", "", (3, 1, 1), OPINION + "参加的不够数"),
        ("cn.collective.reps", "", (3, None, 2), "通过"),
        ("opinion.poll", MEETING, (3, 3, 3), "意见征询，不具表决效力"),
        ("cn.village.recall", "", (3, 2, 2), "按登记的纸质计票结果核算：通过"),
        ("cn.village.election", "", (3, 2, 2), "按登记的纸质计票结果核算：当选"),
        ("cn.village.election", "", (3, 2, 1), "按登记的纸质计票结果核算：没有当选"),
    ],
)  # fmt: skip
def test_sheet_calls_the_result_by_its_name(profile_id, basis, numbers, result):
    profile = find_profile(profile_id)
    names = profile.numbers or ("roll", "attend", "yes")
    given_numbers = dict(zip(names, [n for n in numbers if n is not None], strict=True))

    assert sheet(profile, basis, **given_numbers).result == result


def test_sheet_never_says_passed_without_a_basis_for_attendance():
    needing = {profile.id for profile in shipped_profiles() if needs_attendance_basis(profile)}

    assert needing == {
        "cn.village.assembly.person",
        "cn.village.assembly.household",
        "cn.village.reps",
        "cn.village.group.person",
        "cn.village.group.household",
        "cn.residents.assembly",
        "cn.residents.reps",
        "cn.collective.members",
    }
    assert "通过" not in sheet(PERSON, "", roll=3, attend=3, yes=3).result


def test_sheet_mentions_suspended_ballots():
    reasons = explanation_sheet(
        PERSON, {"roll": 3, "attend": 3, "yes": 3}, question="x", suspended_count=2
    ).reasons

    assert reasons == ("有 2 张票先后或真意说不清，暂停计入：算参加，不算任何一边。",)


def test_sheet_refuses_impossible_numbers():
    with pytest.raises(PartAboveWhole):
        sheet(PERSON, roll=3, attend=4, yes=0)


def test_sheet_as_html_escapes_and_holds_the_same_words():
    wanted = explanation_sheet(OWNERS, dict.fromkeys(OWNERS.numbers, 300), question='<script>"x"&')

    page = html.fromstring(as_html(wanted))

    assert page.xpath("//script") == []
    assert page.xpath("//dd/text()")[0] == '<script>"x"&'
    cells = [cell.text_content() for cell in page.xpath("(//table)[2]//tbody/tr[2]/*")]
    assert cells == [
        "参加的够不够（参与表决的面积）",
        "专有部分面积占比三分之二以上的业主参与表决（民法典第二百七十八条）",
        wanted.lines[1].sum,
        "2.00 平方米",
        "3.00 平方米",
        "✓ 够了",
    ]
    assert page.xpath("string(//p[@class='result'])") == "结果：通过。"
    assert [item.text_content() for item in page.xpath("//ul[last()]/li")][-2:] == list(
        wanted.no_show
    )


def test_sheet_of_a_poll_has_no_comparisons():
    page = html.fromstring(as_html(sheet(find_profile("opinion.poll"), "")))

    assert page.xpath("//table") == []
    assert "没有" in as_text(sheet(find_profile("opinion.poll"), "")).split("一、数字")[1]


def test_sheet_survives_more_demands_than_fingers():
    many = replace(PERSON, requirements=PERSON.requirements * 6)

    assert "\n13、赞成的够不够" in as_text(sheet(many, roll=3, attend=3, yes=3))


@pytest.mark.parametrize(
    ("top", "bottom", "words"),
    [
        (1, 2, "一半"),
        (2, 3, "三分之二"),
        (3, 4, "四分之三"),
        (1, 10, "十分之一"),
        (2, 4, "四分之二"),
    ],
)
def test_ratio_words_are_spoken_ones(top, bottom, words):
    assert ratio_words(Requirement("quorum", "attend", ">", top, bottom, "roll", "x")) == words
    assert ratio_words(Requirement("quorum", "attend", ">", 11, 20, "roll", "x")) == (
        " 20 分之 11 "
    )


def test_amount_names_its_unit():
    household = find_profile("cn.village.assembly.household")

    assert amount(household, "roll", 1350) == "1,350 户"
    assert amount(OWNERS, "heads", 478) == "478 人"
    assert amount(OWNERS, "area", 5) == "0.05 平方米"


# Staying away ------------------------------------------------------------------------------------


def test_no_show_tells_that_an_opponent_who_comes_may_help():
    words = no_show_words(PERSON, tally(PERSON, {"roll": 1200, "attend": 600, "yes": 600}))

    assert words[1] == (
        "这一次：还差 1 人。要是再来 1 人，哪怕都不赞成，参加的 601 人，赞成 600 人，也会通过。"
    )


@pytest.mark.parametrize(
    ("profile_id", "numbers", "words"),
    [
        (
            "cn.village.assembly.person",
            {"roll": 1200, "attend": 599, "yes": 300},
            "这一次：还差 2 人。要是再来 2 人，哪怕都不赞成，"
            "参加的 601 人，赞成 300 人，还是通不过。",
        ),
        (
            "cn.village.assembly.person",
            {"roll": 1200, "attend": 599, "yes": 301},
            "这一次：还差 2 人。要是再来 2 人，哪怕都不赞成，"
            "参加的 601 人，赞成 301 人，也会通过。",
        ),
        (
            "cn.village.assembly.household",
            {"roll": 300, "attend": 202, "yes": 199},
            "这一次：没有投赞成的 3 户里，只要有 3 户不来，参加的就不够数，这次就不算。",
        ),
        (
            "cn.village.assembly.person",
            {"roll": 1200, "attend": 602, "yes": 301},
            "这一次：没有投赞成的 301 人里，要是有 1 人没有来，"
            "参加的 601 人，赞成 301 人就够数了。",
        ),
        (
            "cn.collective.reps",
            {"roll": 3, "yes": 2},
            "通过与否按全体来算：没有来的、来了没有表态的，都和没有赞成一样。",
        ),
    ],
)
def test_no_show_speaks_in_figures(profile_id, numbers, words):
    profile = find_profile(profile_id)

    assert words in no_show_words(profile, tally(profile, numbers))


@pytest.mark.parametrize(
    ("profile_id", "numbers", "count"),
    [
        ("cn.village.assembly.person", {"roll": 9, "attend": 9, "yes": 9}, 2),
        ("cn.village.assembly.person", {"roll": 0, "attend": 0, "yes": 0}, 2),
        ("cn.owners.general", dict.fromkeys(OWNERS.numbers, 9), 2),
        ("cn.owners.279", {"interested": 9, "yes": 9}, 1),
        ("cn.collective.members", {"roll": 9, "attend": 9, "yes": 9}, 1),
        ("opinion.poll", {}, 0),
        # Three said no, and all three may stay away: the quorum still holds.
        ("cn.village.assembly.household", {"roll": 300, "attend": 203, "yes": 200}, 2),
    ],
)
def test_no_show_speaks_only_where_it_applies(profile_id, numbers, count):
    profile = find_profile(profile_id)

    assert len(no_show_words(profile, tally(profile, numbers))) == count


def test_no_show_has_nothing_to_say_of_a_quorum_alone():
    poll = replace(find_profile("opinion.poll"), requirements=PERSON.requirements[:1])

    assert no_show_words(poll, tally(poll, {"roll": 9, "attend": 9})) == ()


ONE_MEASURE = [
    profile
    for profile in shipped_profiles()
    if len(profile.requirements) == 2 and profile.requirements[1].rhs in ("attend", "voted")
]


@given(
    profile=st.sampled_from(ONE_MEASURE),
    roll=st.integers(1, 40),
    attend=st.integers(0, 40),
    yes=st.integers(0, 40),
)
def test_no_show_figures_hold_when_reckoned_again(profile, roll, attend, yes):
    assume(yes <= attend <= roll)
    whole, present, _ = profile.numbers

    def reckon(came):
        return tally(profile, {whole: roll, present: came, "yes": yes}).outcome

    before = tally(profile, {whole: roll, present: attend, "yes": yes})
    figures = [word for word in no_show_words(profile, before) if word.startswith("这一次")]
    others = attend - yes
    if before.outcome == "NO_QUORUM":
        more = int(re.search(r"再来 (\d+) ", figures[0])[1])
        assert reckon(attend + more - 1) == "NO_QUORUM" if more > 1 else True
        assert reckon(attend + more) == ("PASSED" if "也会通过" in figures[0] else "REJECTED")
    elif before.outcome == "PASSED":
        breaking = [n for n in range(1, others + 1) if reckon(attend - n) == "NO_QUORUM"]
        said = [int(re.search(r"只要有 (\d+) ", word)[1]) for word in figures]
        assert said == breaking[:1]
    else:
        turning = [n for n in range(1, others + 1) if reckon(attend - n) == "PASSED"]
        said = [int(re.search(r"要是有 (\d+) ", word)[1]) for word in figures]
        assert said == turning[:1]
