"""Training of links: from labelled conversations to the weights of `nlp.matters.LinkModel`.

A message learns to choose among all earlier messages of its matter and "none" (the marginal
likelihood of Durrett and Klein 2013), by Adam (Kingma and Ba 2015) with dropout. What the model of
messages makes of each must come from models that never saw its source, as it will for strangers.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.chat_model import INTENTS
from nlp.corpus import Line
from nlp.fitting import SEED
from nlp.linear import Vector
from nlp.link_numbers import OURS, Said, pair_numbers, reached, said_numbers, words_of
from nlp.matters import LINKS_FILE, LinkWeights, first_chances, save_links
from nlp.plain import plain
from nlp.signals import numbers_of

WEIGHTS = Path(__file__).parent / "weights"
OUR_INTENTS = frozenset(INTENTS[place] for place in OURS)
HIDDEN = 64
MEMBERS = 3  # nets whose scores are averaged
FOLDS = 3
ROUNDS = 8
BATCH = 256
RATE = 2e-3
DECAY = 3e-3
DROPPED = 0.2
SPREAD_LEAST = 0.1
BETA1, BETA2, TINY = 0.9, 0.999, 1e-8
LEASTS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
GATE = 0.45
LIFT = 0.5
CHANGE = 0.4  # how often a mixed talk changes from one conversation to the other


@dataclass(frozen=True, slots=True)
class LinkTable:
    """Pairs of all conversations: rows of `alone` for the later and the earlier message.

    `same` tells which pairs are of one matter, the later going on with it; pairs of one later
    message stand together.
    """

    alone: Vector
    later: NDArray[np.int64]
    earlier: NDArray[np.int64]
    pairs: Vector
    same: NDArray[np.bool_]


def said_of(line: Line, side: Sequence[float], thread: Sequence[float]) -> Said:
    """A labelled line with the model's side of it, as linking sees messages."""
    text = plain(line.text)
    signals = numbers_of(text, line.sender, addressed=False)
    return Said(line.key, line.sender, words_of(text, line.sender, signals), side, thread)


