import pytest

from bench.deliberation_rulebook import (
    derive,
    invented_amendments,
    invented_rulebook,
    overlapping,
    rewritten,
)
from deliberation.alignment import align, operations_between
from deliberation.articles import Kind, Part, Rulebook, rulebook_hash
from deliberation.conflicts import Clash, conflicts
from deliberation.consolidation import consolidate
from deliberation.operations import Delete, Insert, Move, Replace
from deliberation.redline_book import redline_book
from deliberation.redline_html import fragment
from tests.deliberation.rulebook_samples import GARDEN


def unnamed(*parts: Part) -> Rulebook:
    """The garden with these numbered parts, their identities lost as in a word processor."""
    fresh = (Part(f"x{n}", part.kind, part.text) for n, part in enumerate(parts))
    return Rulebook("other", (*GARDEN.parts[:2], *fresh))


C1, A1, A2, A3, C2, A4 = GARDEN.parts[2:]
A3_NEW = Part("a3", Kind.ARTICLE, "厨余垃圾应当投放到指定地点，违者扣除积分2分。")
BIRDS = Part("", Kind.ARTICLE, "爱鸟护鸟。")


def test_parts_are_recognised_by_their_words():
    aligned = align(GARDEN, unnamed(C1, A3_NEW, A1, BIRDS, C2, A4))

    ids = [part.id for part in aligned.parts]
    assert aligned.id == "garden"
    assert ids[:5] == ["title", "preamble", "c1", "a3", "a1"]
    assert ids[6:] == ["c2", "a4"]
    assert operations_between(GARDEN, aligned) == (
        Move("a3", "c1"),
        Replace("a3", 0, "", "厨余"),
        Replace("a3", 18, "5", "2"),
        Insert("a1", aligned.parts[5]),
        Delete("a2", A2.text),
    )


def test_new_part_gets_an_identity_from_its_words():
    first = align(GARDEN, unnamed(C1, A1, BIRDS)).parts[4]
    again = align(GARDEN, unnamed(BIRDS, C1, A1)).parts[2]
    twice = align(GARDEN, unnamed(BIRDS, C1, BIRDS))

    assert first == again
    assert [twice.parts[2].id, twice.parts[4].id] == [first.id, f"{first.id}.2"]


def test_a_rewritten_article_is_another_article():
    other = Part("", Kind.ARTICLE, "尊老爱幼，夫妻和睦。")

    aligned = align(GARDEN, unnamed(C1, other, A2, A3, C2, A4))

    assert aligned.parts[3].id not in {part.id for part in GARDEN.parts}


def test_a_heading_never_becomes_an_article():
    heading = Part("", Kind.SECTION, "红白喜事从简。")
    short = Part("a2", Kind.ARTICLE, "红白喜事从简。")
    base = Rulebook("garden", (*GARDEN.parts[:2], short))

    assert align(base, unnamed(heading)).parts[2].id != "a2"
    assert align(base, unnamed(short)).parts[2].id == "a2"


def test_equal_parts_keep_their_order_and_count():
    twin = Part("b1", Kind.ARTICLE, A1.text)
    base = Rulebook("garden", (*GARDEN.parts[:2], A1, A4, twin))

    assert [part.id for part in align(base, unnamed(A1, A4, A1)).parts[2:]] == ["a1", "a4", "b1"]
    swapped = align(base, unnamed(A4, A1, A1))
    assert sorted(part.id for part in swapped.parts[2:]) == ["a1", "a4", "b1"]


def test_five_hundred_amendments_on_two_hundred_articles():
    base = invented_rulebook(articles=200, chars=250, seed=1)
    amendments = invented_amendments(base, count=500, seed=2)

    result = consolidate(base, amendments)
    assert rulebook_hash(result) == rulebook_hash(consolidate(base, amendments[::-1]))
    assert len(result.articles) == 200 - 5 + 40


def test_five_hundred_quarrelling_amendments():
    base = invented_rulebook(articles=200, chars=250, seed=1)
    amendments = overlapping(base, count=500)

    (found,) = conflicts(base, amendments)
    assert (found.kind, len(found.amendments)) == (Clash.NUMBER, 500)


@pytest.mark.slow
def test_redline_of_fifty_thousand_characters():
    base = invented_rulebook(articles=200, chars=250, seed=1)
    changed = rewritten(base, changes=6, seed=3)
    other = invented_rulebook(articles=3, chars=16_600, seed=4)

    assert sum(len(part.text) for part in base.parts) > 50_000
    assert "〔删〕" in fragment(redline_book(base, changed))
    assert "〔删〕" in fragment(redline_book(other, rewritten(other, changes=800, seed=5)))
    derive(base, changed)
