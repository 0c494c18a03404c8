import pytest

from deliberation.articles import Kind, Part, Rulebook, rulebook_hash
from deliberation.consolidation import (
    AMENDMENTS_MAX,
    AmendmentsConflict,
    RepeatedAmendment,
    TooManyAmendments,
    check_amendments,
    consolidate,
    preview,
)
from deliberation.operations import (
    OPERATIONS_MAX,
    Amendment,
    BadAmendment,
    Delete,
    Insert,
    Move,
    Replace,
    StaleBase,
    WrongRulebook,
    check_amendment,
)
from tests.deliberation.rulebook_samples import GARDEN, amendment, swap

NEW = Part("n1", Kind.ARTICLE, "爱鸟护鸟。")


def outline(rulebook: Rulebook) -> list[str]:
    """The identities of the numbered parts in order."""
    return [part.id for part in rulebook.parts[2:]]


def text_of(rulebook: Rulebook, id: str) -> str:
    return next(part.text for part in rulebook.parts if part.id == id)


def test_replace_changes_only_its_range():
    result = consolidate(GARDEN, [amendment("m1", swap("a1", "两", "一"))])

    assert text_of(result, "a1") == "爱护公物，每户每年参加清洁日不少于一次。"
    assert [part for part in result.parts if part.id != "a1"] == [
        part for part in GARDEN.parts if part.id != "a1"
    ]


def test_two_changes_to_one_article_both_stand():
    first = amendment("m1", swap("a3", "垃圾应当", "垃圾应当分类"))
    second = amendment("m2", swap("a3", "5", "2"))

    result = consolidate(GARDEN, [first, second])

    assert text_of(result, "a3") == "垃圾应当分类投放到指定地点，违者扣除积分2分。"


def test_insert_delete_and_move():
    changes = [
        amendment("m1", Insert("a1", NEW)),
        amendment("m2", Delete("a2", text_of(GARDEN, "a2"))),
        amendment("m3", Move("a4", "c1")),
    ]

    assert outline(consolidate(GARDEN, changes)) == ["c1", "a4", "a1", "n1", "a3", "c2"]


def test_insert_first_and_last():
    first = amendment("m1", Insert("preamble", NEW))
    last = amendment("m2", Insert("a4", Part("n2", Kind.ARTICLE, "自公布之日起施行。")))

    assert outline(consolidate(GARDEN, [first, last])) == [
        "n1",
        "c1",
        "a1",
        "a2",
        "a3",
        "c2",
        "a4",
        "n2",
    ]


def test_one_amendment_may_chain_what_it_puts():
    chained = amendment(
        "m1",
        Insert("n1", Part("n2", Kind.ARTICLE, "第二件。")),
        Insert("a1", NEW),
        Move("a4", "n2"),
        swap("a4", "村民会议", "村民会议或者村民代表会议"),
    )

    result = consolidate(GARDEN, [chained])

    assert outline(result) == ["c1", "a1", "n1", "n2", "a4", "a2", "a3", "c2"]
    assert text_of(result, "a4") == "本规约由村民会议或者村民代表会议解释。"


def test_what_a_cut_leaves_behind_is_tidied():
    result = consolidate(GARDEN, [amendment("m1", swap("a2", "提倡不收礼金。", ""))])

    assert text_of(result, "a2") == "红白喜事从简。"


def test_title_and_preamble_can_be_reworded():
    result = consolidate(
        GARDEN,
        [amendment("m1", swap("title", "花园村", "花园新村"), swap("preamble", "把", "一起把"))],
    )

    assert result.title == "花园新村村规民约"
    assert text_of(result, "preamble") == "为了一起把村子建好，制定本规约。"


def test_empty_preamble_can_be_written():
    bare = Rulebook(
        "garden", (GARDEN.parts[0], Part("preamble", Kind.PREAMBLE, ""), *GARDEN.parts[2:])
    )
    written = amendment("m1", Replace("preamble", 0, "", "为了大家。"), base=bare)

    assert text_of(consolidate(bare, [written]), "preamble") == "为了大家。"


def test_nothing_accepted_changes_nothing():
    assert consolidate(GARDEN, []) == GARDEN


