"""Learning from corrections: runs of training, each judged class by class, and the model in use.

A run is a process of its own (`python -m nlp train`), so that reading messages never waits for it;
it installs a model only when no class became worse (nlp/retrain.py).
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlmodel import col

from bot.house import House
from bot.tables import Training
from cases.requests import EXAMPLES_MAX, training_examples
from cases.tables import Request
from community.tables import DISTRICT
from core.actor import SYSTEM, Actor
from core.canonical import Json
from core.errors import Refusal
from core.transaction import Event, Transaction
from nlp.installed import choose_model, installed_models
from nlp.reading import refresh_models

RIGHT = "operate"
MINUTES_MAX = 30
RUNS_SHOWN = 5
ROOT = Path(__file__).parent.parent


class AlreadyTraining(Refusal):
    code = "training_already"
    text = "已经在训练了，等它出结果再说。"
    status = 409


class NothingToLearn(Refusal):
    code = "training_nothing"
    text = "还没有可以学的纠正：先在“诉求”里改几条机器人听错的。"
    status = 409


class NoSuchModel(Refusal):
    code = "training_no_model"
    text = "没有“{version}”这个版本，可能已经被删掉了。"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEnded(Event):
    """A run of training is over; `installed` says whether its model is the live one now."""

    NAME: ClassVar[str] = "model.train"
    version: str
    installed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChosen(Event):
    """Somebody put a model in use; an empty version is the one that ships."""

    NAME: ClassVar[str] = "model.choose"
    version: str


@dataclass(frozen=True, slots=True)
class Learning:
    """What there is to learn from, and the latest runs, newest first."""

    correction_count: int
    fresh_count: int  # since the corrections of the last model that was installed
    runs: Sequence[Training]


def correction_rows(tx: Transaction, community_ids: frozenset[int] | None = None) -> list[bytes]:
    """Every correction as a line of JSON, masked: what was said, and what a person made of it."""
    lines: list[bytes] = []
    after = 0
    while True:
        page = training_examples(tx, after=after, community_ids=community_ids)
        for example in page:
            row = {
                "text": example.text,
                **example.corrected,
                "was": {
                    "intent": example.intent,
                    "category": example.category,
                    "place": example.place,
                },
                "model": example.model,
                "at": example.at.isoformat(),
            }
            lines.append(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        if len(page) < EXAMPLES_MAX:
            return lines
        after = page[-1].id


def learning(tx: Transaction) -> Learning:
    """What the page about models shows."""
    runs = tx.execute(
        select(Training).order_by(col(Training.id).desc()).limit(RUNS_SHOWN)
    ).scalars()
    last = select(func.max(col(Training.until))).where(col(Training.is_installed).is_(True))
    since = tx.look(last).scalar()
    corrected = col(Request.corrected_at)
    count = select(func.count()).where(corrected.is_not(None))
    fresh = count if since is None else count.where(corrected > since)
    return Learning(int(tx.look(count).scalar_one()), int(tx.look(fresh).scalar_one()), list(runs))


def is_running(run: Training, now: datetime) -> bool:
    """Whether a run goes on; one that was cut short with its process counts as over in a while."""
    return run.ended_at is None and now < run.begun_at + timedelta(minutes=MINUTES_MAX)


def begin_training(tx: Transaction) -> int:
    """Note down that a run begins; its id."""
    tx.require(RIGHT)
    newest = tx.execute(select(Training).order_by(col(Training.id).desc()).limit(1)).scalar()
    if newest is not None and is_running(newest, tx.now):
        raise AlreadyTraining
    until = tx.look(select(func.max(col(Request.corrected_at)))).scalar()
    if until is None:
        raise NothingToLearn
    run = Training(begun_at=tx.now, begun_by=tx.actor.id, until=until)
    tx.add(run)
    tx.flush()
    return run.id


async def train(house: House, run_id: int) -> None:
    """Carry the run out and write down what came of it; the new model is in use at once."""
    lines = await house.db.read(SYSTEM, correction_rows)
    try:
        facts = await _learn(house.settings.models, lines)
    except (OSError, ValueError, TimeoutError) as error:
        facts = {"installed": False, "reason": f"没有跑完：{error or '超时'}"}
    await house.db.run(SYSTEM, _end_training, run_id, facts)
    if facts["installed"]:
        await asyncio.to_thread(refresh_models)


async def put_in_use(house: House, actor: Actor, version: str) -> None:
    """Make an installed model the live one, "" the one that ships; every process takes it up soon.

    NoSuchModel when it is not there. The choice stands in the history before it takes effect.
    """
    folder = house.settings.models
    known = await asyncio.to_thread(installed_models, folder)
    if version and version not in {model.version for model in known}:
        raise NoSuchModel(version=version)
    await house.db.run(actor, _note_choice, version)
    await asyncio.to_thread(choose_model, folder, version)
    await asyncio.to_thread(refresh_models)


def _note_choice(tx: Transaction, version: str) -> None:
    tx.require(RIGHT)
    tx.emit(ModelChosen(community_id=DISTRICT, subject_id=DISTRICT, version=version))


def compared(scores: Mapping[str, Any]) -> list[tuple[str, str, int, float, float, bool]]:
    """A run's result class by class: head, class, rows judged, F1 before and after, got worse."""
    before, after = scores.get("before", {}), scores.get("after", {})
    worse = set(scores.get("worse", ()))
    return [
        (
            head,
            name,
            int(figures["count"]),
            float(figures["f1"]),
            float(after.get(head, {}).get(name, {}).get("f1", 0.0)),
            f"{head}:{name}" in worse,
        )
        for head, classes in before.items()
        for name, figures in classes.items()
    ]


def _end_training(tx: Transaction, run_id: int, facts: Mapping[str, Any]) -> None:
    run = tx.get_one(Training, run_id)
    run.ended_at = tx.now
    run.is_installed = bool(facts["installed"])
    run.version = str(facts.get("version", ""))
    run.reason = str(facts.get("reason", ""))[:500]
    run.correction_count = int(facts.get("corrections", 0)) + int(facts.get("held", 0))
    scores: dict[str, Json] = {
        name: facts[name] for name in ("worse", "before", "after") if name in facts
    }
    run.scores = scores
    tx.flush()
    tx.emit(
        TrainingEnded(
            community_id=DISTRICT,
            subject_id=run.id,
            version=run.version,
            installed=run.is_installed,
        )
    )


async def _learn(folder: Path, lines: Sequence[bytes]) -> dict[str, Any]:
    """What the training process says of its run; OSError or ValueError when it breaks off."""
    with tempfile.TemporaryDirectory(prefix="yunshequ-train-") as place:
        file = Path(place) / "corrections.jsonl"
        await asyncio.to_thread(file.write_bytes, b"".join(lines))
        command = [sys.executable, "-m", "nlp", "train"]
        command += ["--with-corrections", str(file), "--to", str(folder)]
        nice = shutil.which("nice")
        process = await asyncio.create_subprocess_exec(
            *([nice, "-n", "10"] if nice else []),
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "YUNSHEQU_NLP_WEIGHTS": str(folder)},
        )
        try:
            async with asyncio.timeout(MINUTES_MAX * 60):
                said, trouble = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    try:
        facts = json.loads(said)
    except ValueError:
        last = trouble.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ValueError("".join(last)[:200] or f"状态 {process.returncode}") from None
    if not isinstance(facts, dict) or "installed" not in facts:
        raise ValueError("训练程序的回答看不懂")
    return facts