def conversations(lines: Sequence[Line]) -> list[list[int]]:
    """Rows of each conversation, in order."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row, line in enumerate(lines):
        groups.setdefault((line.source, line.group), []).append(row)
    return list(groups.values())


def mixed_conversations(lines: Sequence[Line]) -> list[list[int]]:
    """Conversations of one source two by two, run into one another as groups often talk.

    From these is learned that words, places and speakers tell matters apart and not nearness alone.
    """
    chance = random.Random(SEED)
    by_source: dict[str, list[list[int]]] = {}
    for rows in conversations(lines):
        by_source.setdefault(lines[rows[0]].source, []).append(rows)
    mixed = []
    for talks in by_source.values():
        chance.shuffle(talks)
        mixed += [_mixed(one, other, chance) for one, other in pairwise(talks)][::2]
    return mixed


def _mixed(one: Sequence[int], other: Sequence[int], chance: random.Random) -> list[int]:
    waiting: list[list[int]] = [list(one), list(other)]
    rows = []
    while waiting[0] and waiting[1]:
        if chance.random() < CHANGE:
            waiting.reverse()
        rows.append(waiting[0].pop(0))
    return rows + waiting[0] + waiting[1]


def link_table(
    lines: Sequence[Line], sides: NDArray[np.float64], threads: NDArray[np.float64]
) -> LinkTable:
    """Numbers and truth of each pair of messages of a conversation, mixed ones at the end."""
    matter = np.array([line.same_as or line.key for line in lines])
    follows = np.array([line.same_as is not None for line in lines])
    said = [
        said_of(line, side, thread)
        for line, side, thread in zip(lines, sides.tolist(), threads.tolist(), strict=True)
    ]
    later, earlier, pairs = [], [], []
    for rows in conversations(lines) + mixed_conversations(lines):
        if len(rows) > 1:
            own, others = reached(len(rows))
            later.append(np.array(rows)[own])
            earlier.append(np.array(rows)[others])
            pairs.append(pair_numbers([said[row] for row in rows]))
    first, second = np.concatenate(later), np.concatenate(earlier)
    return LinkTable(
        alone=said_numbers(said),
        later=first,
        earlier=second,
        pairs=np.vstack(pairs),
        same=(matter[first] == matter[second]) & follows[first],
    )


def fit_links(table: LinkTable, rows: NDArray[np.bool_]) -> LinkWeights:
    """Weights fitted on the pairs of these rows: MEMBERS nets side by side."""
    spread = np.maximum(table.alone[rows].std(axis=0), SPREAD_LEAST)
    kept = np.flatnonzero(rows[table.later])
    wide = np.maximum(table.pairs[kept].std(axis=0), SPREAD_LEAST)
    nets = [_fit_one(table, kept, spread, wide, SEED + member) for member in range(MEMBERS)]
    size, scale = len(spread), np.concatenate([spread, spread, wide])[:, None]
    hidden = np.hstack([net["mix"] for net in nets]) / scale
    direct = np.mean([net["direct"] for net in nets], axis=0)[:, None] / scale
    both = np.hstack([hidden, direct]).astype(np.float32)
    bias = sum(float(net["bias"][0]) for net in nets) / MEMBERS
    return LinkWeights(
        later=both[:size],
        earlier=both[size : 2 * size],
        pair=both[2 * size :],
        shift=np.append(np.concatenate([net["shift"] for net in nets]), bias).astype(np.float32),
        out=(np.concatenate([net["out"] for net in nets]) / MEMBERS).astype(np.float32),
    )


def _fit_one(
    table: LinkTable, kept: NDArray[np.int64], spread: Vector, wide: Vector, seed: int
) -> dict[str, Vector]:
    """One net, its numbers evened out by `spread` and `wide`."""
    chance = np.random.default_rng(seed)
    alone, pairs = table.alone / spread, table.pairs / wide
    width = 2 * alone.shape[1] + pairs.shape[1]
    values: dict[str, Vector] = {
        "mix": _normal(chance, (width, HIDDEN), width),
        "shift": np.zeros(HIDDEN, dtype=np.float32),
        "out": _normal(chance, (HIDDEN,), HIDDEN),
        "direct": np.zeros(width, dtype=np.float32),
        "bias": np.array([-2.0], dtype=np.float32),
    }
    means = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in values.items()}
    starts = np.flatnonzero(np.diff(table.later[kept], prepend=-1))
    ends = np.append(starts[1:], len(kept))
    batches = max(len(starts) // BATCH, 1)
    for step in range(1, ROUNDS * batches + 1):
        if step % batches == 1 or batches == 1:
            order = chance.permutation(len(starts))
        picked = order[(step - 1) % batches * BATCH :][:BATCH]
        places = np.concatenate([kept[starts[one] : ends[one]] for one in picked])
        first, second = table.later[places], table.earlier[places]
        numbers = np.hstack([alone[first], alone[second], pairs[places]])
        slopes = _slopes(values, numbers, table.same[places], ends[picked] - starts[picked], chance)
        fall = min(1.0, 2.0 * (1.0 - step / (ROUNDS * batches)) + 0.02)
        rate = RATE * fall * np.sqrt(1 - BETA2**step) / (1 - BETA1**step)
        for name, slope in slopes.items():
            mean, square = means[name]
            mean += (1 - BETA1) * (slope - mean)
            square += (1 - BETA2) * (slope * slope - square)
            values[name] -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(TINY))
    return values


def _normal(chance: np.random.Generator, shape: tuple[int, ...], width: int) -> Vector:
    drawn: Vector = (chance.standard_normal(shape) / width**0.5).astype(np.float32)
    return drawn


def _slopes(
    values: Mapping[str, Vector],
    numbers: Vector,
    same: NDArray[np.bool_],
    counts: NDArray[np.int64],
    chance: np.random.Generator,
) -> dict[str, Vector]:
    """Slopes of the loss of messages with `counts` earlier ones each, pairs in a row."""
    raw = numbers @ values["mix"] + values["shift"]
    mask = (chance.random(raw.shape) >= DROPPED) / np.float32(1 - DROPPED) * (raw > 0)
    hidden = raw * mask
    scores = hidden @ values["out"] + numbers @ values["direct"] + values["bias"]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    top = np.maximum(np.maximum.reduceat(scores, starts), 0)
    powers = np.exp(scores - np.repeat(top, counts))
    chances = powers / np.repeat(np.add.reduceat(powers, starts) + np.exp(-top), counts)
    right = np.repeat(np.add.reduceat(chances * same, starts), counts)
    follows = np.repeat(np.add.reduceat(same.astype(np.int64), starts) > 0, counts)
    wanted = np.where(follows, chances * same / np.maximum(right, TINY), 0)
    error = ((chances - wanted) / len(counts)).astype(np.float32)
    back = (error[:, None] * values["out"] * mask).astype(np.float32)
    return {
        "mix": numbers.T @ back + DECAY * values["mix"],
        "shift": back.sum(axis=0),
        "out": hidden.T.astype(np.float32) @ error + DECAY * values["out"],
        "direct": numbers.T @ error + DECAY * values["direct"],
        "bias": error.sum(keepdims=True),
    }


@dataclass(frozen=True, slots=True)
class Guess:
    """For each line the first message of its likeliest matter, and how likely that is."""

    keys: list[str | None]
    chances: NDArray[np.float64]


def guesses(lines: Sequence[Line], table: LinkTable, scores: Vector) -> Guess:
    """The likeliest matter of each line, from scores of the pairs of a table."""
    keys: list[str | None] = [None] * len(lines)
    chances = np.zeros(len(lines))
    start = 0
    for rows in conversations(lines):
        count = len(reached(len(rows))[0])
        found = first_chances(scores[start : start + count], len(rows))
        start += count
        for place in range(1, len(rows)):
            best = int(found[place, :place].argmax())
            keys[rows[place]] = lines[rows[best]].key
            chances[rows[place]] = found[place, best]
    return Guess(keys, chances)


def table_scores(weights: LinkWeights, table: LinkTable) -> Vector:
    """Scores of all pairs of a table."""
    raw = (table.alone @ weights.later)[table.later] + (table.alone @ weights.earlier)[
        table.earlier
    ]
    raw += table.pairs @ weights.pair + weights.shift
    result: Vector = np.maximum(raw[:, :-1], 0) @ weights.out + raw[:, -1]
    return result


def held_out_guesses(lines: Sequence[Line], table: LinkTable) -> Guess:
    """Guesses by link models that never saw a line's source."""
    sources = np.array([line.source for line in lines])
    scores = np.zeros(len(table.later), dtype=np.float32)
    for part in range(FOLDS):
        held = np.isin(sources, sorted(set(sources.tolist()))[part::FOLDS])
        if held.any() and not held.all():
            mine = held[table.later]
            scores[mine] = table_scores(fit_links(table, ~held), table)[mine]
    return guesses(lines, table, scores)


