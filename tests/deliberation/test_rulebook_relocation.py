import pytest

from deliberation.articles import Kind, Part, Rulebook, rulebook_hash
from deliberation.consolidation import consolidate
from deliberation.operations import BadAmendment, Delete, Insert, Move, Replace, StaleBase
from deliberation.relocation import Question, relocate
from tests.deliberation.rulebook_samples import GARDEN, amendment, swap


def later(*operations, base: Rulebook = GARDEN) -> Rulebook:
    """The version after these operations."""
    return consolidate(base, [amendment("earlier", *operations, base=base)])


def carried(operation, *earlier):
    """What becomes of one operation after the earlier ones: the operation, or the question."""
    current = later(*earlier)
    found = relocate(GARDEN, current, amendment("m1", operation))
    if found.amendment is None:
        return found.questions[0].text
    assert found.questions == ()
    assert found.amendment.base == rulebook_hash(current)
    consolidate(current, [found.amendment])
    return found.amendment.operations[0]


NEW = Part("n1", Kind.ARTICLE, "爱鸟护鸟。")
POINTS = swap("a3", "5", "2")


def test_edit_moves_along_when_its_clause_still_stands_once():
    assert carried(POINTS, swap("a3", "垃圾", "厨余垃圾")) == Replace("a3", 20, "5", "2")
    assert carried(POINTS, swap("a1", "两", "一")) == POINTS
    assert carried(POINTS, Move("a3", "c1")) == POINTS
    assert carried(Delete("a3", GARDEN.parts[5].text), swap("a1", "两", "一")) == Delete(
        "a3", GARDEN.parts[5].text
    )
    assert carried(swap("a3", "，", "；"), swap("a1", "两", "一")) == swap("a3", "，", "；")


@pytest.mark.parametrize(
    ("operation", "earlier", "question"),
    [
        (
            POINTS,
            swap("a3", "违者", "经劝阻不改的"),
            "第三条：“违者扣除积分5分”这句话在现在的文字里找不到，或者不止一处，请重新写明怎么改。",
        ),
        # the words stand there, but inside a longer clause that says something else
        (
            POINTS,
            swap("a3", "违者", "不满十四周岁违者"),
            "第三条：“违者扣除积分5分”这句话在现在的文字里找不到，或者不止一处，请重新写明怎么改。",
        ),
        # now twice
        (
            POINTS,
            swap("a3", "分。", "分。乱停车，违者扣除积分5分。"),
            "第三条：“违者扣除积分5分”这句话在现在的文字里找不到，或者不止一处，请重新写明怎么改。",
        ),
        (POINTS, Delete("a3", GARDEN.parts[5].text), "第三条：这一条已经不在了。"),
        (
            Delete("a3", GARDEN.parts[5].text),
            POINTS,
            "第三条：这一条的文字变了，还要整条删掉吗？",
        ),
        (
            Delete("a3", GARDEN.parts[5].text),
            Delete("a3", GARDEN.parts[5].text),
            "第三条：这一条已经不在了，还要删吗？",
        ),
        (
            Move("a4", "a1"),
            Delete("a4", GARDEN.parts[7].text),
            "第四条：要移动的这一条已经不在了。",
        ),
        (
            Move("a4", "a1"),
            Delete("a1", GARDEN.parts[3].text),
            "第四条：要接在后面的那一条已经不在了，放在哪里？",
        ),
        (
            Insert("a1", NEW),
            Delete("a1", GARDEN.parts[3].text),
            "第一条：要接在后面的那一条已经不在了，放在哪里？",
        ),
        (Insert("a1", NEW), Insert("a3", NEW), "第一条：这一条好像已经加进去了，还要再加吗？"),
        (
            Insert("a1", NEW),
            Insert("a1", Part("n2", Kind.ARTICLE, "别的。")),
            "第一条：这里前后相接的条文变了，放在哪里？",
        ),
        (
            Insert("a1", NEW),
            Delete("a2", GARDEN.parts[4].text),
            "第一条：这里前后相接的条文变了，放在哪里？",
        ),
        (
            Insert("a4", NEW),
            Insert("a4", Part("n2", Kind.ARTICLE, "别的。")),
            "第四条：这里前后相接的条文变了，放在哪里？",
        ),
    ],
)
def test_what_is_not_certain_is_asked(operation, earlier, question):
    assert carried(operation, earlier) == question


