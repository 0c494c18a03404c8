"""The way out: sends what the outbox holds, and nothing else talks to a channel."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from bot.channels.base import Channel, TransportError
from bot.links import private_link
from bot.tables import Outgoing
from core.actor import SYSTEM
from core.database import Database
from core.prepared import Prepared
from core.signing import Signer
from core.transaction import Transaction, table_of

ATTEMPTS_MAX = 8
BATCH_MAX = 100
LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=10)
SENDING_MAX = 16
SEND_SECONDS_MAX = 15.0

log = logging.getLogger(__name__)


_DUE = Prepared(
    select(
        col(Outgoing.id),
        col(Outgoing.channel),
        col(Outgoing.recipient),
        col(Outgoing.text),
        col(Outgoing.link),
        col(Outgoing.identity_id),
        col(Outgoing.attempts),
    )
    .where(col(Outgoing.settled).is_(False), col(Outgoing.due_at) <= bindparam("now"))
    .order_by(col(Outgoing.due_at), col(Outgoing.id))
    .limit(BATCH_MAX)
    .with_for_update(skip_locked=True)
)
_CLAIM = Prepared(
    update(table_of(Outgoing))
    .where(col(Outgoing.id) == bindparam("row"))
    .values(due_at=bindparam("lease"), attempts=table_of(Outgoing).c.attempts + 1)
)
_SENT = Prepared(
    update(table_of(Outgoing))
    .where(col(Outgoing.id) == bindparam("row"))
    .values(settled=True, sent_at=bindparam("now"), error="")
)
_FAILED = Prepared(
    update(table_of(Outgoing))
    .where(col(Outgoing.id) == bindparam("row"))
    .values(
        error=bindparam("why"),
        attempts=bindparam("tries"),
        settled=bindparam("over"),
        dead_at=bindparam("dead"),
        due_at=bindparam("due"),
    )
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message on its way out."""

    id: int
    channel: str
    recipient: str
    text: str
    link: str
    identity_id: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message; empty `error`: it was sent."""

    waiting: Waiting
    error: str = ""
    permanent: bool = False
    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Way:
    """What is needed to send: the channels by name, and how links are made."""

    channels: Mapping[str, Channel]
    signer: Signer
    public_url: str

    def address(self, waiting: Waiting) -> str:
        """The whole address of the message's page, private where it is for one person."""
        if not waiting.link:
            return ""
        if waiting.identity_id is None or waiting.link.startswith("/console/"):
            return self.public_url + waiting.link
        return self.public_url + private_link(self.signer, waiting.identity_id, waiting.link)


async def deliver_due(db: Database, way: Way) -> int:
    """Send what is due: claim in one transaction, send outside any, record in another.

    Returns how many were tried. Messages to one recipient leave in the order they were written.
    """
    batch = await db.run(SYSTEM, claim_due)
    if not batch:
        return 0
    lanes: dict[tuple[str, str], list[Waiting]] = {}
    for waiting in batch:
        lanes.setdefault((waiting.channel, waiting.recipient), []).append(waiting)
    gate = asyncio.Semaphore(SENDING_MAX)
    results = await asyncio.gather(*(_send_lane(way, lane, gate) for lane in lanes.values()))
    outcomes = [outcome for lane in results for outcome in lane]
    await db.run(SYSTEM, record, outcomes)
    return len(batch)


async def _send_lane(way: Way, lane: list[Waiting], gate: asyncio.Semaphore) -> list[Outcome]:
    outcomes: list[Outcome] = []
    async with gate:
        for waiting in lane:
            outcome = await _send(way, waiting)
            outcomes.append(outcome)
            if outcome.error and not outcome.permanent:
                break  # the rest of the lane stays claimed and follows after the lease
    return outcomes


async def _send(way: Way, waiting: Waiting) -> Outcome:
    channel = way.channels.get(waiting.channel)
    if channel is None:
        return Outcome(waiting, f"没有叫 {waiting.channel} 的渠道", permanent=True)
    try:
        async with asyncio.timeout(SEND_SECONDS_MAX):
            await channel.send(waiting.recipient, waiting.text, way.address(waiting))
    except TransportError as error:
        pause = timedelta(seconds=error.wait_seconds)
        return Outcome(waiting, str(error) or "发不出去", permanent=error.permanent, pause=pause)
    except TimeoutError:
        return Outcome(waiting, f"{SEND_SECONDS_MAX:.0f} 秒没有回应")
    return Outcome(waiting)


def claim_due(tx: Transaction) -> list[Waiting]:
    """Up to BATCH_MAX due messages, oldest first; for LEASE nobody else will take them."""
    batch = [Waiting(*row) for row in tx.look(_DUE, {"now": tx.now})]
    _CLAIM.run(tx.driver, *({"row": w.id, "lease": tx.now + LEASE} for w in batch))
    return sorted(batch, key=lambda waiting: waiting.id)


def record(tx: Transaction, outcomes: list[Outcome]) -> None:
    """Write down what became of each message; failures wait longer each time, then are dead.

    A channel that asks to be left alone for a while is, and that costs no try.
    """
    _SENT.run(
        tx.driver,
        *({"row": o.waiting.id, "now": tx.now} for o in outcomes if not o.error),
    )
    _FAILED.run(tx.driver, *(_failure(tx, outcome) for outcome in outcomes if outcome.error))


def _failure(tx: Transaction, outcome: Outcome) -> dict[str, object]:
    waiting, asked = outcome.waiting, outcome.pause > timedelta(0)
    tries = waiting.attempts + (0 if asked else 1)
    is_dead = outcome.permanent or tries >= ATTEMPTS_MAX
    pause = outcome.pause if asked else FIRST_PAUSE * 2 ** (tries - 1)
    log.warning("message %d not sent (try %d): %s", waiting.id, tries, outcome.error)
    return {
        "row": waiting.id,
        "why": outcome.error[:500],
        "tries": tries,
        "over": is_dead,
        "dead": tx.now if is_dead else None,
        "due": tx.now + pause,
    }


def dead_letters(tx: Transaction, *, limit: int = 50) -> list[Outgoing]:
    """Messages that were given up, newest first, where the actor may look."""
    places = tx.actor.places("outbox.see")
    query = select(Outgoing).where(col(Outgoing.dead_at).is_not(None))
    if -1 not in places:
        query = query.where(col(Outgoing.community_id).in_(places))
    return list(tx.execute(query.order_by(col(Outgoing.id).desc()).limit(limit)).scalars())


def try_again(tx: Transaction, outgoing_id: int) -> None:
    """Put a dead letter back into the queue."""
    letter = tx.get_one(Outgoing, outgoing_id)
    tx.require("outbox.see", letter.community_id)
    letter.settled, letter.dead_at, letter.attempts, letter.due_at = False, None, 0, tx.now
