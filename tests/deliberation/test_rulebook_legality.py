import time

import pytest

from deliberation.articles import Kind, Part, make_rulebook
from deliberation.legality import (
    BadLegalityRules,
    CommunityKind,
    Level,
    finding_fields,
    lint,
    lint_part,
    read_rules,
    report,
    shipped_rules,
)

RULES = shipped_rules()


def codes(text: str, kind: CommunityKind = CommunityKind.VILLAGE) -> list[str]:
    return [found.code for found in lint_part(Part("a", Kind.ARTICLE, text), kind)]


@pytest.mark.parametrize(
    ("code", "text"), [(rule.code, text) for rule in RULES.rules for text in rule.flags]
)
def test_bad_clause_is_found(code, text):
    assert code in codes(text)


@pytest.mark.parametrize("text", [text for rule in RULES.rules for text in rule.passes])
def test_good_clause_is_left_alone(text):
    assert codes(text) == []


# A whole rulebook as such texts are written; nothing in it is unlawful.
BLAMELESS = """爱党爱国，遵纪守法，诚实守信，邻里和睦。
每户每年参加清洁日不少于两次，因病因事不能参加的说明情况。
垃圾分类投放，建筑垃圾自行清运；乱倒的，由网格员劝导，并恢复原状。
红白喜事提前告诉红白理事会，提倡从简，酒席提倡不超过十五桌。
孝敬老人，关爱儿童，反对家庭暴力，尊重妇女，不得干涉老人再婚。
养犬要拴绳，烈性犬不得进入广场；伤人的依法赔偿。
不得占用消防通道，电动车不得进楼道充电。
偷盗、赌博、吸毒的，报公安机关依法处理。
村务每季度公开，公布集体收支、项目和村干部联系电话，公开期不少于十五日。
需要筹资的，由村民会议讨论决定，账目公开。
积分用于兑换日用品，评选文明家庭，不影响任何人依法享有的权利。
困难家庭由村委会帮助申请低保和救助。
外来人员登记居住信息，与村民一样爱护环境。
矛盾纠纷先协商、再调解，也可以依法仲裁、起诉。
节约用水用电，施工停水提前通知。
本规约由村民会议制定、修改和解释，报镇人民政府备案。"""


@pytest.mark.parametrize("text", BLAMELESS.split("\n"))
@pytest.mark.parametrize("kind", list(CommunityKind))
def test_ordinary_rulebook_raises_no_alarm(text, kind):
    assert codes(text, kind) == []


@pytest.mark.parametrize(
    "text",
    [
        "违者罚款。",
        "不得乱倒垃圾，违者罚款。",
        "不得乱倒垃圾的，罚款50元。",
        "不准乱停乱放者罚款。",
        "由村民小组罚款50元。",
    ],
)
def test_prohibition_of_something_else_does_not_excuse_the_fine(text):
    assert codes(text) == ["fine"]


def test_a_hostile_sentence_is_read_in_time():
    start = time.process_time()
    for text in ("罚款" * 9_999, "不得罚款" * 4_999, "不得乱" * 6_000, "（" * 19_999):
        codes(text)

    # A pattern that backtracks without end takes hours, not seconds.
    assert time.process_time() - start < 60


@pytest.mark.parametrize("text", ["不得罚款。", "严禁以任何名义罚款。", "村里不搞罚款。"])
def test_prohibition_of_the_fine_is_welcome(text):
    assert codes(text) == []


def test_finding_says_where_why_and_by_which_article():
    part = Part("a", Kind.ARTICLE, "爱护公物。乱倒垃圾的，罚款50元；罚款归村里。")

    found = list(lint_part(part, CommunityKind.VILLAGE))

    assert [(each.code, each.level, each.start, each.end, each.words) for each in found] == [
        ("fine", Level.STOP, 11, 13, "罚款"),
        ("fine", Level.STOP, 17, 19, "罚款"),
    ]
    assert part.text[found[0].start : found[0].end] == "罚款"
    assert [(each.law, each.article) for each in found[0].basis] == [
        ("村民委员会组织法", "第三十一条"),
        ("行政处罚法", "第十六条"),
        ("行政处罚法", "第十七条"),
    ]


def test_articles_of_other_communities_are_left_out():
    part = Part("a", Kind.ARTICLE, "欠费的业主不得参加投票。")

    def laws(kind):
        (found,) = lint_part(part, kind)
        return [(each.law, each.article) for each in found.basis]

    assert laws(CommunityKind.VILLAGE) == [
        ("村民委员会组织法", "第三十一条"),
        ("村民委员会组织法", "第十六条"),
    ]
    assert laws(CommunityKind.RESIDENTS) == [("城市居民委员会组织法", "第三十一条")]
    assert laws(CommunityKind.OWNERS) == [("民法典", "第二百八十条"), ("民法典", "第二百七十八条")]


def test_report_names_the_article_by_its_number():
    book = make_rulebook(
        id="x",
        title="村规",
        parts=(
            Part("c", Kind.CHAPTER, "总则"),
            Part("a1", Kind.ARTICLE, "爱护公物。"),
            Part("a2", Kind.ARTICLE, "三次不改的，列入黑榜。"),
        ),
    )

    found = lint(book, CommunityKind.RESIDENTS)

    assert report(book, found).startswith("第二条 “黑榜”——黑榜、曝光台，请核实。\n  理由：")
    assert "依据：《城市居民委员会组织法》第三十一条：" in report(book, found)
    assert finding_fields(book, found[0])["label"] == "第二条"
    assert finding_fields(book, found[0])["level"] == "ask"
    assert report(book, ()) == ""


def test_every_rule_has_words_for_people_and_examples():
    assert len({rule.code for rule in RULES.rules}) == len(RULES.rules)
    for rule in RULES.rules:
        assert rule.flags, rule.code
        assert len(rule.passes) >= 2 or rule.code == "schooling", rule.code
        assert rule.reason.endswith("。"), rule.code
        assert rule.advice.endswith("。"), rule.code
        assert {each.law for each in rule.basis} <= set(RULES.editions), rule.code
    assert {each.law for each in RULES.general.values()} <= set(RULES.editions)


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        "",
        "rule = 3",
        'checked_on = "x"\n[laws]\n[general.village]\nlaw = "x"\n[[rule]]\ncode = "x"',
    ],
)
def test_broken_rules_are_refused(text):
    with pytest.raises(BadLegalityRules, match="合法性规则文件有错"):
        read_rules(text)


def test_wrong_pattern_and_wrong_level_are_refused():
    text = """
checked_on = "x"
laws = {}
[general]
village = { law = "a", article = "b", words = "c" }
residents = { law = "a", article = "b", words = "c" }
owners = { law = "a", article = "b", words = "c" }
[[rule]]
code = "x"
title = "x"
level = "LEVEL"
patterns = ['PATTERN']
reason = "r"
advice = "a"
basis = []
flags = []
passes = []
"""
    good = text.replace("LEVEL", "stop").replace("PATTERN", "x")

    assert [rule.code for rule in read_rules(good).rules] == ["x"]
    with pytest.raises(BadLegalityRules):
        read_rules(text.replace("LEVEL", "maybe"))
    with pytest.raises(BadLegalityRules):
        read_rules(good.replace("'x'", "'('"))
    with pytest.raises(BadLegalityRules):
        read_rules(good.replace("['x']", "'x'"))
