"""What changed between two texts, as a Chinese reader marks it: by character, numbers whole.

Pure text in, segments out; `deliberation.redline_book` does whole rulebooks and
`deliberation.redline_words` writes the marks for eyes, chats and ears.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import Refusal
from deliberation.clauses import CLAUSE_ENDS, clauses_of, tokens

# Clauses shorter than this say too little to hang the comparison on.
ANCHOR_CHARS_MIN = 4
# A kept piece this short between two changes is read as changed too.
GAP_CHARS_MAX = 1
# When more than this share of a clause changed, the whole clause is shown old and new (percent).
CLAUSE_CHANGED_MAX = 60
# Above this many comparisons a stretch is shown as replaced as a whole.
CELLS_MAX = 200_000_000
SLIDE_MAX = 100


class Mark(StrEnum):
    KEEP = "keep"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that stayed, went or came."""

    mark: Mark
    text: str


class NotTheOldText(Refusal):
    code = "redline_not_the_old_text"
    text = "这些改动不是照着这段原文写的。"
    status = 409


@dataclass(slots=True)
class Run:
    """A stretch while it is being worked on, in tokens: kept ones, or gone ones and come ones."""

    kept: list[str]
    gone: list[str]
    come: list[str]


def redline(old: str, new: str) -> tuple[Segment, ...]:
    """The marked text: what stayed and went is `old`, what stayed and came is `new`."""
    runs = tidy(compare(tokens(old), tokens(new)))
    runs = tidy(slide(runs))
    runs = tidy(close_gaps(runs))
    runs = tidy(whole_clauses(runs))
    return tuple(segments_of(runs))


def old_text(segments: Iterable[Segment]) -> str:
    """The text before."""
    return "".join(each.text for each in segments if each.mark is not Mark.INSERT)


def new_text(segments: Iterable[Segment]) -> str:
    """The text after."""
    return "".join(each.text for each in segments if each.mark is not Mark.DELETE)


def apply(segments: Sequence[Segment], old: str) -> str:
    """The text after these changes to `old`; raises `NotTheOldText` if they belong to another."""
    if old_text(segments) != old:
        raise NotTheOldText
    return new_text(segments)


def segments_of(runs: Iterable[Run]) -> Iterable[Segment]:
    """The runs as segments, what went before what came."""
    for run in runs:
        for mark, pieces in (
            (Mark.KEEP, run.kept),
            (Mark.DELETE, run.gone),
            (Mark.INSERT, run.come),
        ):
            if pieces:
                yield Segment(mark, "".join(pieces))


def compare(old: list[str], new: list[str]) -> list[Run]:
    """Clauses that stayed first, then the tokens between them."""
    old_clauses, new_clauses = clauses_of(old), clauses_of(new)
    pairs = common(anchors(old_clauses, "old"), anchors(new_clauses, "new"))
    runs: list[Run] = []
    above = right = 0
    for row, column in [*pairs, (len(old_clauses), len(new_clauses))]:
        gone = [piece for clause in old_clauses[above:row] for piece in clause]
        come = [piece for clause in new_clauses[right:column] for piece in clause]
        runs += compare_tokens(gone, come)
        if row < len(old_clauses):
            runs.append(Run(old_clauses[row], [], []))
        above, right = row + 1, column + 1
    return runs


def anchors(clauses: list[list[str]], side: str) -> list[str]:
    """The clauses as strings to be matched; short ones become strings that match nothing."""
    written = ["".join(clause) for clause in clauses]
    return [
        text if len(text) >= ANCHOR_CHARS_MIN else f"\0{side}{place}"
        for place, text in enumerate(written)
    ]


def compare_tokens(old: list[str], new: list[str]) -> list[Run]:
    """The tokens that stayed, in order, and the changes around them."""
    runs: list[Run] = []
    above = right = 0
    for row, column in [*common(old, new), (len(old), len(new))]:
        runs.append(Run([], old[above:row], new[right:column]))
        if row < len(old):
            runs.append(Run([old[row]], [], []))
        above, right = row + 1, column + 1
    return runs


def common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """A longest common subsequence as index pairs; only the equal ends if that costs too much."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = longest_common(old[head : len(old) - tail], new[head : len(new) - tail])
    return [
        *((place, place) for place in range(head)),
        *((row + head, column + head) for row, column in middle),
        *((len(old) - place, len(new) - place) for place in range(tail, 0, -1)),
    ]


def longest_common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Bit-parallel longest common subsequence (Hyyrö 2004), one big integer for each new token."""
    if not old or not new or len(old) * len(new) > CELLS_MAX:
        return []
    full = (1 << len(old)) - 1
    where: dict[str, int] = {}
    for place, piece in enumerate(old):
        where[piece] = where.get(piece, 0) | 1 << place
    state = full
    states: list[int] = []
    for piece in new:
        hit = state & where.get(piece, 0)
        state = ((state + hit) | (state - hit)) & full
        states.append(state)
    return walk_back(states, len(old), len(new))


