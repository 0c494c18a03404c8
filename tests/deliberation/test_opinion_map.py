"""The map as a whole: what it announces, and that nothing but the answers decides it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.opinion_map import (
    GROUPED_MIN,
    SIZES,
    as_votes,
    conversations,
    found_groups,
    groups_of,
    invented_votes,
    matched_accuracy,
)
from deliberation.opinion_answers import CELL_MIN, Answers
from deliberation.opinion_breakdown import Breakdown, TooManyParts, breakdown
from deliberation.opinion_chance import LEVEL, compare_with_chance
from deliberation.opinion_json import earlier_labels, map_json
from deliberation.opinion_map import CannotSplit, Verdict, group_size_min, opinion_map
from deliberation.opinion_routing import VIEWS_MIN, Candidate, next_statements, weight
from deliberation.opinion_votes import Votes, read_votes
from deliberation.opinion_words import map_words

TABLES = arrays(
    np.float64,
    st.tuples(st.integers(12, 40), st.integers(1, 9)),
    elements=st.sampled_from([1.0, 1.0, -1.0, 0.0, np.nan]),
).filter(lambda table: not np.isnan(table).all(axis=1).any())


def camps(people=90, statements=15, *, groups=2, density=1.0, seed=1):
    dice = np.random.default_rng(seed)
    return invented_votes(people, statements, density=density, groups=groups, dice=dice)


def by_person(drawn):
    return {drawn.votes.people[place]: group for place, group in
            zip(drawn.places.tolist(), drawn.groups.tolist(), strict=True)}  # fmt: skip


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(TABLES, st.integers(0, 2**32 - 1), st.sampled_from([None, 2, 3]))
def test_neither_order_nor_names_of_people_decide_anything(table, seed, groups):
    votes = as_votes(table)
    order = np.random.default_rng(seed).permutation(len(table))
    other = Votes(tuple(f"p{n}" for n in range(len(table))), votes.statements, table[order])

    try:
        drawn = opinion_map(votes, groups=groups, permutations=19)
    except CannotSplit:
        with pytest.raises(CannotSplit):
            opinion_map(other, groups=groups, permutations=19)
        return
    again = opinion_map(other, groups=groups, permutations=19)

    renamed = {f"p{n}": by_person(drawn).get(str(place)) for n, place in enumerate(order.tolist())}
    assert {person: by_person(again).get(person) for person in other.people} == renamed
    assert (again.test, again.verdict, again.has_gap) == (drawn.test, drawn.verdict, drawn.has_gap)
    assert (again.table, again.totals) == (drawn.table, drawn.totals)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 3, 4]))
def test_it_does_not_matter_which_way_the_statements_are_put(seed, groups):
    """All said the other way round: every agree is a disagree, and the groups are the same."""
    votes = camps(40, 12, groups=groups, density=0.9, seed=seed)

    drawn = opinion_map(votes, groups=groups, permutations=0)
    turned = opinion_map(
        Votes(votes.people, votes.statements, -votes.matrix), groups=groups, permutations=0
    )

    assert by_person(turned) == by_person(drawn)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_every_answer_is_counted_once_and_small_cells_stay_hidden(table):
    votes = as_votes(table)
    answer = map_json(opinion_map(votes, permutations=0))

    assert [row["id"] for row in answer["participants"]] == list(votes.people)
    assert sum(row["seen"] for row in answer["statements"]) == (~np.isnan(table)).sum()
    assert sum(group["size"] for group in answer["groups"]) == sum(
        row["group"] is not None for row in answer["participants"]
    )
    sizes = [group["size"] for group in answer["groups"]]
    assert sizes == sorted(sizes, reverse=True)
    for row in answer["statements"]:
        assert row["agree"] + row["disagree"] + row["pass"] == row["seen"]
        assert 0 < row["consensus"] < 1
        cells = list(row["groups"].values())
        assert len(cells) == answer["k"]
        assert all(cell == {"hidden": True} or cell["seen"] >= CELL_MIN for cell in cells)
        assert len(cells) == 1 or cells.count({"hidden": True}) != 1


def test_planted_camps_are_announced_and_told_apart():
    drawn = opinion_map(camps(groups=2))

    assert (drawn.verdict, len(drawn.sizes), drawn.test.p) == (Verdict.GROUPS, 2, 0.005)
    assert min(drawn.sizes) >= 40
    assert map_words(drawn).startswith("看得出 2 派意见。")
    assert drawn.labels == ("A", "B")


def test_independent_answers_show_no_groups():
    drawn = opinion_map(camps(groups=1))

    assert (drawn.verdict, drawn.sizes) == (Verdict.NO_GROUPS, (90,))
    assert map_words(drawn) == "看不出明显分派。"
    assert drawn.test.power >= 0.9


@pytest.mark.parametrize(
    "votes",
    [
        camps(40, 15, groups=2, density=0.3),
        camps(1, 15),
        camps(9, 15),
        camps(30, 1),
        as_votes(np.zeros((30, 15))),
    ],
    ids=["sparse", "one person", "nine people", "one statement", "all pass"],
)
def test_too_little_to_see_anything_is_said(votes):
    drawn = opinion_map(votes)

    assert (drawn.verdict, len(drawn.sizes)) == (Verdict.TOO_LITTLE_DATA, 1)
    assert map_words(drawn) == "数据太少，还看不出有没有分派。"


def test_when_all_agree_there_are_no_groups():
    drawn = opinion_map(as_votes(np.ones((30, 15))))

    assert (drawn.verdict, drawn.test.p) == (Verdict.NO_GROUPS, 1.0)


def test_untested_groups_are_called_so():
    drawn = opinion_map(camps(groups=1), permutations=0)

    assert (drawn.verdict, drawn.test) == (Verdict.UNTESTED, None)
    assert len(drawn.sizes) > 1
    assert "不能当真" in map_words(drawn)


def test_forced_groups_are_drawn_and_the_verdict_stands():
    drawn = opinion_map(camps(groups=1), groups=3)

    assert (drawn.verdict, len(drawn.sizes)) == (Verdict.NO_GROUPS, 3)
    assert map_words(drawn) == "看不出明显分派。按要求硬分成 3 组。"


def test_more_groups_than_opinions_cannot_be_had():
    with pytest.raises(CannotSplit, match="分不成 3 组"):
        opinion_map(as_votes(np.array([[1.0, 1], [-1, -1]] * 20)), groups=3)


def test_people_with_few_answers_stay_outside_the_map():
    votes = camps(60, 30)
    votes.matrix[0, 6:] = np.nan
    votes.matrix[1, 7:] = np.nan

    answer = map_json(opinion_map(votes, permutations=0))

    assert [row["group"] is None for row in answer["participants"]] == [True] + [False] * 59


def test_hidden_statements_are_neither_shown_nor_weighed():
    votes = camps(60, 8, groups=2)
    hidden = opinion_map(votes, permutations=0, hidden={"3"})
    without = [column for column in range(8) if column != 3]
    cut = opinion_map(
        Votes(votes.people, tuple(str(n) for n in without), votes.matrix[:, without]),
        permutations=0,
    )

    assert by_person(hidden) == by_person(cut)
    assert map_json(hidden) == map_json(cut)


def test_group_letters_stay_when_the_larger_group_becomes_the_smaller():
    votes = camps(90, 15, groups=2)
    first = opinion_map(votes)
    larger = [place for place, group in by_person(first).items() if group == 0]
    gone = set(larger[:20])
    stay = [n for n, person in enumerate(votes.people) if person not in gone]
    fewer = Votes(tuple(votes.people[n] for n in stay), votes.statements, votes.matrix[stay])
    before = earlier_labels(json.loads(json.dumps(map_json(first))))

    second = opinion_map(fewer, earlier=before)

    assert (first.labels, second.labels) == (("A", "B"), ("B", "A"))
    assert second.sizes[0] > second.sizes[1]


@pytest.mark.parametrize(("people", "least"), [(10, 5), (59, 5), (60, 10), (200, 10), (201, 11)])
def test_announced_groups_have_a_size(people, least):
    assert group_size_min(people) == least


def test_chance_is_a_share_of_tables_and_identical_tables_are_all_chance():
    same = np.tile([[1.0, -1.0, 0.0]], (30, 1))

    found = compare_with_chance(same, permutations=19, seed=1)

    assert (found.p, found.is_seen, found.power is None) == (1.0, False, False)
    clear = compare_with_chance(camps().matrix, permutations=199, seed=1)
    assert (clear.p, clear.is_seen, clear.power) == (1 / 200, True, None)
    assert not compare_with_chance(camps().matrix, permutations=98, seed=1).p <= LEVEL


def test_shuffling_a_statement_keeps_who_answered_it():
    """Only the mask ties people here: many and few answers must not look like camps."""
    table = np.random.default_rng(4).choice([1.0, -1.0], (80, 20))
    table[:40, 10:] = np.nan
    table[40:, :10] = np.nan

    assert opinion_map(as_votes(table)).verdict is not Verdict.GROUPS


@pytest.mark.slow
@pytest.mark.parametrize("people", SIZES)
def test_at_most_one_structureless_table_in_twenty_shows_groups(people):
    announced = 0
    for density in (1.0, 0.65, 0.3):
        dice = np.random.default_rng([people, round(density * 100)])
        for _ in range(20):
            votes = invented_votes(people, 15, density=density, groups=1, dice=dice)
            announced += opinion_map(votes).verdict is Verdict.GROUPS

    assert announced <= 3  # of 60


@pytest.mark.slow
def test_camps_are_mostly_seen_where_nearly_all_answer():
    seen = 0
    dice = np.random.default_rng(80)
    for _ in range(20):
        votes = invented_votes(80, 15, density=0.8, groups=2, dice=dice)
        seen += opinion_map(votes).verdict is Verdict.GROUPS

    assert seen >= 15


def test_groups_of_public_conversations_are_found_again(testdata, monkeypatch):
    monkeypatch.setenv("YUNSHEQU_TESTDATA", str(testdata))
    scores = []
    for path in conversations():
        theirs = found_groups(path)
        if len(theirs) >= GROUPED_MIN:
            ours = groups_of(read_votes(path), len(set(theirs.values())))
            scores.append(matched_accuracy(ours, theirs))

    assert len(scores) >= 5
    assert np.mean(scores) >= 0.93


def test_matched_accuracy_counts_people_we_left_out_as_wrong():
    theirs = {"a": "x", "b": "x", "c": "y", "d": "y"}

    assert matched_accuracy({"a": 1, "b": 1, "c": 0, "d": 0}, theirs) == 1
    assert matched_accuracy({"a": 1, "b": 0, "c": 0}, theirs) == 0.5
    assert matched_accuracy({"a": 0, "b": 1, "c": 2, "d": 2}, theirs) == 0.75


def residents():
    matrix = np.array([[1.0]] * 6 + [[-1.0]] * 5 + [[1.0]] * 2 + [[-1.0]])
    parts = ("home",) * 6 + ("away",) * 5 + ("tenant",) * 2 + ("",)
    people = tuple(str(n) for n in range(len(parts)))
    return Votes(people, ("0",), matrix, {"residency": parts, "name": people})


def test_breakdown_shows_large_parts_and_hides_small_ones():
    assert breakdown(residents(), "residency") == Breakdown(
        fact="residency",
        parts=("在外", "在地", "租住", "未填"),
        people=(5, 6, 2, 1),
        cells=((Answers(0, 5, 0), Answers(6, 0, 0), None, None),),
    )


def test_breakdown_by_something_that_names_people_is_refused():
    with pytest.raises(TooManyParts, match="有 14 种写法，最多 12 种"):
        breakdown(residents(), "name")


def candidate(name, *, seen, part=VIEWS_MIN, agree=None, passed=0):
    agree = (seen - passed) // 2 if agree is None else agree
    return Candidate(name, Answers(agree, seen - passed - agree, passed), Answers(part, 0, 0))


def test_statements_hardly_seen_come_first_then_those_new_to_the_persons_own_kind():
    candidates = [
        candidate("busy", seen=50),
        candidate("new", seen=0, part=0),
        candidate("young", seen=VIEWS_MIN - 1, part=0),
        candidate("unseen by us", seen=VIEWS_MIN, part=VIEWS_MIN - 1),
        candidate("mine", seen=0, part=0),
    ]

    assert next_statements(candidates, answered={"mine"}, person="lan", count=4) == [
        "new",
        "young",
        "unseen by us",
        "busy",
    ]
    assert (
        next_statements(candidates, answered={c.statement for c in candidates}, person="bo") == []
    )


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_weight_is_largest_for_what_divides_and_falls_with_passes(agree, disagree, passed):
    found = weight(Answers(agree, disagree, passed))

    assert 0 < found <= 1
    assert found == pytest.approx(weight(Answers(disagree, agree, passed)))
    assert weight(Answers(agree, disagree, passed + 1)) < found
    assert weight(Answers(20, 20, 0)) > weight(Answers(40, 0, 0))


def test_different_people_see_different_statements_and_disputed_ones_more_often():
    candidates = [candidate(f"s{n}", seen=40, agree=20 if n < 5 else 40) for n in range(10)]

    firsts = [
        next_statements(candidates, answered=(), person=f"p{n}", count=1)[0] for n in range(300)
    ]

    assert set(firsts) >= {f"s{n}" for n in range(5)}
    assert sum(int(name[1:]) < 5 for name in firsts) > 240
    assert firsts[0] == next_statements(candidates[::-1], answered=(), person="p0", count=1)[0]
