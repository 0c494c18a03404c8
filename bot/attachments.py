"""Pictures and voice notes that came by chat: hung on their case at once, fetched in peace."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.errors import WechatError
from bot.channels.wechat.media import fetch_media
from bot.house import House
from bot.messages import Incoming, Media
from cases.tables import Attachment
from community.tables import Identity
from core.actor import SYSTEM
from core.transaction import Transaction

# The platform keeps what people send for three days.
FETCH_WITHIN = timedelta(days=3)
BATCH_MAX = 20
ATTEMPTS_MAX = 10
PAUSE_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pending:
    """A picture that is still at the platform."""

    id: int
    channel: str
    media_type: str
    reference: str


async def keep_fetching(house: House, clients: Mapping[str, WechatClient]) -> None:
    """Fetch what is still at the platforms, for as long as the process lives."""
    while True:
        try:
            await fetch_pending(house, clients)
        except Exception:
            log.exception("fetching media failed")
        await asyncio.sleep(PAUSE_SECONDS)


async def fetch_pending(house: House, clients: Mapping[str, WechatClient]) -> int:
    """Fetch a batch of pictures and voice notes into house.files; returns how many arrived."""
    if not clients:
        return 0
    arrived = 0
    for pending in await house.db.read(SYSTEM, waiting_media):
        client = clients.get(pending.channel)
        if client is None:
            continue
        media = Media(media_type=pending.media_type, reference=pending.reference)
        incoming = Incoming(
            channel=pending.channel, message_id="", sender="", text="", media=(media,)
        )
        try:
            (media,) = await fetch_media(house, client, incoming)
        except WechatError as error:
            log.warning("media of attachment %d not fetched: %s", pending.id, error)
            await house.db.run(SYSTEM, record_miss, pending.id, permanent=error.permanent)
        else:
            await house.db.run(SYSTEM, record_media, pending.id, media)
            arrived += 1
    return arrived


def waiting_media(tx: Transaction) -> list[Pending]:
    """What can still be fetched, oldest first."""
    query = (
        select(
            col(Attachment.id),
            col(Identity.channel),
            col(Attachment.media_type),
            col(Attachment.reference),
        )
        .join(Identity, col(Identity.id) == col(Attachment.identity_id))
        .where(
            col(Attachment.sha256) == "",
            col(Attachment.attempts) < ATTEMPTS_MAX,
            col(Attachment.at) > tx.now - FETCH_WITHIN,
        )
        .order_by(col(Attachment.attempts), col(Attachment.id))
        .limit(BATCH_MAX)
    )
    return [Pending(*tuple(row)) for row in tx.look(query)]


def record_media(tx: Transaction, attachment_id: int, media: Media) -> None:
    """The file has arrived."""
    tx.look(
        update(Attachment)
        .where(col(Attachment.id) == attachment_id)
        .values(sha256=media.stored, size=media.size, media_type=media.media_type, reference="")
    )


def record_miss(tx: Transaction, attachment_id: int, *, permanent: bool) -> None:
    """It could not be fetched this time, or never."""
    tries = ATTEMPTS_MAX if permanent else Attachment.attempts + 1
    tx.look(update(Attachment).where(col(Attachment.id) == attachment_id).values(attempts=tries))
