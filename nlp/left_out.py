"""How sources are heard that a model never learnt: each is left out whole, and then read.

Public talk must not be taken for requests, and letters must be heard; the figures stand in the
model card (development only).
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.chat_model import INTENTS
from nlp.corpus import json_lines, letters, own_chat, public_texts
from nlp.fitting import SEED, Table, matrix, probabilities
from nlp.plain import plain
from nlp.reading import CONCERNS_US, THRESHOLDS
from nlp.signals import INTENT_COUNT, all_numbers, numbers_of, pieces_of
from nlp.train import (
    TALK_SAMPLES,
    ChatFit,
    ChatTables,
    chat_tables,
    fit_chat,
    letter_samples,
    talk_samples,
)

TALK_LONGEST = 200
READ_MOST = 3_000


def heard_share(fit: ChatFit, tables: ChatTables, texts: Sequence[str], factor: float) -> float:
    """The share of texts, each alone, that pass the gate as something that concerns us."""
    words = [plain(text) for text in texts]
    pieces = matrix([pieces_of(text, None) for text in words], tables.vocabulary, tables.idf)
    numbers = [all_numbers(numbers_of(text, None, addressed=False)) for text in words]
    scores = fit.scores(Table(pieces, np.array(numbers, dtype=np.float32)))[:, :INTENT_COUNT]
    ours = [INTENTS.index(intent.value) for intent in CONCERNS_US]
    chances = probabilities(scores * np.float32(factor))[:, ours].sum(axis=1)
    return float((chances >= THRESHOLDS["gate_alone"]).mean())


def sources_left_out(folder: Path, factor: float) -> dict[str, Any]:
    """For each public source, the share of its texts taken for our concern by a model that learnt
    from everything else; `factor` is the one that calibrates the finished model's intents.
    """
    rows = letters(folder / "requests" / "labelled_train.jsonl.gz")
    chance = random.Random(SEED)
    texts = {
        source: [
            row["text"]
            for row in json_lines(folder / "chatter" / f"{source}.jsonl.gz")
            if len(row["text"]) < TALK_LONGEST
        ]
        for source in TALK_SAMPLES
    }
    texts["letters"] = [title for title, _, _ in rows]
    found: dict[str, Any] = {}
    for source, all_texts in texts.items():
        samples = [*talk_samples(folder), *letter_samples(rows)]
        kept = [sample for sample in samples if sample.source != source]
        tables = chat_tables(own_chat(), kept, public_texts(folder))
        fit = fit_chat(tables, np.arange(len(tables.lines)), None)
        read = chance.sample(all_texts, min(READ_MOST, len(all_texts)))
        found[source] = {
            "texts": len(read),
            "heard": round(heard_share(fit, tables, read, factor), 4),
        }
    return found


def note_left_out(manifest_file: Path, folder: Path) -> None:
    """Measure `sources_left_out` for the model of a manifest and write it down there."""
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    manifest["left_out"] = sources_left_out(folder, manifest["chat"]["factors"]["intent"])
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    manifest_file.write_text(text, encoding="utf-8")
