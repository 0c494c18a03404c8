import pytest

from deliberation.articles import Kind, Part, make_rulebook
from deliberation.conflicts import Clash, Conflict, conflicts, explain
from deliberation.consolidation import consolidate
from deliberation.figures import contradictions, figures
from deliberation.operations import Delete, Insert, Move, Replace
from tests.deliberation.rulebook_samples import GARDEN, amendment, swap

A2 = "红白喜事从简。\n提倡不收礼金。"
A4 = "本规约由村民会议解释。"


def new(id: str, text: str = "爱鸟护鸟。") -> Part:
    return Part(id, Kind.ARTICLE, text)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        # the same words, overlapping words, touching words, two insertions at one point
        (swap("a2", "从简", "简办"), swap("a2", "从简", "新办"), (Clash.OVERLAP, "a2")),
        (swap("a2", "喜事从", "事"), swap("a2", "从简", "新办"), (Clash.OVERLAP, "a2")),
        (swap("a2", "喜事", "事"), swap("a2", "从简", "新办"), (Clash.OVERLAP, "a2")),
        (Replace("a2", 4, "", "要"), Replace("a2", 4, "", "应"), (Clash.OVERLAP, "a2")),
        (Replace("a2", 4, "", "要"), swap("a2", "从简", "新办"), (Clash.OVERLAP, "a2")),
        (Replace("a2", 0, "", "凡"), swap("a2", "红", "黑"), (Clash.OVERLAP, "a2")),
        (Replace("a2", 0, "", "凡"), swap("a2", "白", "黑"), None),
        # one character apart is apart
        (swap("a2", "红", "黑"), swap("a2", "喜事", "事"), None),
        (swap("a1", "爱护", "爱惜"), swap("a2", "从简", "新办"), None),
        # deleting against everything
        (Delete("a2", A2), swap("a2", "从简", "新办"), (Clash.DELETED, "a2")),
        (Delete("a2", A2), Move("a2", "a4"), (Clash.DELETED, "a2")),
        (Delete("a2", A2), Insert("a2", new("n1")), (Clash.DELETED, "a2")),
        (Delete("a2", A2), Move("a4", "a2"), (Clash.DELETED, "a2")),
        (Delete("a2", A2), swap("a3", "5", "2"), None),
        (Delete("a2", A2), Insert("a1", new("n1")), None),
        # moving against everything
        (Move("a2", "a4"), swap("a2", "从简", "新办"), (Clash.MOVED, "a2")),
        (Move("a2", "a4"), Move("a2", "c1"), (Clash.MOVED, "a2")),
        (Move("a2", "a4"), Insert("a2", new("n1")), (Clash.MOVED, "a2")),
        (Move("a2", "a3"), Move("a3", "a2"), (Clash.MOVED, "a2")),
        (Move("a2", "a4"), swap("a3", "5", "2"), None),
        # one place
        (Insert("a1", new("n1")), Insert("a1", new("n2")), (Clash.PLACE, "a1")),
        (Insert("a1", new("n1")), Move("a4", "a1"), (Clash.PLACE, "a1")),
        (Insert("a1", new("n1")), Insert("a2", new("n2")), None),
        # one identity for two things
        (Insert("a1", new("n1")), Insert("a2", new("n1")), (Clash.IDENTITY, "n1")),
        # numbers
        (swap("a3", "5", "2"), swap("a3", "5", "3"), (Clash.NUMBER, "a3")),
        (swap("a3", "5", "2"), swap("a3", "垃圾", "厨余"), None),
    ],
)
def test_pairs(one, two, expected):
    found = conflicts(GARDEN, [amendment("m1", one), amendment("m2", two)])

    if expected is None:
        assert found == ()
    else:
        kind, part = expected
        assert Conflict(kind, part, ("m1", "m2")) in found
        assert found == conflicts(GARDEN, [amendment("m2", two), amendment("m1", one)])


@pytest.mark.parametrize(
    "operation",
    [
        swap("a2", "从简", "新办"),
        Delete("a2", A2),
        Move("a4", "a1"),
        Insert("a1", new("n1")),
    ],
)
def test_two_who_want_the_same_agree(operation):
    both = [amendment("m1", operation), amendment("m2", operation)]

    assert conflicts(GARDEN, both) == ()
    assert consolidate(GARDEN, both) == consolidate(GARDEN, both[:1])