def test_clause_that_stood_twice_before_is_asked_even_if_one_is_left():
    base = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, "扣5分。另外，扣5分。再说")))
    current = later(swap("a", "扣5分。", "", base=base), base=base)

    found = relocate(base, current, amendment("m1", swap("a", "5", "2", base=base), base=base))

    assert found.amendment is None
    assert [(each.place, each.part) for each in found.questions] == [(0, "a")]


def test_empty_clause_is_asked():
    base = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, "好。。再说")))
    current = later(swap("a", "再", "又", base=base), base=base)

    found = relocate(
        base,
        current,
        amendment(
            "m1",
            Replace(
                "a",
                2,
                "",
                "行",
            ),
            base=base,
        ),
    )

    assert found.amendment is None


def test_all_questions_are_asked_at_once_with_their_places():
    current = later(POINTS, Delete("a1", GARDEN.parts[3].text))
    wish = amendment(
        "m1", Delete("a3", GARDEN.parts[5].text), swap("a4", "解释", "修改"), Insert("a1", NEW)
    )

    found = relocate(GARDEN, current, wish)

    assert found.amendment is None
    assert [(each.place, each.part) for each in found.questions] == [(0, "a3"), (2, "a1")]


def test_what_follows_a_part_of_its_own_goes_along():
    second = Part("n2", Kind.ARTICLE, "第二件。")
    wish = amendment("m1", Insert("a1", NEW), Insert("n1", second), Move("a4", "n2"))
    current = later(swap("a3", "5", "2"))

    found = relocate(GARDEN, current, wish)

    assert found.amendment is not None
    ids = [part.id for part in consolidate(current, [found.amendment]).parts[2:]]
    assert ids == ["c1", "a1", "n1", "n2", "a4", "a2", "a3", "c2"]


def test_edits_that_meet_after_carrying_are_asked():
    base = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, "甲乙丙，子丑寅，丁戊己。")))
    current = later(swap("a", "甲乙丙，子丑寅，丁戊己", "丁戊己，甲乙丙", base=base), base=base)
    wish = amendment(
        "m1", swap("a", "甲乙丙", "甲", base=base), swap("a", "丁戊己", "丁", base=base), base=base
    )

    found = relocate(base, current, wish)

    assert found.amendment is not None
    assert consolidate(current, [found.amendment]).parts[2].text == "丁，甲。"


def test_result_that_cannot_stand_is_asked():
    base = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, "甲乙丙，丁戊己。")))
    current = Rulebook("x", (*base.parts[:2], Part("a", Kind.ARTICLE, "甲乙丙")))
    wish = amendment("m1", swap("a", "甲乙丙", "", base=base), base=base)

    found = relocate(base, current, wish)

    assert found.amendment is None
    assert found.questions == (Question(0, "", "修订案“m1”第 1 处：内容是空的。"),)


def test_amendment_must_fit_its_own_base():
    with pytest.raises(BadAmendment):
        relocate(GARDEN, GARDEN, amendment("m1", Replace("a1", 0, "没有", "x")))
    with pytest.raises(StaleBase):
        relocate(later(POINTS), GARDEN, amendment("m1", POINTS))


def test_long_clause_is_shortened_in_the_question():
    def question(length: int) -> str:
        base = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, "好" * length)))
        current = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, "坏")))
        wish = amendment("m1", Replace("a", 0, "好", "坏"), base=base)
        return relocate(base, current, wish).questions[0].text

    assert question(31).startswith(f"第一条：“{'好' * 29}…”这句话")
    assert question(30).startswith(f"第一条：“{'好' * 30}”这句话")


def test_question_about_what_follows_a_new_part_says_so():
    second = Part("n2", Kind.ARTICLE, "第二件。")
    wish = amendment("m1", Insert("a1", NEW), Insert("n1", second))

    found = relocate(GARDEN, later(Insert("a3", second)), wish)

    assert [each.text for each in found.questions] == [
        "新加的一条：这一条好像已经加进去了，还要再加吗？"
    ]
