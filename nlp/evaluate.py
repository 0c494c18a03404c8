"""Scores on labelled files, for the command line and the checks."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.corpus import Line, chat_lines, json_lines
from nlp.reading import CONCERNS_US, Context, Reading, read
from nlp.span_training import gold_spans
from nlp.spans import LABELS, spans_of

RESAMPLES = 200
MESSAGES_BEFORE = 20
BINS = 10

Pair = tuple[str | None, str | None]
Span = tuple[int, int, str]


def class_scores(pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and count of each label; pairs are (truth, answer)."""
    scores = {}
    for name in sorted({truth for truth, _ in pairs if truth is not None}):
        right = sum(truth == answer == name for truth, answer in pairs)
        said = sum(answer == name for _, answer in pairs)
        real = sum(truth == name for truth, _ in pairs)
        precision, recall = right / said if said else 0.0, right / real
        both = precision + recall
        scores[name] = {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / both, 4) if both else 0.0,
            "count": real,
        }
    return scores


def macro_f1(pairs: Sequence[Pair]) -> float:
    """The mean F1 over the labels that occur as truth."""
    scores = class_scores(pairs)
    return sum(score["f1"] for score in scores.values()) / max(len(scores), 1)


def interval(items: Sequence[Any], figure: Callable[[Sequence[Any]], float]) -> list[float]:
    """The 95 % bootstrap interval of a figure over items, from a fixed seed."""
    chance = random.Random(1)
    values = sorted(figure(chance.choices(items, k=len(items))) for _ in range(RESAMPLES))
    return [round(values[int(RESAMPLES * 0.025)], 4), round(values[int(RESAMPLES * 0.975)], 4)]