def link_figures(
    lines: Sequence[Line], guess: Guess, ours: NDArray[np.bool_], least: float, lift: float
) -> dict[str, float]:
    """Precision, recall and F1 of the links given, where messages that concern us need `least`
    and others `lift`.
    """
    given = guess.chances >= np.where(ours, least, lift)
    right = sum(
        bool(one) and line.same_as == key
        for one, line, key in zip(given, lines, guess.keys, strict=True)
    )
    real = sum(line.same_as is not None for line in lines)
    said = int(given.sum())
    return {
        "precision": round(right / max(said, 1), 4),
        "recall": round(right / max(real, 1), 4),
        "f1": round(2 * right / max(said + real, 1), 4),
    }


def train_links(
    lines: Sequence[Line],
    sides: NDArray[np.float64],
    threads: NDArray[np.float64],
    folder: Path = WEIGHTS,
) -> dict[str, Any]:
    """Fit the link model, write it into the folder, and say what the manifest holds of it.

    The least probability is the one of the best F1 on sources held out.
    """
    table = link_table(lines, sides, threads)
    guess = held_out_guesses(lines, table)
    ours = sides[:, OURS].sum(axis=1) >= GATE
    figures = {least: link_figures(lines, guess, ours, least, LIFT) for least in LEASTS}
    best = max(figures, key=lambda least: figures[least]["f1"])
    weights = fit_links(table, np.ones(len(lines), dtype=bool))
    digest = save_links(weights, folder / LINKS_FILE)
    return {"hash": digest, "least": best, "lift": LIFT, "held_out": figures[best]}