def test_agreement_does_not_silence_a_third():
    same = swap("a2", "从简", "新办")
    found = conflicts(
        GARDEN,
        [
            amendment("m3", swap("a2", "从简", "简办")),
            amendment("m1", same),
            amendment("m2", same),
        ],
    )

    assert found == (Conflict(Clash.OVERLAP, "a2", ("m1", "m2", "m3")),)


def test_chain_of_overlaps_is_one_conflict_and_a_gap_parts_it():
    edits = [
        Replace("a2", start, A2[start : start + 2], f"{sign}")
        for start, sign in ((0, "甲"), (1, "乙"), (3, "丙"), (8, "丁"), (9, "戊"))
    ]
    found = conflicts(GARDEN, [amendment(f"m{n}", edit) for n, edit in enumerate(edits)])

    assert found == (
        Conflict(Clash.OVERLAP, "a2", ("m0", "m1", "m2")),
        Conflict(Clash.OVERLAP, "a2", ("m3", "m4")),
    )


def test_long_edit_reaches_over_a_short_one():
    edits = (swap("a2", "红白喜事从简", "婚丧新办"), swap("a2", "白", "黑"), swap("a2", "从", "宜"))
    found = conflicts(GARDEN, [amendment(f"m{n}", edit) for n, edit in enumerate(edits)])

    assert found == (Conflict(Clash.OVERLAP, "a2", ("m0", "m1", "m2")),)


def test_mover_may_edit_what_it_moves_but_nobody_else():
    moved = amendment("m1", Move("a4", "a1"), swap("a4", "解释", "修改和解释"))
    other = amendment("m2", Move("a4", "a1"))

    assert conflicts(GARDEN, [moved]) == ()
    assert conflicts(GARDEN, [moved, other]) == (Conflict(Clash.MOVED, "a4", ("m1", "m2")),)


def test_own_chain_is_no_conflict():
    chain = amendment("m1", Move("a4", "a1"), Insert("a4", new("n1")))

    assert conflicts(GARDEN, [chain]) == ()
    assert conflicts(GARDEN, [chain, amendment("m2", Insert("a4", new("n2")))]) == (
        Conflict(Clash.MOVED, "a4", ("m1", "m2")),
        Conflict(Clash.PLACE, "a4", ("m1", "m2")),
    )


def test_numbers_contradict_across_articles():
    base = make_rulebook(
        id="x",
        title="村规",
        parts=(
            new("a1", "公共区域每周清扫三次。"),
            new("a2", "村道干净。公共区域每周清扫三次。"),
            new("a3", "每次扣2分。"),
            new("a4", "每次扣3分。"),
        ),
    )
    twice = amendment("m1", swap("a1", "三", "两", base=base), base=base)
    daily = amendment("m2", swap("a2", "三", "七", base=base), base=base)
    same = amendment("m3", swap("a2", "三", "2", base=base), base=base)
    added = amendment("m4", Insert("a4", new("n1", "公共区域每周清扫五次")), base=base)
    short = amendment("m5", swap("a3", "2", "5", base=base), base=base)
    brief = amendment("m6", swap("a4", "3", "6", base=base), base=base)

    assert conflicts(base, [twice, daily]) == (Conflict(Clash.NUMBER, "a1", ("m1", "m2")),)
    assert conflicts(base, [twice, same]) == ()
    assert conflicts(base, [twice, added]) == (Conflict(Clash.NUMBER, "a1", ("m1", "m4")),)
    assert conflicts(base, [short, brief]) == ()


def test_one_hand_may_write_two_numbers_for_one_thing():
    base = make_rulebook(
        id="x",
        title="村规",
        parts=(new("a1", "公共区域每周清扫三次。"), new("a2", "公共区域每周清扫三次。好")),
    )
    both = amendment(
        "m1", swap("a1", "三", "二", base=base), swap("a2", "三", "四", base=base), base=base
    )

    assert (
        conflicts(base, [both, amendment("m2", swap("a2", "好", "行", base=base), base=base)]) == ()
    )