def calibration_error(chances: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten bins of equal width."""
    chance, truth = np.asarray(chances), np.asarray(right, dtype=float)
    bins = np.minimum((chance * BINS).astype(int), BINS - 1)
    gaps = [
        abs(chance[bins == part].mean() - truth[bins == part].mean()) * (bins == part).mean()
        for part in range(BINS)
        if (bins == part).any()
    ]
    return float(sum(gaps))


def readings_of(lines: Sequence[Line], *, context: bool) -> list[Reading]:
    """Readings of conversation lines, with sender and earlier messages when `context` is set."""
    if not context:
        return [read(line.text) for line in lines]
    readings = []
    for place, line in enumerate(lines):
        earlier = lines[max(0, place - MESSAGES_BEFORE) : place]
        before = [(e.key, e.sender, e.text) for e in earlier if e.group == line.group]
        readings.append(read(line.text, Context(sender=line.sender, messages=tuple(before))))
    return readings


def category_report(pairs: Sequence[tuple[str, str | None, float]]) -> dict[str, Any]:
    """Figures on (truth, answer, confidence) triples."""
    plain_pairs = [(truth, answer) for truth, answer, _ in pairs]
    right = [truth == answer for truth, answer in plain_pairs]
    chances = [chance for _, _, chance in pairs]
    surest = sorted(range(len(pairs)), key=lambda row: -chances[row])[: int(len(pairs) * 0.8)]
    return {
        "rows": len(pairs),
        "macro_f1": round(macro_f1(plain_pairs), 4),
        "interval": interval(plain_pairs, macro_f1),
        "accuracy": round(sum(right) / len(right), 4),
        "calibration_error": round(calibration_error(chances, right), 4),
        "surest_80_accuracy": round(sum(right[row] for row in surest) / len(surest), 4),
        "classes": class_scores(plain_pairs),
    }


def evaluate_category(path: Path) -> dict[str, Any]:
    """Category figures: titles and whole letters of a letter file, or the lines of a chat file."""
    rows = [row for row in json_lines(path) if row.get("category")]
    if "title" not in rows[0]:
        triples = [(row["category"], *_category(row["text"])) for row in rows]
        return {"task": "category", "text": category_report(triples)}
    full = [row["title"] + "\n" + (row.get("body") or "") for row in rows]
    return {
        "task": "category",
        "title": category_report([(row["category"], *_category(row["title"])) for row in rows]),
        "full": category_report(
            [(row["category"], *_category(text)) for row, text in zip(rows, full, strict=True)]
        ),
    }


def _category(text: str) -> tuple[str | None, float]:
    reading = read(text)
    return reading.category, reading.category_confidence


def intent_report(lines: Sequence[Line], readings: Sequence[Reading]) -> dict[str, Any]:
    """Figures on intents, on the gate and on emergencies."""
    pairs = [
        (line.intent, reading.intent.value) for line, reading in zip(lines, readings, strict=True)
    ]
    ours = {intent.value for intent in CONCERNS_US}
    gate = [("in" if t in ours else "out", "in" if a in ours else "out") for t, a in pairs]
    flags = [
        (line.intent == "emergency", reading.urgency == "emergency")
        for line, reading in zip(lines, readings, strict=True)
    ]
    danger = [flag for truth, flag in flags if truth]
    calm = [flag for truth, flag in flags if not truth]
    right = [truth == answer for truth, answer in pairs]
    chances = [reading.confidence for reading in readings]
    return {
        "rows": len(pairs),
        "macro_f1": round(macro_f1(pairs), 4),
        "interval": interval(pairs, macro_f1),
        "gate": class_scores(gate).get("in"),
        "emergency": {
            "recall": round(sum(danger) / max(len(danger), 1), 4),
            "interval": interval(danger or [False], lambda part: sum(part) / len(part)),
            "others_flagged": round(sum(calm) / max(len(calm), 1), 4),
        },
        "calibration_error": round(calibration_error(chances, right), 4),
        "classes": class_scores(pairs),
    }


def evaluate_intent(path: Path) -> dict[str, Any]:
    """Intent figures of a chat file, message by message and with the talk around each.

    `same_as` links are scored as exact answers, with the talk around.
    """
    lines = chat_lines([path])
    bare, full = readings_of(lines, context=False), readings_of(lines, context=True)
    links = [(line.same_as, r.same_as) for line, r in zip(lines, full, strict=True)]
    return {
        "task": "intent",
        "bare": intent_report(lines, bare),
        "context": intent_report(lines, full),
        "same_as": exact_score(links),
    }


def exact_score(pairs: Sequence[Pair]) -> dict[str, float]:
    """Precision, recall and F1 of answers that must equal the truth; null means none."""
    right = sum(truth == answer for truth, answer in pairs if truth is not None)
    said = sum(answer is not None for _, answer in pairs)
    real = sum(truth is not None for truth, _ in pairs)
    return {
        "precision": round(right / max(said, 1), 4),
        "recall": round(right / max(real, 1), 4),
        "f1": round(2 * right / max(said + real, 1), 4),
        "count": real,
    }


def span_report(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Exact-span figures of the four address labels, each and together, and texts per second."""
    spans_of([""])
    begin = time.process_time()
    answers = [set(spans) for spans in spans_of([row["text"] for row in rows])]
    seconds = time.process_time() - begin
    truths = [gold_spans(row) for row in rows]
    counts = {name: _span_counts(truths, answers, {name}) for name in LABELS}
    return {
        "rows": len(rows),
        **_span_counts(truths, answers, set(LABELS)),
        "classes": counts,
        "texts_per_second": round(len(rows) / max(seconds, 1e-9)),
    }


def _span_counts(
    truths: Sequence[set[Span]], answers: Sequence[set[Span]], names: set[str]
) -> dict[str, float]:
    right = said = real = 0
    for truth, answer in zip(truths, answers, strict=True):
        wanted = {span for span in truth if span[2] in names}
        given = {span for span in answer if span[2] in names}
        right, said, real = right + len(wanted & given), said + len(given), real + len(wanted)
    return {
        "precision": round(right / max(said, 1), 4),
        "recall": round(right / max(real, 1), 4),
        "f1": round(2 * right / max(said + real, 1), 4),
        "count": real,
    }


def evaluate_place(path: Path) -> dict[str, Any]:
    """Place figures: normal forms of a chat file, or spans of labelled addresses."""
    rows = list(json_lines(path))
    if "spans" in rows[0]:
        return {"task": "place", **span_report(rows)}
    pairs = [(row.get("place"), read(row["text"]).place) for row in rows]
    return {"task": "place", "rows": len(rows), **exact_score(pairs)}


EVALUATIONS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "category": evaluate_category,
    "intent": evaluate_intent,
    "place": evaluate_place,
}
