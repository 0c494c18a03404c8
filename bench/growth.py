"""What a message and a page cost as cases grow from 1,000 to 120,000 (a district after years).

Target: at 120,000 cases no more than 1.2 times the cost at 1,000. SQLite; the rows are written
directly, everything measured goes the real way. Each cost is a median of rounds, in ms of
processor time, which a busy machine does not change.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from bot.house import House, open_house
from bot.inbox import receive
from bot.messages import Incoming
from bot.migrate import migrate
from bot.seed import write_district
from cases.access import access_case
from cases.queries import (
    CaseFilter,
    attachments,
    case_counts,
    my_cases,
    public_board,
    timeline,
    today,
    visible_cases,
)
from cases.rules import Phase
from cases.tables import Assignment, AssignmentState, Case, Party, PartyRole
from community.people import actor_of_resident
from community.tables import Agency, Area, AreaKind, Identity, Resident, RoleGrant
from core.actor import SYSTEM, Actor
from core.columns import new_id
from core.settings import Settings
from core.transaction import EventRecord, Transaction
from nlp.categories import CATEGORIES

SIZES = (1_000, 10_000, 40_000, 120_000)
MESSAGES = 300
ROUNDS = 21
CHUNK = 2_000
OPEN_SHARE = 0.03  # of all cases ever: the rest is closed
PHASES = ("classify", "accept", "dispatch", "sign", "report_done", "start_verify", "resident_close")
CHANNEL = "simulator"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


async def measure(folder: Path) -> None:
    """Grow the district step by step and measure at each size."""
    settings = Settings(
        data_dir=folder, secret_key="x" * 40, config=folder / "none", simulator=True
    )
    migrate(settings.database)
    house = open_house(settings)
    await house.db.run(SYSTEM, write_district, house.vault, {})
    around = await house.db.read(SYSTEM, _around)
    chance = random.Random(1)
    have, first = 0, {}
    for size in SIZES:
        began = time.process_time()
        for start in range(have, size, CHUNK):
            count = min(CHUNK, size - start)
            await house.db.run(SYSTEM, _grow, around, start, count, chance)
        have = size
        filled = time.process_time() - began
        costs = await _message_cost(house, size) | await _query_costs(house, around)
        first = first or costs
        ratios = {name: round(cost / first[name], 2) for name, cost in costs.items()}
        figures = {"cases": size, "filled_s": round(filled, 1), "ms": costs, "times": ratios}
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()
    await asyncio.to_thread(house.close)


class Around:
    """Whom the invented cases belong to."""

    def __init__(self, tx: Transaction) -> None:
        area = tx.exec(select(Area).where(col(Area.kind) == AreaKind.COMMUNITY)).first()
        assert area is not None
        self.community = area.id
        query = select(Identity.id, Identity.resident_id, Identity.sender).where(
            col(Identity.community_id) == area.id, col(Identity.resident_id).is_not(None)
        )
        self.people = list(tx.exec(query))
        agency = tx.exec(select(Agency.id).where(col(Agency.community_id) == area.id)).first()
        assert agency is not None
        self.agency = agency
        query_staff = (
            select(RoleGrant.resident_id)
            .join(Resident, col(Resident.id) == col(RoleGrant.resident_id))
            .where(col(RoleGrant.role) == "secretary", col(RoleGrant.area_id) == area.id)
        )
        found = tx.exec(query_staff).first()
        assert found is not None
        self.secretary = found
        self.last_case = 0


def _around(tx: Transaction) -> Around:
    return Around(tx)


def _grow(tx: Transaction, around: Around, start: int, count: int, chance: random.Random) -> None:
    """Write cases as years of work leave them: mostly closed, each with its history."""
    cases, parties, assignments, events = [], [], [], []
    for number in range(start, start + count):
        case_id = new_id()
        age = timedelta(minutes=chance.randrange(60 * 24 * 365 * 3))
        at = tx.now - age
        is_open = chance.random() < OPEN_SHARE
        # One person's own list stays as long as one person's list is.
        identity_id, resident_id, _ = chance.choice(around.people[number >= SIZES[0] :])
        phase = Phase.IN_PROGRESS if is_open else Phase.CLOSED
        cases.append(
            {
                "id": case_id,
                "community_id": around.community,
                "number": f"BENCH-{number:07d}",
                "text": f"第{number}件：{chance.randrange(1, 40)}栋楼道的灯坏了，晚上看不见路",
                "category": chance.choice(CATEGORIES),
                "place": f"{chance.randrange(1, 40)}栋{chance.randrange(1, 5)}单元",
                "phase": phase,
                "agency_id": around.agency,
                "collected_at": at,
                "registered_at": at,
                "due_at": at + timedelta(days=2),
                "closed_at": None if is_open else at + timedelta(days=1),
                "urgency": "normal",
                "source": "chat",
                "confirmation": "resident",
            }
        )
        parties.append(
            {
                "id": new_id(),
                "community_id": around.community,
                "case_id": case_id,
                "identity_id": identity_id,
                "resident_id": resident_id,
                "role": PartyRole.REPORTER,
                "joined_at": at,
            }
        )
        assignments.append(
            {
                "id": new_id(),
                "community_id": around.community,
                "case_id": case_id,
                "agency_id": around.agency,
                "state": AssignmentState.SIGNED if is_open else AssignmentState.DONE,
                "sent_at": at,
                "sign_by": at,
            }
        )
        events += [
            {
                "id": new_id(),
                "community_id": around.community,
                "subject_id": case_id,
                "at": at,
                "actor_id": None,
                "actor_kind": "system",
                "name": "case.move",
                "facts": {"move": move, "who": "bot"},
            }
            for move in PHASES
        ]
        around.last_case = case_id
    tx.write(Case, *cases)
    tx.write(Party, *parties)
    tx.write(Assignment, *assignments)
    tx.write(EventRecord, *events)


async def _message_cost(house: House, size: int) -> dict[str, float]:
    """A private message that opens a case of its own, through the real way in."""
    spent = []
    for number in range(MESSAGES):
        text = f"{number % 30 + 1}栋{number // 30 + 1}单元的路灯坏了，编号{size}-{number}"
        message = Incoming(
            channel=CHANNEL, message_id=f"{size}-{number}", sender=f"g{size}-{number}", text=text
        )
        began = time.process_time()
        await receive(house, message)
        spent.append(time.process_time() - began)
    return {"message": _median(spent)}


async def _query_costs(house: House, around: Around) -> dict[str, float]:
    """What the console's and the residents' pages ask for."""
    staff = await house.db.read(SYSTEM, actor_of_resident, around.secretary)
    identity_id, resident_id, _ = around.people[0]
    resident = await house.db.read(SYSTEM, actor_of_resident, resident_id, identity_id=identity_id)
    asked: dict[str, tuple[Actor, Callable[[Transaction], Any]]] = {
        "today": (staff, today),
        "cases": (staff, lambda tx: visible_cases(tx, CaseFilter())),
        "counts": (staff, lambda tx: case_counts(tx, CaseFilter())),
        "one_case": (staff, lambda tx: _one(tx, around.last_case)),
        "board": (SYSTEM, lambda tx: public_board(tx, around.community)),
        "my_cases": (resident, my_cases),
    }
    costs = {}
    for name, (actor, work) in asked.items():
        spent = []
        for _ in range(ROUNDS):
            began = time.process_time()
            await house.db.read(actor, work)
            spent.append(time.process_time() - began)
        costs[name] = _median(spent)
    return costs


def _one(tx: Transaction, case_id: int) -> None:
    case = access_case(tx, case_id)
    timeline(tx, case, for_staff=True)
    attachments(tx, case.id)


def _median(spent: list[float]) -> float:
    return round(statistics.median(spent) * 1000, 2)


if __name__ == "__main__":
    main()
