"""What runs when: APScheduler says when, and whoever claims the moment first does the work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Delete, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from bot.delivery import BATCH_MAX as DELIVERY_MAX
from bot.delivery import Way, deliver_due
from bot.house import House
from bot.tables import Dialog, PageLink, Tick, WebSession
from cases.overdue import close_agreed, deem_due_signed, resume_unanswered
from cases.tables import Disposition, Request
from community.questions import forget_questions
from core.actor import SYSTEM
from core.errors import Busy
from core.once import forget_old
from core.sealing import seal_key, seal_new, sweep
from core.transaction import Transaction, table_of

TICKS_KEPT = timedelta(days=2)
DELIVERY_PAUSE_SECONDS = 0.25
BATCH_MAX = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A plain work that may run twice without harm, and how often it is looked at."""

    name: str
    seconds: int
    work: Callable[[Transaction], object]


@dataclass(frozen=True, slots=True)
class LongJob:
    """Work that takes several transactions, begun by whoever claims its moment."""

    name: str
    seconds: int
    rounds: Callable[[House], Awaitable[object]]


def hand_over_unanswered(tx: Transaction) -> int:
    """Nobody said where it is: a person takes over, and the case shows up as unsure."""
    query = (
        select(col(Dialog.id), col(Dialog.data))
        .where(col(Dialog.expires_at) < tx.now, col(Dialog.flow) == "where")
        .limit(BATCH_MAX)
    )
    rows = tx.look(query).all()
    case_ids = [int(row.data["case_id"]) for row in rows]
    if case_ids:
        tx.look(
            update(Request)
            .where(
                col(Request.case_id).in_(case_ids),
                col(Request.disposition) == Disposition.ASKED,
            )
            .values(disposition=Disposition.UNSURE)
        )
        tx.look(delete(Dialog).where(col(Dialog.id).in_([row.id for row in rows])))
    return len(rows)


def forget_dialogs(tx: Transaction) -> int:
    """Dialogues that have expired, other than those somebody must take over."""
    return _delete(
        tx, delete(Dialog).where(col(Dialog.expires_at) < tx.now, col(Dialog.flow) != "where")
    )


def forget_sessions(tx: Transaction) -> int:
    """Sessions and links that can no longer be used."""
    expired = select(col(WebSession.id)).where(col(WebSession.expires_at) < tx.now)
    links = _delete(tx, delete(PageLink).where(col(PageLink.expires_at) < tx.now))
    links += _delete(tx, delete(PageLink).where(col(PageLink.session_id).in_(expired)))
    return links + _delete(tx, delete(WebSession).where(col(WebSession.expires_at) < tx.now))


def forget_ticks(tx: Transaction) -> int:
    """Claims of moments long past."""
    return _delete(tx, delete(Tick).where(col(Tick.claimed_at) < tx.now - TICKS_KEPT))


async def seal_events(house: House) -> None:
    """What happened since the last turn gets its place and a signed head (core/sealing.py)."""
    await seal_new(house.db, seal_key(house.signer))


async def sweep_events(house: House) -> None:
    """Events that were committed so late that no turn saw them."""
    await sweep(house.db, seal_key(house.signer))


def _delete(tx: Transaction, statement: Delete) -> int:
    return int(tx.look(statement).rowcount)


JOBS: tuple[Job | LongJob, ...] = (
    Job("deem_signed", 60, deem_due_signed),
    Job("resume_unanswered", 60, resume_unanswered),
    Job("close_agreed", 300, close_agreed),
    Job("hand_over_unanswered", 60, hand_over_unanswered),
    Job("forget_dialogs", 3_600, forget_dialogs),
    Job("forget_sessions", 3_600, forget_sessions),
    Job("forget_keys", 3_600, forget_old),
    Job("forget_ticks", 3_600, forget_ticks),
    Job("forget_questions", 3_600, forget_questions),
    LongJob("seal_events", 60, seal_events),
    LongJob("sweep_events", 86_400, sweep_events),
)

_CLAIM = {
    name: dialect.insert(table_of(Tick))
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def claim(tx: Transaction, name: str, at: datetime) -> bool:
    """Whether this process is the one that does the job's scheduled moment."""
    row = {"job": name, "at": at, "claimed_at": tx.now}
    return tx.core.execute(_CLAIM[tx.core.dialect.name], row).rowcount == 1


def run_claimed(tx: Transaction, job: Job, at: datetime) -> bool:
    """Do the job's work if its moment is still free; claim and work stand or fall together."""
    if not claim(tx, job.name, at):
        return False
    job.work(tx)
    return True


async def run_job(house: House, job: Job | LongJob) -> None:
    """One turn of the clock for one job."""
    now = house.db.clock().timestamp()
    # Every process works out the same moment, whenever its own clock rings.
    at = datetime.fromtimestamp(now - now % job.seconds, UTC)
    try:
        if isinstance(job, Job):
            await house.db.run(SYSTEM, run_claimed, job, at)
        elif await house.db.run(SYSTEM, claim, job.name, at):
            await job.rounds(house)
    except Busy:
        log.warning("job %s waits for its next turn: too much to write", job.name)
    except Exception:
        log.exception("job %s failed", job.name)


def start_scheduler(house: House) -> AsyncIOScheduler:
    """The running clock; shutdown() stops it."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in JOBS:
        scheduler.add_job(
            run_job,
            "interval",
            seconds=job.seconds,
            args=(house, job),
            id=job.name,
            max_instances=1,
            coalesce=True,
            next_run_time=datetime.now(UTC) + timedelta(seconds=2),
        )
    scheduler.start()
    return scheduler


async def keep_delivering(house: House, way: Way) -> None:
    """Send what the outbox holds for as long as the process lives."""
    while True:
        try:
            tried = await deliver_due(house.db, way)
        except Busy:
            tried = 0
        except Exception:
            log.exception("delivery failed")
            tried = 0
        if tried < DELIVERY_MAX:
            # What comes in meanwhile leaves together: a round of its own for each costs far more.
            await asyncio.sleep(DELIVERY_PAUSE_SECONDS)
