"""Figures of the opinion map: time, agreement with groups found by others, false groups, power.

Run: python -m bench.opinion_map [--runs 40] [--part time|accuracy|chance]

Targets: 2,031 people x 896 statements under 0.5 s without the test and under 20 s with 199
permutations; mean matched accuracy at least .93 on public conversations with 50 grouped people or
more; groups announced on structureless votes in at most 5 of 100 tables. Comparison with red-dwarf
is made where that package is installed (it is not among ours: it needs pandas).
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does

import argparse
import csv
import gzip
import importlib
import itertools
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deliberation.opinion_directions import Floats
from deliberation.opinion_map import Verdict, opinion_map
from deliberation.opinion_votes import Votes, read_votes

SIZES = (40, 80, 200)
DENSITIES = (1.0, 0.8, 0.5, 0.3)
STATEMENTS = 15
GROUPED_MIN = 50


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def as_votes(matrix: Floats) -> Votes:
    """Votes of people who answered something; ids are the places."""
    answered = matrix[(~np.isnan(matrix)).any(axis=1)]
    people = tuple(str(n) for n in range(len(answered)))
    return Votes(people, tuple(str(n) for n in range(matrix.shape[1])), answered)


def invented_votes(
    people: int, statements: int, *, density: float, groups: int, dice: np.random.Generator
) -> Votes:
    """Votes of so many camps (1: none), statement by statement as unlike as public ones.

    Agreement has log-odds normal with deviation 0.8 for a statement, 1.6 more for a camp; one
    answer in eight is a pass; answers are missing at random.
    """
    common = dice.normal(0, 0.8, statements)
    camps = dice.normal(0, 1.6, (groups, statements)) * (groups > 1)
    camp = dice.permutation(people) % groups
    odds = common + camps[camp]
    votes = np.where(dice.random(odds.shape) < 1 / (1 + np.exp(-odds)), 1.0, -1.0)
    votes[dice.random(odds.shape) < 0.125] = 0.0
    votes[dice.random(odds.shape) >= density] = np.nan
    return as_votes(votes)


def measure_time() -> None:
    dice = np.random.default_rng(896)
    votes = invented_votes(2_031, 896, density=0.124, groups=3, dice=dice)
    for permutations in (0, 0, 199):
        begun = time.perf_counter()
        drawn = opinion_map(votes, permutations=permutations)
        seconds = time.perf_counter() - begun
        say(
            f"2,031 x 896, {permutations} permutations: {seconds:.2f} s, "
            f"{drawn.verdict}, groups of {drawn.sizes}"
        )


def conversations() -> Iterator[Path]:
    """The votes of public conversations, where the data is."""
    here = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("YUNSHEQU_TESTDATA") or here.parent / "shared" / "data")
    yield from sorted(data.glob("opinions/*/participants-votes.csv.gz"))


def found_groups(path: Path) -> dict[str, str]:
    """Participant to the group that the export names, where it names one."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return {row["participant"]: row["group-id"] for row in csv.DictReader(file)
                if row["group-id"]}  # fmt: skip


def matched_accuracy(ours: dict[str, int], theirs: dict[str, str]) -> float:
    """Share of people in both who are in matching groups, under the best matching of groups."""
    both = [person for person in theirs if person in ours]
    pairs = Counter((theirs[person], ours[person]) for person in both)
    names = sorted(set(theirs.values()))
    numbers = range(max(len(names), max(ours.values()) + 1))
    return max(
        sum(pairs[name, number] for name, number in zip(names, order, strict=False))
        for order in itertools.permutations(numbers, len(names))
    ) / len(theirs)


def groups_of(votes: Votes, groups: int) -> dict[str, int]:
    drawn = opinion_map(votes, groups=groups, permutations=0)
    people = (votes.people[place] for place in drawn.places)
    return dict(zip(people, drawn.groups.tolist(), strict=True))


def measure_accuracy() -> None:
    scores = []
    for path in conversations():
        votes, theirs = read_votes(path), found_groups(path)
        count = len(set(theirs.values()))
        begun = time.perf_counter()
        ours = groups_of(votes, count)
        seconds = time.perf_counter() - begun
        score = matched_accuracy(ours, theirs)
        if len(theirs) >= GROUPED_MIN:
            scores.append(score)
        say(
            f"{path.parent.name[:40]:40} {len(votes.people):5} x {len(votes.statements):3} "
            f"{count} groups of {len(theirs):4}: {score:.3f} in {seconds:.2f} s"
            f"{other_seconds(votes, count)}"
        )
    if not scores:
        say("no public conversations here: set YUNSHEQU_TESTDATA")
        return
    say(f"mean of {len(scores)} with {GROUPED_MIN} grouped people or more: {np.mean(scores):.3f}")


def other_seconds(votes: Votes, count: int) -> str:
    """The time red-dwarf needs for the same, where it is installed."""
    try:
        polis: Any = importlib.import_module("reddwarf.implementations.polis")
    except ImportError:
        return ""
    rows = [
        {"participant_id": int(votes.people[row]), "statement_id": int(votes.statements[column]),
         "vote": int(votes.matrix[row, column]), "modified": 0}
        for row, column in np.argwhere(~np.isnan(votes.matrix))
    ]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begun = time.perf_counter()
        polis.run_pipeline(votes=rows, force_group_count=count, random_state=1)
    return f"; red-dwarf {time.perf_counter() - begun:.2f} s"


def measure_chance(runs: int) -> None:
    say(f"{STATEMENTS} statements, {runs} tables each; share of tables with groups announced")
    say("people density | none planted (of these: too little data) | two planted | three planted")
    for people, density in itertools.product(SIZES, DENSITIES):
        line = f"{people:6} {density:6.0%}  |"
        for groups in (1, 2, 3):
            dice = np.random.default_rng([people, int(density * 100), groups])
            verdicts = Counter(
                opinion_map(
                    invented_votes(people, STATEMENTS, density=density, groups=groups, dice=dice)
                ).verdict
                for _ in range(runs)
            )
            line += f" {verdicts[Verdict.GROUPS] / runs:5.1%}"
            line += f" ({verdicts[Verdict.TOO_LITTLE_DATA] / runs:4.0%})" if groups == 1 else ""
        say(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--part", choices=("time", "accuracy", "chance"))
    asked = parser.parse_args()
    if asked.part in (None, "time"):
        measure_time()
    if asked.part in (None, "accuracy"):
        measure_accuracy()
    if asked.part in (None, "chance"):
        measure_chance(asked.runs)


if __name__ == "__main__":
    main()