def walk_back(states: Sequence[int], row: int, column: int) -> list[tuple[int, int]]:
    """The matched pairs, read from the last state to the first: a cleared bit is a match."""
    pairs: list[tuple[int, int]] = []
    while row and column:
        if states[column - 1] >> (row - 1) & 1:
            row -= 1
            continue
        column -= 1
        if column and not states[column - 1] >> (row - 1) & 1:
            continue
        row -= 1
        pairs.append((row, column))
    pairs.reverse()
    return pairs


def tidy(runs: Iterable[Run]) -> list[Run]:
    """Neighbouring runs of one kind joined, empty ones left out."""
    tidied: list[Run] = []
    for run in runs:
        if not (run.kept or run.gone or run.come):
            continue
        if tidied and bool(tidied[-1].kept) == bool(run.kept):
            last = tidied[-1]
            tidied[-1] = Run(last.kept + run.kept, last.gone + run.gone, last.come + run.come)
        else:
            tidied.append(run)
    return tidied


def slide(runs: list[Run]) -> list[Run]:
    """Pure additions and strikings moved, without changing either text, to start at a clause."""
    for place in range(1, len(runs) - 1):
        before, run, after = runs[place - 1 : place + 2]
        if run.kept or bool(run.gone) == bool(run.come):
            continue
        pieces = before.kept + (run.gone or run.come) + after.kept
        length = len(run.gone or run.come)
        # A neighbour between two changes keeps a token, so that the changes stay apart.
        lowest = 0 if place == 1 else 1
        highest = len(pieces) - length - (0 if place == len(runs) - 2 else 1)
        start = best_start(pieces, len(before.kept), length, (lowest, highest))
        moved = pieces[start : start + length]
        runs[place - 1] = Run(pieces[:start], [], [])
        runs[place] = Run([], moved, []) if run.gone else Run([], [], moved)
        runs[place + 1] = Run(pieces[start + length :], [], [])
    return runs


def best_start(pieces: list[str], start: int, length: int, bounds: tuple[int, int]) -> int:
    """Where the changed stretch reads best among the places that give the same two texts."""
    lowest, highest = max(bounds[0], start - SLIDE_MAX), min(bounds[1], start + SLIDE_MAX)
    first = last = start
    while first > lowest and pieces[first - 1] == pieces[first + length - 1]:
        first -= 1
    while last < highest and pieces[last] == pieces[last + length]:
        last += 1
    return max(
        range(first, last + 1),
        key=lambda at: (opens_clause(pieces, at), opens_clause(pieces, at + length), at == start),
    )


def opens_clause(pieces: list[str], place: int) -> bool:
    """Whether a clause begins here."""
    return place == 0 or pieces[place - 1] in CLAUSE_ENDS


def close_gaps(runs: list[Run]) -> list[Run]:
    """Kept single characters between two changes become part of them; paragraph breaks stay."""
    closed: list[Run] = []
    for place, run in enumerate(runs):
        inside = 0 < place < len(runs) - 1
        text = "".join(run.kept)
        if run.kept and inside and len(text) <= GAP_CHARS_MAX and text != "\n":
            closed.append(Run([], run.kept, run.kept))
        else:
            closed.append(run)
    return closed


def whole_clauses(runs: list[Run]) -> list[Run]:
    """Clauses of which most changed shown as a whole, old and new."""
    result: list[Run] = []
    clause: list[Run] = []
    for run in runs:
        if not run.kept:
            clause.append(run)
            continue
        *full, rest = [*clauses_of(run.kept), []]
        if full and full[-1][-1] not in CLAUSE_ENDS:
            rest = full.pop()
        for pieces in full:
            clause.append(Run(pieces[:-1], [], []))
            result += [*whole_clause(clause), Run(pieces[-1:], [], [])]
            clause = []
        clause.append(Run(rest, [], []))
    return [*result, *whole_clause(clause)]


def whole_clause(clause: list[Run]) -> list[Run]:
    """These runs of one clause, joined into one change if too little of it stayed."""
    gone = [piece for run in clause for piece in run.kept + run.gone]
    come = [piece for run in clause for piece in run.kept + run.come]
    # Counted in tokens: a long number is one thing to a reader.
    kept = sum(len(run.kept) for run in clause)
    total = len(gone) + len(come)
    struck = any(run.gone for run in clause)
    added = any(run.come for run in clause)
    if kept and struck and added and (total - 2 * kept) * 100 > CLAUSE_CHANGED_MAX * total:
        return [Run([], gone, come)]
    return clause
