"""The numbers under the map against independent reckoning: planes, groups, shares, matchings."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import Refusal
from deliberation.opinion_answers import (
    CELL_MIN,
    Answers,
    count_answers,
    least_difference,
    share,
    shown,
)
from deliberation.opinion_clusters import clusters
from deliberation.opinion_directions import EXACT_MAX, widest, widths
from deliberation.opinion_gap import has_gap
from deliberation.opinion_labels import stable_labels
from deliberation.opinion_projection import SOFTNESS, centred, project
from deliberation.opinion_statements import consensus, typical_statements

POINTS = arrays(
    np.float64,
    st.tuples(st.integers(8, 40), st.just(2)),
    elements=st.integers(-40, 40).map(lambda n: n / 8),
)


@pytest.mark.parametrize(
    "shape", [(60, 20), (20, 60), (EXACT_MAX + 40, EXACT_MAX + 20), (170, 400)]
)
def test_widest_directions_are_the_first_singular_vectors(shape):
    table = np.random.default_rng(1).standard_normal(shape)
    table += np.outer(
        *(np.random.default_rng(n).standard_normal(size) for n, size in enumerate(shape))
    )
    _, sizes, turned = np.linalg.svd(table)

    directions, found = widest(table)

    # The second direction of noise has near rivals: its size is certain before its direction is.
    assert np.allclose(found, sizes[:2] ** 2, rtol=1e-3)
    assert abs(directions[:, 0] @ turned[0]) == pytest.approx(1, abs=1e-6)
    assert np.allclose(directions.T @ directions, np.eye(2), atol=1e-6)
    assert ((directions**3).sum(axis=0) > 0).all()


@pytest.mark.parametrize("shape", [(60, 20), (20, 60), (500, 300), (300, 500)])
def test_widths_are_the_largest_singular_values_squared(shape):
    table = np.random.default_rng(2).standard_normal(shape).astype(np.float32)
    sizes = np.linalg.svd(table.astype(np.float64), compute_uv=False)

    assert np.allclose(widths(table), sizes[:2] ** 2, rtol=0.02)


@pytest.mark.parametrize("table", [np.zeros((5, 3)), np.ones((1, 1)), np.zeros((0, 4))])
def test_flat_tables_have_no_direction(table):
    directions, found = widest(centred(table))

    assert (directions.tolist(), found.tolist()) == ([[0.0, 0.0]] * table.shape[1], [0.0, 0.0])


def test_points_are_stretched_by_the_share_of_statements_answered():
    votes = np.array([[1, 1, 1, 1.0], [-1, -1, -1, -1], [1, np.nan, np.nan, np.nan]])

    plane = project(votes)

    means = np.nanmean(votes, axis=0)
    raw = np.where(np.isnan(votes), 0, votes - means) @ plane.loadings
    answered = np.array([4, 4, 1])
    assert np.allclose(plane.points, raw * np.sqrt(4 / (answered + SOFTNESS * 4))[:, None])
    assert sum(plane.shares) == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(POINTS, st.integers(2, 4), st.tuples(st.sampled_from([-1, 1]), st.sampled_from([-1, 1])))
def test_groups_do_not_depend_on_the_direction_of_the_axes(points, count, signs):
    found = clusters(points, count, size_min=2, seed=3)
    mirrored = clusters(points * signs, count, size_min=2, seed=3)

    assert (found is None) == (mirrored is None) == (len(np.unique(points, axis=0)) < count)
    if found and mirrored:
        assert found.labels.tolist() == mirrored.labels.tolist()
        assert list(found.sizes) == sorted(found.sizes, reverse=True)
        assert len(found.sizes) == count


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(POINTS, st.integers(2, 4))
def test_silhouette_is_that_of_the_textbook(points, count):
    from sklearn.metrics import silhouette_score  # slow import

    found = clusters(points, count, size_min=1, seed=3)

    if found and count < len(points):
        assert found.silhouette == pytest.approx(silhouette_score(points, found.labels), abs=1e-6)


def test_groups_with_enough_people_are_preferred_to_tighter_ones():
    dice = np.random.default_rng(5)
    crowd = np.vstack([dice.normal(-1, 0.3, (20, 2)), dice.normal(1, 0.3, (10, 2)), [[30.0, 30.0]]])

    assert clusters(crowd, 2, size_min=1, seed=0).sizes == (30, 1)
    assert clusters(crowd, 2, size_min=5, seed=0).sizes == (20, 11)


def test_a_gap_is_seen_between_islands_and_not_within_one_cloud():
    dice = np.random.default_rng(8)
    cloud = dice.standard_normal((120, 2)) * (3, 1)
    islands = cloud * (0.2, 1) + np.repeat([[-3.0, 0.0], [3.0, 0.0]], 60, axis=0)

    assert has_gap(islands, 2, size_min=5, seed=1)
    assert not has_gap(cloud, 2, size_min=5, seed=1)


@pytest.mark.slow
@given(st.integers(1, 400), st.data())
def test_share_is_the_interval_of_all_rates_the_count_does_not_reject(of, data):
    count = data.draw(st.integers(0, of))
    found = share(count, of)

    assert 0 <= found.low <= found.middle <= found.high <= 1
    for end in (found.low, found.high):
        distance = (count / of - end) ** 2
        assert distance == pytest.approx(1.959964**2 * end * (1 - end) / of, abs=1e-9)


def test_difference_is_that_of_the_published_example():
    # Newcombe 1998, table II (a): 56/70 less 48/80 is .2 with interval .0524 to .3339.
    assert least_difference(share(56, 70), share(48, 80)) == pytest.approx(0.0524, abs=5e-5)
    assert -least_difference(share(48, 80), share(56, 70)) == pytest.approx(0.3339, abs=5e-5)


ANSWERS = st.builds(Answers, st.integers(0, 9), st.integers(0, 9), st.integers(0, 3))


@given(st.lists(ANSWERS, min_size=1, max_size=6))
def test_no_small_cell_is_shown_nor_can_be_had_by_subtraction(cells):
    left = shown(cells)

    assert all(cell is None or cell.seen >= CELL_MIN for cell in left)
    assert [cell for cell, kept in zip(cells, left, strict=True) if kept] == [c for c in left if c]
    if len(cells) > 1:
        assert left.count(None) != 1
    if all(cell.seen >= CELL_MIN for cell in cells):
        assert None not in left


def test_answers_are_counted_and_silence_is_none():
    votes = np.array([[1, -1, np.nan], [1, 0, np.nan], [-1, np.nan, np.nan]])

    assert count_answers(votes) == (Answers(2, 1, 0), Answers(0, 1, 1), Answers(0, 0, 0))


def test_consensus_lets_a_small_group_outweigh_a_large_one():
    loved, disputed = (
        [Answers(80, 10, 10), Answers(8, 1, 1)],
        [Answers(100, 0, 0), Answers(0, 10, 0)],
    )

    assert consensus(loved) == pytest.approx(81 / 102 * 9 / 12)
    assert consensus(loved) > 6 * consensus(disputed)


def test_typical_statements_are_sure_differences_of_what_most_of_a_group_says():
    table = [
        [Answers(40, 5, 5), Answers(10, 38, 2)],
        [Answers(25, 20, 5), Answers(24, 21, 5)],
        [Answers(20, 28, 2), Answers(2, 46, 2)],
        [Answers(4, 0, 0), Answers(0, 50, 0)],
    ]

    here, there = (
        [(one.statement, one.side) for one in typical_statements(table, group)] for group in (0, 1)
    )

    assert here == [(0, "agree")]
    assert there == [(0, "disagree"), (2, "disagree")]


EARLIER = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from("ABCD"))


@given(EARLIER, st.lists(st.sampled_from("abcdefghij"), unique=True), st.integers(1, 4))
def test_as_many_people_as_possible_keep_their_letter(earlier, people, count):
    groups = [people[n::count] for n in range(count)]

    labels = stable_labels(groups, earlier)

    def kept(letters):
        return sum(earlier.get(p) == x for g, x in zip(groups, letters, strict=True) for p in g)

    assert len(set(labels)) == count
    assert kept(labels) == max(kept(x) for x in itertools.permutations("ABCDEFGH", count))
    for group, letter in zip(groups, labels, strict=True):
        if not {earlier.get(person) for person in group} - {None}:
            assert letter not in earlier.values()


def test_labels_begin_with_a_and_run_out_in_words():
    assert stable_labels([["a"], ["b"]], {}) == ["A", "B"]
    used = {f"p{n}": chr(ord("A") + n) for n in range(26)}
    with pytest.raises(Refusal, match="字母用完了"):
        stable_labels([["new"]], used)