@pytest.mark.parametrize(
    ("operations", "place", "reason"),
    [
        ((), 1, "要有 1 到 500 处改动，这里有 0 处。"),
        ((Replace("a9", 0, "x", "y"),), 1, "要改的这一条在这一版里找不到。"),
        ((Delete("a9", "x"),), 1, "要改的这一条在这一版里找不到。"),
        ((Move("a9", "a1"),), 1, "要改的这一条在这一版里找不到。"),
        ((Replace("a1", 0, "爱护", "爱护"),), 1, "改前改后一样。"),
        ((Replace("a1", 1, "爱护", "爱惜"),), 1, "写明要改的原文和这一版的不一样。"),
        ((Replace("a1", -2, "", "爱惜"),), 1, "写明要改的原文和这一版的不一样。"),
        ((Replace("a1", 21, "", "好"),), 1, "要改的位置超出了这一条。"),
        ((Delete("a1", "爱护公物"),), 1, "写明要删的原文和这一版的不一样。"),
        ((Delete("title", "花园村村规民约"),), 1, "名称和序言只能改字，不能删掉或移动。"),
        ((Move("preamble", "a1"),), 1, "名称和序言只能改字，不能删掉或移动。"),
        ((Move("a1", "a1"),), 1, "不能移到自己后面。"),
        ((Move("a1", "a9"),), 1, "要接在后面的那一条找不到，或者同时被删掉了。"),
        ((Insert("a9", NEW),), 1, "要接在后面的那一条找不到，或者同时被删掉了。"),
        (
            (Insert("a4", NEW), Delete("a4", "本规约由村民会议解释。")),
            1,
            "要接在后面的那一条找不到，或者同时被删掉了。",
        ),
        ((Insert("title", NEW),), 1, "名称后面是序言；要放在最前面，请接在序言后面。"),
        ((Insert("a1", Part("a2", Kind.ARTICLE, "好")),), 1, "新条文的编号和已有的相同。"),
        ((Insert("a1", Part("新", Kind.ARTICLE, "好")),), 1, "新条文的编号不合规定。"),
        ((Insert("a1", Part("n1", Kind.TITLE, "好")),), 1, "名称和序言各只有一个，不能再加。"),
        ((Insert("a1", Part("n1", Kind.PREAMBLE, "好")),), 1, "名称和序言各只有一个，不能再加。"),
        ((Insert("a1", Part("n1", Kind.ARTICLE, "")),), 1, "内容是空的。"),
        (
            (Insert("a1", Part("n1", Kind.CHAPTER, "章" * 51)),),
            1,
            "标题最多 50 字，这里有 51 字。",
        ),
        (
            (swap("a1", "两", "一"), Move("a4", "a9")),
            2,
            "要接在后面的那一条找不到，或者同时被删掉了。",
        ),
        (
            (Insert("a1", NEW), Insert("a2", NEW)),
            2,
            "这条新条文的编号用过了。",
        ),
        (
            (Insert("a1", NEW), Move("a4", "a1")),
            2,
            "同一个位置后面已经放了一条；要放两条，请让第二条接在第一条后面。",
        ),
        (
            (Replace("a1", 0, "爱", "护"), Replace("a1", 1, "护", "爱")),
            2,
            "和前面改的文字连着或者重叠，请合成一处。",
        ),
        (
            (Replace("a1", 3, "物", "产"), Replace("a1", 0, "爱护公", "爱惜公")),
            2,
            "和前面改的文字连着或者重叠，请合成一处。",
        ),
        (
            (
                Replace("a1", 0, "爱", "护"),
                Delete("a1", "爱护公物，每户每年参加清洁日不少于两次。"),
            ),
            2,
            "要删掉的这一条前面已经改过或移过。",
        ),
        (
            (Move("a4", "a1"), Delete("a4", "本规约由村民会议解释。")),
            2,
            "要删掉的这一条前面已经改过或移过。",
        ),
        (
            (Delete("a4", "本规约由村民会议解释。"), Move("a4", "a1")),
            2,
            "这一条已经删掉了。",
        ),
        ((Move("a4", "a1"), Move("a4", "a2")), 2, "这一条已经移过了。"),
        ((Move("a1", "a2"), Move("a2", "a1")), 1, "移动的位置绕成了一圈。"),
        (
            (Move("a3", "a1"), Move("a1", "a2"), Move("a2", "a1")),
            3,
            "同一个位置后面已经放了一条；要放两条，请让第二条接在第一条后面。",
        ),
        (
            (Insert("n2", NEW), Insert("n1", Part("n2", Kind.ARTICLE, "好"))),
            1,
            "移动的位置绕成了一圈。",
        ),
        ((swap("a4", "本规约由村民会议解释。", ""),), 1, "内容是空的。"),
        (
            (swap("a1", "爱", "丁"), swap("a4", "本规约由村民会议解释。", " ")),
            2,
            "内容是空的。",
        ),
        (
            (swap("a2", "提倡", "第九条\u3000提倡"),),
            1,
            "“第九条\u3000提倡不收礼金。”这一行看起来像另一条的开头。要加一条请用“增加一条”。",
        ),
        ((swap("c1", "总则", "总\n则"),), 1, "标题只能有一行。"),
    ],
)
def test_operation_that_does_not_fit_is_refused_with_its_place(operations, place, reason):
    with pytest.raises(BadAmendment) as refusal:
        check_amendment(GARDEN, amendment("m1", *operations))

    assert str(refusal.value) == f"修订案“m1”第 {place} 处：{reason}"


