"""The opinion map of a conversation: groups if there are any to be seen, and what people share."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import Refusal
from deliberation.opinion_answers import CELL_MIN, Answers, count_answers, count_by_part
from deliberation.opinion_chance import PERMUTATIONS, ChanceTest, compare_with_chance
from deliberation.opinion_clusters import Clusters, best_clusters, clusters
from deliberation.opinion_directions import Floats
from deliberation.opinion_gap import has_gap
from deliberation.opinion_labels import stable_labels
from deliberation.opinion_projection import Plane, project
from deliberation.opinion_votes import Votes

SEED = 2026
ANSWERS_MIN = 7  # to be on the map; a third of the statements when there are few
PEOPLE_MIN = 2 * CELL_MIN  # on the map, before groups are looked for
GROUPS_ASKED_MAX = 9


class Verdict(StrEnum):
    """What may be said about groups."""

    GROUPS = "groups"
    NO_GROUPS = "no_groups"
    TOO_LITTLE_DATA = "too_little_data"
    UNTESTED = "untested"


class CannotSplit(Refusal):
    code = "cannot_split"
    text = "分不成 {count} 组：答得够多的有 {people} 人，意见各不相同的更少。"


class GroupsOutOfRange(Refusal):
    code = "groups_out_of_range"
    text = "组数要在 2 到 {most} 之间，不能是 {count}。"


@dataclass(frozen=True, slots=True, eq=False)
class OpinionMap:
    """All that is known of a conversation. People and statements are places in `votes`.

    `places` are the people on the map, in an order that depends on their answers alone; `points`
    (on `plane`) and `groups` go with it. `groups` is 0 for all where no groups are to be seen.
    `table` has for each statement the answers of each group, `totals` those of everyone.
    `statements` are the ones not hidden. `has_gap` is None where no groups are announced.
    """

    votes: Votes
    statements: tuple[int, ...]
    places: NDArray[np.int64]
    plane: Plane
    groups: NDArray[np.int64]
    labels: tuple[str, ...]
    silhouette: float | None
    is_forced: bool
    verdict: Verdict
    test: ChanceTest | None
    has_gap: bool | None
    totals: tuple[Answers, ...]
    table: tuple[tuple[Answers, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """People in each group."""
        return tuple(int(size) for size in np.bincount(self.groups, minlength=1))


def opinion_map(
    votes: Votes,
    *,
    groups: int | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
    hidden: Collection[str] = (),
    earlier: Mapping[str, str] | None = None,
) -> OpinionMap:
    """The map of these votes; the same for the same votes, in whatever order and by whatever names.

    `groups` forces a number of groups: GroupsOutOfRange when it is not 2 to GROUPS_ASKED_MAX,
    CannotSplit when there are too few different answers for it.
    With `permutations` 0 nothing is tested against chance and the verdict is UNTESTED. `hidden` are
    ids of statements taken out by a moderator. `earlier` says the group letter of each person in
    the snapshot before.
    """
    if groups is not None and not 2 <= groups <= GROUPS_ASKED_MAX:
        raise GroupsOutOfRange(most=GROUPS_ASKED_MAX, count=groups)
    statements = tuple(n for n, name in enumerate(votes.statements) if name not in hidden)
    shown = votes.matrix[:, list(statements)]
    places = _on_map(shown)
    answers = shown[places]
    plane = project(answers)
    found = _grouping(plane.points, groups, seed)
    test = None
    if permutations and len(places) >= PEOPLE_MIN:
        test = compare_with_chance(answers, permutations=permutations, seed=seed)
    verdict = _verdict(found, test, permutations)
    is_split = found is not None and (
        groups is not None or verdict in (Verdict.GROUPS, Verdict.UNTESTED)
    )
    labels = found.labels if found and is_split else np.zeros(len(places), dtype=np.int64)
    gap = None
    if found and is_split and verdict is Verdict.GROUPS:
        gap = has_gap(plane.points, len(found.sizes), size_min=CELL_MIN, seed=seed)
    count = int(labels.max(initial=0)) + 1
    return OpinionMap(
        votes=votes,
        statements=statements,
        places=places,
        plane=plane,
        groups=labels,
        labels=_letters(votes, places, labels, count, earlier or {}),
        silhouette=found.silhouette if found and is_split else None,
        is_forced=groups is not None,
        verdict=verdict,
        test=test,
        has_gap=gap,
        totals=count_answers(shown),
        table=count_by_part(answers, labels, count),
    )


def group_size_min(people: int) -> int:
    """People a group needs to be announced, of so many on the map."""
    return CELL_MIN if people < 60 else max(2 * CELL_MIN, -(-people // 20))


def _on_map(shown: Floats) -> NDArray[np.int64]:
    """The people with enough answers, sorted by what they answered."""
    seen = ~np.isnan(shown)
    live = int(seen.any(axis=0).sum())
    needed = max(1, min(ANSWERS_MIN, -(-live // 3)))
    places = np.flatnonzero(seen.sum(axis=1) >= needed)
    codes = np.where(seen, shown, 2.0).astype(np.int8)
    keys = [codes[place].tobytes() for place in places]
    order = sorted(range(len(places)), key=keys.__getitem__)
    return places[order]


def _grouping(points: Floats, groups: int | None, seed: int) -> Clusters | None:
    people = len(points)
    if groups is not None:
        found = clusters(points, groups, size_min=CELL_MIN, seed=seed) if people else None
        if found is None:
            raise CannotSplit(count=groups, people=people)
        return found
    if people < PEOPLE_MIN:
        return None
    return best_clusters(points, size_min=group_size_min(people), seed=seed)


def _verdict(found: Clusters | None, test: ChanceTest | None, permutations: int) -> Verdict:
    if not permutations:
        return Verdict.UNTESTED
    if test is None:
        return Verdict.TOO_LITTLE_DATA
    if test.is_seen:
        return Verdict.GROUPS if found else Verdict.NO_GROUPS
    return Verdict.NO_GROUPS if test.is_telling else Verdict.TOO_LITTLE_DATA


def _letters(
    votes: Votes,
    places: NDArray[np.int64],
    labels: NDArray[np.int64],
    count: int,
    earlier: Mapping[str, str],
) -> tuple[str, ...]:
    people = [[votes.people[n] for n in places[labels == g]] for g in range(count)]
    return tuple(stable_labels(people, earlier))
