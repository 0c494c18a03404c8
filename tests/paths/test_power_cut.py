"""S15 机器断电: kill -9 at random moments; nothing acknowledged is lost, nothing happens twice."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.house import open_house
from cases.tables import Case, Disposition, Party, Request
from core.actor import SYSTEM
from core.once import Done
from core.transaction import EventRecord
from tests.cast import make_cast
from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parent.parent.parent
MESSAGES = 120
KILLS = 22
SEED = 20261122


def environment(settings):
    return {
        **os.environ,
        "YUNSHEQU_DATA_DIR": str(settings.data_dir),
        "YUNSHEQU_DATABASE_URL": settings.database_url,
        "YUNSHEQU_SECRET_KEY": SECRET,
        "PYTHONUNBUFFERED": "1",
    }


def run_until(settings, kill_after):
    """Start the process, read what it acknowledges, and kill it after so many lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.paths.acknowledger", str(MESSAGES)],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    acknowledged = {}
    for line in process.stdout:
        number, text = json.loads(line)
        acknowledged[number] = text
        if kill_after is not None and len(acknowledged) >= kill_after:
            process.kill()
            break
    # What was written before the kill was acknowledged, too.
    for line in process.stdout:
        if line.endswith("\n"):
            number, text = json.loads(line)
            acknowledged[number] = text
    process.stdout.close()
    process.wait()
    return acknowledged, process.returncode


@pytest.mark.slow
def test_kill_at_random_moments_loses_and_doubles_nothing(settings):
    house = open_house(settings)
    house.db.run_now(SYSTEM, make_cast, house.vault)
    house.close()
    chance = random.Random(SEED)
    answers: dict[int, str] = {}

    for kill in range(KILLS):
        # Later kills must let the run get further than what is only answered again.
        acknowledged, status = run_until(settings, chance.randint(1, 6) + kill * 5)
        assert status == -9
        for number, text in acknowledged.items():
            assert answers.setdefault(number, text) == text, "answered differently the second time"
    acknowledged, status = run_until(settings, None)

    assert status == 0
    assert set(acknowledged) == set(range(MESSAGES))
    for number, text in answers.items():
        assert acknowledged[number] == text
    check_effects(settings)


def check_effects(settings):
    house = open_house(settings)

    def look(tx):
        def every(column):
            return list(tx.exec(select(column)))

        opened = select(Request.case_id).where(
            col(Request.disposition).in_((Disposition.OPENED, Disposition.ASKED))
        )
        collected = select(EventRecord.subject_id).where(col(EventRecord.name) == "case.collect")
        return (
            every(col(Request.message_id)),
            list(tx.exec(opened)),
            every(col(Case.id)),
            every(col(Case.number)),
            list(tx.exec(collected)),
            every(col(Done.key)),
            every(col(Party.case_id)),
        )

    requests, opened, cases, numbers, collected, done, parties = house.db.read_now(SYSTEM, look)
    house.close()
    assert Counter(requests).most_common(1)[0][1] == 1, "a message had two effects"
    assert len(done) == MESSAGES
    assert sorted(opened) == sorted(cases) == sorted(collected)
    assert set(parties) == set(cases)
    assert sorted(int(n[-4:]) for n in numbers) == list(range(1, len(numbers) + 1))