def test_circle_reached_from_outside_is_found():
    circle = amendment("m1", Move("a4", "a1"), Move("a1", "a2"), Move("a2", "a3"), Move("a3", "a4"))
    tail = amendment("m2", Move("a4", "c2"), Move("a1", "a2"), Move("a2", "a3"), Move("a3", "a4"))

    with pytest.raises(BadAmendment, match="绕成了一圈"):
        check_amendment(GARDEN, circle)
    assert outline(consolidate(GARDEN, [tail])) == ["c1", "c2", "a4", "a3", "a2", "a1"]


def test_amendment_limits():
    many = tuple(
        Insert(f"n{n}" if n else "a1", Part(f"n{n + 1}", Kind.ARTICLE, "好")) for n in range(501)
    )

    check_amendment(GARDEN, amendment("m1", *many[:OPERATIONS_MAX]))
    with pytest.raises(BadAmendment, match="这里有 501 处"):
        check_amendment(GARDEN, amendment("m1", *many))
    with pytest.raises(BadAmendment) as refusal:
        check_amendment(GARDEN, amendment("修订" * 20, swap("a1", "两", "一")))
    assert str(refusal.value) == f"修订案“{'修订' * 10}”第 1 处：修订案的编号不合规定。"


def test_amendment_of_another_rulebook_is_refused():
    other = Amendment("m1", "river", rulebook_hash(GARDEN), (swap("a1", "两", "一"),))

    with pytest.raises(WrongRulebook) as refusal:
        consolidate(GARDEN, [other])

    assert str(refusal.value) == "修订案“m1”针对的是另一份规约（river），不是这一份（garden）。"


def test_amendment_of_another_version_is_refused():
    later = consolidate(GARDEN, [amendment("m1", swap("a1", "两", "一"))])

    with pytest.raises(StaleBase) as refusal:
        check_amendment(later, amendment("m2", swap("a3", "5", "2")))

    assert str(refusal.value) == ("修订案“m2”写的时候依据的不是这一版，请先对照现在的文本核对。")


def test_same_amendment_twice_is_refused():
    one = amendment("m1", swap("a1", "两", "一"))

    with pytest.raises(RepeatedAmendment, match="“m1”出现了两次"):
        consolidate(GARDEN, [one, one])


def test_number_of_amendments_is_limited():
    few = [amendment(f"m{n}", swap("a1", "两", "一")) for n in range(AMENDMENTS_MAX + 1)]

    check_amendments(GARDEN, few[:-1])
    with pytest.raises(TooManyAmendments, match="最多合并 2000 件修订案，这里有 2001 件"):
        check_amendments(GARDEN, few)


def test_conflict_is_refused_with_names_and_reason():
    with pytest.raises(AmendmentsConflict) as refusal:
        consolidate(
            GARDEN,
            [
                amendment("m2", swap("a2", "从简", "简办")),
                amendment("m1", swap("a2", "从简", "新办")),
            ],
        )

    assert str(refusal.value) == (
        "修订案 m1、m2 不能同时采纳。第二条：改的是同一处文字，或者紧挨着的文字。请先商定用哪一个。"
    )


def test_preview_takes_what_is_undisputed():
    quarrel = [
        amendment("m1", swap("a1", "爱护", "爱惜")),
        amendment("m2", swap("a1", "爱护", "珍惜")),
        amendment("m3", Insert("a3", NEW)),
    ]

    draft = preview(GARDEN, quarrel)

    assert draft.accepted == ("m3",)
    assert outline(draft.rulebook) == ["c1", "a1", "a2", "a3", "n1", "c2", "a4"]
    assert text_of(draft.rulebook, "a1") == text_of(GARDEN, "a1")
    assert [found.amendments for found in draft.conflicts] == [("m1", "m2")]


def test_amendments_together_must_leave_a_rulebook():
    long = GARDEN.parts[-1].text + "好" * (20_000 - len(GARDEN.parts[-1].text))
    base = Rulebook("garden", (*GARDEN.parts[:-1], Part("a4", Kind.ARTICLE, long)))
    full = Rulebook(
        "garden",
        (*base.parts, *(Part(f"b{n}", Kind.ARTICLE, "好" * 20_000) for n in range(23))),
    )
    more = [
        amendment(f"m{n}", Insert(f"b{n}", Part(f"n{n}", Kind.ARTICLE, "好" * 15_000)), base=full)
        for n in range(2)
    ]

    consolidate(full, more[:1])
    with pytest.raises(Exception, match="全文最多 500000 字"):
        consolidate(full, more)
