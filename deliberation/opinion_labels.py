"""Names of groups that stay when a map is drawn again: A today is A tomorrow."""

from collections.abc import Collection, Mapping, Sequence
from string import ascii_uppercase

from core.errors import Refusal

LABELS_MAX = len(ascii_uppercase)


class TooManyLabels(Refusal):
    code = "too_many_labels"
    text = "先后出现过的组太多，字母用完了，请从新的快照开始。"


def stable_labels(groups: Sequence[Collection[str]], earlier: Mapping[str, str]) -> list[str]:
    """A letter for each group, that of the earlier group it shares most people with.

    `groups` are the ids of each group's people, `earlier` says each person's letter in the
    snapshot before. Letters are given so that as many people as possible keep theirs; a group that
    shares nobody gets the first letter never used. Without a snapshot: A, B, C by number.
    """
    letters = sorted(set(earlier.values()))
    overlap = [[0] * len(letters) for _ in groups]
    for number, people in enumerate(groups):
        for person in people:
            if person in earlier:
                overlap[number][letters.index(earlier[person])] += 1
    matched = _best_matching(overlap, len(letters))
    fresh = (letter for letter in ascii_uppercase if letter not in letters)
    labels = []
    for number, place in enumerate(matched):
        letter = letters[place] if place >= 0 and overlap[number][place] else next(fresh, None)
        if letter is None:
            raise TooManyLabels
        labels.append(letter)
    return labels


def _best_matching(overlap: Sequence[Sequence[int]], columns: int) -> list[int]:
    """For each row a column of its own or -1, with the largest sum; the first such on a tie."""
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for row in overlap:
        following: dict[int, tuple[int, list[int]]] = {}
        for used, (total, chosen) in best.items():
            for place in [*(p for p in range(columns) if not used >> p & 1 and row[p]), -1]:
                key = used | (1 << place) if place >= 0 else used
                value = total + (row[place] if place >= 0 else 0)
                if key not in following or value > following[key][0]:
                    following[key] = (value, [*chosen, place])
        best = following
    return max(best.values(), key=lambda entry: entry[0])[1]
