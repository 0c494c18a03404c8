"""Learning from people: a warm start from the shipped weights with corrections, in numpy alone.

The new model is judged on a frozen set that ships (conversations of the project's own chat and the
corrections held out) and installed beside the old one only if no class became worse beyond noise.
"""

import json
import math
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlp.categories import CATEGORIES
from nlp.chat_model import (
    CHAT_FILE,
    INTENTS,
    TOWER_FILE,
    ChatModel,
    impression,
    load_chat_model,
)
from nlp.corpus import json_lines, own_chat
from nlp.evaluate import class_scores
from nlp.installed import choose_model
from nlp.linear import Linear, likeliest, save_linear, softmax
from nlp.masking import masked
from nlp.plain import plain
from nlp.signals import CATEGORY_COUNT, INTENT_COUNT, all_numbers, numbers_of, pieces_of

SEED = 20261122
ROUNDS = 12
RATE = 0.5
HOLD = 0.02
REHEARSED = 1500
HELD_EVERY = 5
NOISE_LEAST = 0.03
ROWS_LEAST = 8


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its intent and category, null where nobody said."""

    text: str
    sender: str | None
    intent: str | None
    category: str | None


def corrections_of(path: Path) -> list[Example]:
    """The corrections of a JSON Lines file, texts masked; rows without a known label left out."""
    examples = []
    for row in json_lines(path):
        intent = row.get("intent") if row.get("intent") in INTENTS else None
        category = row.get("category") if row.get("category") in CATEGORIES else None
        if isinstance(row.get("text"), str) and (intent or category):
            examples.append(Example(masked(row["text"]), row.get("sender"), intent, category))
    return examples


def split_corrections(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Corrections to learn from and corrections held out, the same for the same file."""
    learn = [example for place, example in enumerate(examples) if place % HELD_EVERY != 4]
    return learn, [example for place, example in enumerate(examples) if place % HELD_EVERY == 4]


def own_examples() -> tuple[list[Example], list[Example]]:
    """The project's own chat, whole conversations apart: to rehearse, and frozen for judging."""
    rehearse: list[Example] = []
    frozen: list[Example] = []
    groups: dict[str, int] = {}
    for line in own_chat():
        place = groups.setdefault(line.group, len(groups))
        chosen = frozen if place % 3 == 0 else rehearse
        chosen.append(Example(line.text, line.sender, line.intent, line.category))
    return rehearse, frozen


def warm_start(
    model: ChatModel, examples: Sequence[Example], rehearse: Sequence[Example]
) -> Linear:
    """The weights after a few rounds over corrections and as much rehearsal, held near the old."""
    old = model.linear
    weights, dense, bias = old.weights.copy(), old.dense.copy(), old.bias.copy()
    chance = random.Random(SEED)
    for turn in range(ROUNDS):
        batch = [*examples, *chance.sample(list(rehearse), min(len(rehearse), len(examples)))]
        chance.shuffle(batch)
        rate = RATE / (1 + turn)
        for example in batch:
            fresh = replace(old, weights=weights, dense=dense, bias=bias)
            _step(replace(model, linear=fresh), example, rate)
        weights += HOLD * (old.weights - weights)
        dense += HOLD * (old.dense - dense)
        bias += HOLD * (old.bias - bias)
    return replace(old, weights=weights, dense=dense, bias=bias)


def _step(model: ChatModel, example: Example, rate: float) -> None:
    """One gradient step in place on the rows of the linear part that the example touches."""
    text, linear = plain(example.text), model.linear
    heard = all_numbers(numbers_of(text, example.sender, addressed=False))
    numbers = np.asarray(heard, dtype=np.float32)
    known = linear.rows(pieces_of(text, example.sender))
    rows, values = known.rows, known.values
    scores = (linear.scores_of(known, heard) + model.tower.scores(known, heard)) * 0.5
    slope = np.zeros_like(scores)
    heads = (
        (example.intent, INTENTS, slice(0, INTENT_COUNT)),
        (example.category, CATEGORIES, slice(INTENT_COUNT, INTENT_COUNT + CATEGORY_COUNT)),
    )
    for label, names, part in heads:
        if label is not None:
            slope[part] = softmax(scores[part].tolist())
            slope[part.start + list(names).index(label)] -= 1
    linear.weights[rows] -= rate * np.outer(values, slope)
    linear.dense[:] -= rate / (1 + float(numbers @ numbers)) * np.outer(numbers, slope)
    linear.bias[:] -= rate / 10 * slope


def scores_of(
    model: ChatModel, examples: Sequence[Example]
) -> dict[str, dict[str, dict[str, float]]]:
    """Figures per intent and per category on examples, each read with its sender alone."""
    intents: list[tuple[str | None, str | None]] = []
    categories: list[tuple[str | None, str | None]] = []
    for example in examples:
        seen = impression(model, plain(example.text), example.sender)
        if example.intent:
            intents.append((example.intent, INTENTS[likeliest(seen.intents)]))
        if example.category:
            categories.append((example.category, CATEGORIES[likeliest(seen.categories)]))
    return {"intent": class_scores(intents), "category": class_scores(categories)}


def worse_classes(
    old: Mapping[str, Mapping[str, Mapping[str, float]]],
    new: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> list[str]:
    """Classes whose F1 fell by more than noise: 1.96 standard errors, at least three points."""
    worse = []
    for head, classes in old.items():
        for name, figures in classes.items():
            count, before = figures["count"], figures["f1"]
            after = new[head].get(name, {"f1": 0.0})["f1"]
            error = math.sqrt(max(before * (1 - before), 0.05) / max(count, 1))
            if count >= ROWS_LEAST and before - after > max(NOISE_LEAST, 1.96 * error):
                worse.append(f"{head}:{name}")
    return worse


def retrain(corrections: Path, shipped: Path, target: Path) -> dict[str, Any]:
    """Learn from corrections, compare class by class, and install under `target` if none is worse.

    `target/<version>/` holds each model ever installed and `target/current` names the live one.
    """
    learn, held = split_corrections(corrections_of(corrections))
    if not learn:
        return {"installed": False, "reason": "没有可用的更正"}
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    model = load_chat_model(shipped, manifest["chat"]["factors"])
    rehearse, frozen = own_examples()
    linear = warm_start(model, learn, rehearse[:REHEARSED])
    newer = replace(model, linear=linear)
    judged = [*frozen, *held]
    before, after = scores_of(model, judged), scores_of(newer, judged)
    worse = worse_classes(before, after)
    facts = {"corrections": len(learn), "held": len(held), "worse": worse}
    facts |= {"before": before, "after": after}
    if worse:
        return {"installed": False, "reason": "有的类别变差了，没有启用", **facts}
    return {"installed": True, "version": _install(linear, manifest, shipped, target), **facts}


def _install(linear: Linear, manifest: dict[str, Any], shipped: Path, target: Path) -> str:
    fresh = target / "new"
    fresh.mkdir(parents=True, exist_ok=True)
    for name in ("letters.npz", TOWER_FILE, "spans.npz"):
        shutil.copyfile(shipped / name, fresh / name)
    digest = save_linear(linear, fresh / CHAT_FILE)
    version = f"{manifest['letters']['hash'][:6]}-{digest[:6]}"
    parent = manifest["version"]
    chat = {**manifest["chat"], "hash": digest}
    manifest = {**manifest, "version": version, "parent": parent, "chat": chat}
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (fresh / "manifest.json").write_text(text, encoding="utf-8")
    place = target / version
    if place.exists():
        shutil.rmtree(place)
    fresh.rename(place)
    choose_model(target, version)
    return version
