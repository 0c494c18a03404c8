"""What must hold for every rulebook and every set of amendments (invariants of the design)."""

from itertools import pairwise, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliberation.alignment import align, operations_between, unmoved
from deliberation.articles import BadText, Part, Rulebook, clean_text, rulebook_hash
from deliberation.conflicts import conflicts
from deliberation.consolidation import consolidate, preview
from deliberation.operations import Delete, Insert, Move, Replace, applied, check_operations
from deliberation.redline import Mark, apply, new_text, old_text, redline
from deliberation.relocation import relocate
from deliberation.rulebook_export import WRITERS
from deliberation.rulebook_import import read_rulebook
from deliberation.rulebook_json import (
    amendment_to_json,
    amendments_from_json,
    rulebook_from_json,
    rulebook_to_json,
)
from tests.deliberation.rulebook_samples import (
    ARTICLE_TEXTS,
    LETTERS,
    amended,
    amendment,
    rulebooks,
)

PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
SOME = settings(PATIENT, max_examples=40)
FEW = settings(PATIENT, max_examples=8)


@SOME
@given(amended(most=4))
def test_order_of_amendments_is_irrelevant(drawn):
    base, amendments = drawn

    hashes = {rulebook_hash(preview(base, order).rulebook) for order in permutations(amendments)}
    disputes = {preview(base, order).conflicts for order in permutations(amendments)}

    assert len(hashes) == 1
    assert len(disputes) == 1


def letter_by_letter(base: Rulebook, amendments) -> list[str]:
    """The texts of the result computed another way: every letter of the base decides for itself."""
    operations = {each for amendment in amendments for each in amendment.operations}
    gone = {each.part for each in operations if isinstance(each, Delete)}
    moved = {each.part for each in operations if isinstance(each, Move)}
    edits = {each for each in operations if isinstance(each, Replace)}

    def text(part: Part) -> str:
        mine = {edit for edit in edits if edit.part == part.id}
        written = ""
        for place in range(len(part.text) + 1):
            written += "".join(edit.new for edit in mine if edit.start == place)
            if place < len(part.text) and not any(edit.start <= place < edit.end for edit in mine):
                written += part.text[place]
        return clean_text(written)

    texts = {part.id: text(part) for part in base.parts}
    followers = {}
    for each in operations:
        if isinstance(each, Insert):
            texts[each.part.id] = each.part.text
            followers[each.after] = each.part.id
        elif isinstance(each, Move):
            followers[each.after] = each.part

    def with_followers(id: str) -> list[str]:
        behind = with_followers(followers[id]) if id in followers else []
        return [texts[id], *behind]

    staying = [part.id for part in base.parts if part.id not in gone | moved]
    return [text for id in staying for text in with_followers(id)]


@SOME
@given(amended())
def test_every_undisputed_change_is_in_the_result_and_nothing_else(drawn):
    base, amendments = drawn

    draft = preview(base, amendments)

    accepted = [each for each in amendments if each.id in draft.accepted]
    assert [part.text for part in draft.rulebook.parts] == letter_by_letter(base, accepted)


@SOME
@given(amended())
def test_a_dispute_has_two_sides_and_settling_it_leaves_none(drawn):
    base, amendments = drawn

    found = conflicts(base, amendments)

    assert all(len(each.amendments) >= 2 for each in found)
    clear = [a for a in amendments if not any(a.id in each.amendments for each in found)]
    assert conflicts(base, clear) == ()
    assert conflicts(base, amendments[:1]) == ()


@SOME
@given(amended())
def test_amendment_carried_to_the_same_version_stays_the_same(drawn):
    base, amendments = drawn

    for each in amendments:
        assert relocate(base, base, each).amendment == each


@SOME
@given(amended())
def test_carrying_and_then_applying_equals_applying_together(drawn):
    base, amendments = drawn
    if len(amendments) < 2 or conflicts(base, amendments):
        return
    first, second = amendments[:2]
    middle = consolidate(base, [first])

    carried = relocate(base, middle, second)

    if carried.amendment is not None:
        assert consolidate(middle, [carried.amendment]) == consolidate(base, [first, second])
    else:
        assert carried.questions


@SOME
@given(rulebooks(min_articles=2), rulebooks(min_articles=1), st.randoms(use_true_random=False))
def test_operations_between_two_versions_lead_from_one_to_the_other(old, other, chance):
    mixed = [*old.parts[2:], *(Part("x" + p.id, p.kind, p.text) for p in other.parts[2:])]
    chance.shuffle(mixed)
    kept = [
        Part(p.id, p.kind, p.text + chance.choice(["", "改"]))
        for p in mixed
        if chance.random() < 0.7
    ]
    new = Rulebook(old.id, (*old.parts[:2], *kept))

    operations = operations_between(old, new)

    assert applied(old, operations) == new
    if operations:
        check_operations(old, amendment("m1", *operations, base=old))