def test_everything_an_amendment_wants_counts():
    busy = amendment("m1", Insert("a1", new("n1")), swap("a2", "从简", "简办"))

    assert conflicts(GARDEN, [busy, amendment("m2", swap("a2", "从简", "新办"))]) == (
        Conflict(Clash.OVERLAP, "a2", ("m1", "m2")),
    )


def test_two_numbers_of_one_sentence_may_change_by_different_hands():
    base = make_rulebook(
        id="x", title="村规", parts=(new("a1", "每年集体劳动不少于3次每次不少于2小时。"),)
    )
    times = amendment("m1", swap("a1", "3", "4", base=base), base=base)
    hours = amendment("m2", swap("a1", "2", "1", base=base), base=base)

    result = consolidate(base, [times, hours])

    assert result.parts[2].text == "每年集体劳动不少于4次每次不少于1小时。"


def test_edits_that_leave_nothing_together_conflict():
    base = make_rulebook(id="x", title="村规", parts=(new("a1", "甲乙\n丙丁"), new("a2", "好")))
    first = amendment("m1", swap("a1", "甲乙", "", base=base), base=base)
    second = amendment("m2", swap("a1", "丙丁", "", base=base), base=base)

    assert conflicts(base, [first, second]) == (Conflict(Clash.RESULT, "a1", ("m1", "m2")),)


def test_edits_that_make_a_heading_too_long_together_conflict():
    base = make_rulebook(
        id="x", title="村规", parts=(Part("c1", Kind.CHAPTER, "章" * 49), new("a1", "好"))
    )
    front = amendment("m1", Replace("c1", 0, "", "前"), base=base)
    back = amendment("m2", Replace("c1", 49, "", "后"), base=base)

    assert conflicts(base, [front, back]) == (Conflict(Clash.RESULT, "c1", ("m1", "m2")),)


def test_edits_that_together_make_another_article_conflict():
    base = make_rulebook(
        id="x", title="村规", parts=(new("a1", "甲\n第一步条件好"), new("a2", "好"))
    )
    first = amendment("m1", swap("a1", "步", "", base=base), base=base)
    second = amendment("m2", swap("a1", "件", "\u3000", base=base), base=base)

    assert conflicts(base, [first, second]) == (Conflict(Clash.RESULT, "a1", ("m1", "m2")),)


def test_conflicts_come_in_the_order_of_the_text_new_parts_last():
    wants = [
        amendment("m1", swap("c1", "总则", "总纲"), Insert("a1", new("a0"))),
        amendment("m2", swap("c1", "总则", "一般"), Insert("a2", new("a0"))),
        amendment("m3", swap("a1", "爱护", "爱惜")),
        amendment("m4", swap("a1", "爱护", "珍惜")),
    ]

    found = conflicts(GARDEN, wants)

    assert [(each.kind, each.part) for each in found] == [
        (Clash.OVERLAP, "c1"),
        (Clash.OVERLAP, "a1"),
        (Clash.IDENTITY, "a0"),
    ]
    assert [explain(GARDEN, each) for each in found] == [
        "第一章：改的是同一处文字，或者紧挨着的文字",
        "第一条：改的是同一处文字，或者紧挨着的文字",
        "新加的一条：新加的条文用了相同的编号",
    ]


def test_figures_blank_numbers_and_leave_references_alone():
    text = "依照第七条，每户每年出工两次、捐3.5元。好2。"

    assert figures(text) == {
        ("依照第七条，每户每年出工#次、捐#元", 0, "2"),
        ("依照第七条，每户每年出工#次、捐#元", 1, "3.5"),
    }


def test_contradictions_inside_one_rulebook():
    base = make_rulebook(
        id="x",
        title="村规",
        parts=(
            new("a1", "公共区域每周清扫三次。"),
            new("a2", "公共区域每周清扫2次。"),
            new("a3", "公共区域每月检查2次。"),
        ),
    )

    assert contradictions(base) == [("公共区域每周清扫#次", ("a1", "a2"))]
    assert contradictions(GARDEN) == []
