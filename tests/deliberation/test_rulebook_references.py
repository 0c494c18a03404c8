import pytest

from deliberation.articles import Kind, Part, Rulebook, make_rulebook
from deliberation.consolidation import consolidate
from deliberation.operations import Delete, Insert
from deliberation.references import reference_edits, references, stale_references
from tests.deliberation.rulebook_samples import amendment


def article(id: str, text: str) -> Part:
    return Part(id, Kind.ARTICLE, text)


BOOK = make_rulebook(
    id="x",
    title="村规",
    parts=(
        article("a1", "爱护公物。"),
        article("a2", "红白喜事从简。"),
        article(
            "a3", "违反第一条、第二条的，由村民小组提醒；依照《村民委员会组织法》第三十一条备案。"
        ),
    ),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("依照第七条办理。", ["第七条"]),
        ("第三条、第 十二 条所称村民", ["第三条", "第 十二 条"]),
        ("依照第二章和本规约第七条第二款", ["第二章", "第七条"]),
        ("依照本章程第七条、本办法第八条", ["第七条", "第八条"]),
        ("《民法典》第二百七十八条", []),
        ("依照民法典第二百七十八条、第二百八十条第二款和第三百条", []),
        ("村民委员会组织法第五章第三十一条", []),
        ("依照国务院规定第五条", []),
        ("《民法典》第九条，以及本规约第七条", ["第七条"]),
        ("这种办法，依照第七条", ["第七条"]),
        ("没有", []),
        ("第〇条", []),
    ],
)
def test_references(text, found):
    assert [each.words for each in references(article("a", text))] == found


def test_insertion_makes_references_stale_and_edits_follow():
    grown = consolidate(
        BOOK, [amendment("m1", Insert("a1", article("n1", "爱鸟护鸟。")), base=BOOK)]
    )

    stale = stale_references(BOOK, grown)

    assert [(each.reference.words, each.now, each.kept) for each in stale] == [
        ("第二条", "第三条", True)
    ]
    fixed = consolidate(grown, [amendment("m2", *reference_edits(stale), base=grown)])
    assert fixed.parts[-1].text == (
        "违反第一条、第三条的，由村民小组提醒；依照《村民委员会组织法》第三十一条备案。"
    )
    assert stale_references(BOOK, BOOK) == ()


def test_reference_to_a_struck_article_is_for_a_person():
    shrunk = consolidate(BOOK, [amendment("m1", Delete("a1", "爱护公物。"), base=BOOK)])

    stale = stale_references(BOOK, shrunk)

    assert [(each.reference.words, each.now) for each in stale] == [
        ("第一条", None),
        ("第二条", "第一条"),
    ]
    assert [(each.old, each.new) for each in reference_edits(stale)] == [("第二条", "第一条")]


def test_reference_in_new_words_is_not_changed_by_itself():
    added = article("n1", "依照第三条处理。")
    grown = Rulebook("x", (*BOOK.parts[:2], added, *BOOK.parts[2:]))

    stale = [each for each in stale_references(BOOK, grown) if each.reference.part == "n1"]

    assert [(each.reference.words, each.now, each.kept) for each in stale] == [
        ("第三条", "第四条", False)
    ]
    assert reference_edits(tuple(stale)) == ()