@SOME
@given(rulebooks(min_articles=2), rulebooks(prefix="q"))
def test_aligning_keeps_every_word_and_gives_each_identity_once(old, new):
    aligned = align(old, new)

    assert [(p.kind, p.text) for p in aligned.parts] == [(p.kind, p.text) for p in new.parts]
    assert len({part.id for part in aligned.parts}) == len(aligned.parts)
    assert applied(old, operations_between(old, aligned)) == aligned
    assert align(old, Rulebook("x", old.parts)) == old


@PATIENT
@given(st.permutations(range(8)), st.sets(st.integers(0, 11), max_size=4))
def test_unmoved_is_a_longest_part_in_order(order, gone):
    new = [str(n) for n in order if n not in gone] + ["new"]

    kept = unmoved([str(n) for n in range(8)], new)

    places = [int(id) for id in new if id in kept]
    assert places == sorted(places)
    numbers = [int(id) for id in new[:-1]]
    longest = [1] * len(numbers)
    for late, value in enumerate(numbers):
        before = [longest[early] for early in range(late) if numbers[early] < value]
        longest[late] = 1 + max(before, default=0)
    assert len(kept) == max(longest, default=0)


TEXT_PAIRS = st.one_of(
    st.tuples(st.text(LETTERS, max_size=40), st.text(LETTERS, max_size=40)),
    st.tuples(st.text(max_size=20), st.text(max_size=20)),
)


@st.composite
def edited_texts(draw):
    """A text and the same after a few small edits, as people make them."""
    old = draw(st.text(LETTERS, min_size=5, max_size=60))
    new = old
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(new)))
        end = draw(st.integers(start, min(len(new), start + 5)))
        new = new[:start] + draw(st.text(LETTERS, max_size=6)) + new[end:]
    return old, new


@PATIENT
@given(st.one_of(TEXT_PAIRS, edited_texts()))
def test_redline_gives_back_both_texts(pair):
    old, new = pair

    segments = redline(old, new)

    assert old_text(segments) == old
    assert new_text(segments) == new
    assert apply(segments, old) == new
    assert all(segment.text for segment in segments)
    assert (redline(old, old) == ()) is (old == "")


@PATIENT
@given(st.one_of(TEXT_PAIRS, edited_texts()))
def test_redline_never_cuts_a_number(pair):
    old, new = pair
    segments = redline(old, new)

    for text, dropped in ((old, Mark.INSERT), (new, Mark.DELETE)):
        place = 0
        for segment in segments:
            if segment.mark is dropped:
                continue
            place += len(segment.text)
            around = text[place - 1 : place + 1]
            assert not (len(around) == 2 and around.isdigit() and around.isascii())


@PATIENT
@given(st.one_of(TEXT_PAIRS, edited_texts()))
def test_redline_has_no_single_kept_character_between_changes(pair):
    segments = redline(*pair)

    for place in range(1, len(segments) - 1):
        segment = segments[place]
        if segment.mark is Mark.KEEP and len(segment.text) == 1 and segment.text != "\n":
            # Only the mark that ends a clause may stand alone, after a clause shown as a whole.
            assert segment.text in "，。；：、！？,;:!?"
    assert all(
        not (one.mark is two.mark or (one.mark is Mark.INSERT and two.mark is Mark.DELETE))
        for one, two in pairwise(segments)
    )


def words_of(rulebook):
    return [(part.kind, part.text) for part in rulebook.parts]


@PATIENT
@pytest.mark.parametrize("suffix", [".txt", ".md", ".json"])
@given(rulebook=rulebooks())
def test_what_is_exported_reads_back_the_same(suffix, rulebook):
    data = WRITERS[suffix](rulebook)

    imported = read_rulebook(data, name=f"x{suffix}", id="book")

    assert words_of(imported.rulebook) == words_of(rulebook)
    assert WRITERS[suffix](imported.rulebook) == data


@pytest.mark.slow
@FEW
@given(rulebook=rulebooks())
def test_what_is_exported_to_word_reads_back_the_same(rulebook):
    imported = read_rulebook(WRITERS[".docx"](rulebook), name="x.docx", id="book")

    assert words_of(imported.rulebook) == words_of(rulebook)


@SOME
@given(amended())
def test_json_gives_back_rulebook_and_amendments(drawn):
    base, amendments = drawn

    assert rulebook_from_json(rulebook_to_json(base)) == base
    lines = "\n".join(amendment_to_json(each) for each in amendments)
    assert list(amendments_from_json(lines)) == amendments


@PATIENT
@given(rulebooks(), ARTICLE_TEXTS, st.data())
def test_a_smuggled_article_is_refused(rulebook, text, data):
    sign = data.draw(
        st.sampled_from(["第九条　", "第二章 ", "第一节：", "第3条、甲", "第十条之一 "])
    )
    place = data.draw(st.sampled_from([part.id for part in rulebook.articles]))
    parts = tuple(
        Part(part.id, part.kind, f"{part.text}\n{sign}{text}") if part.id == place else part
        for part in rulebook.parts
    )

    with pytest.raises(BadText, match=r"另一条的开头|最多"):
        applied(Rulebook("book", parts), [])
