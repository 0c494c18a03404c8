"""Words for people whom no chat reaches wait for somebody who calls them."""

import pytest
from sqlmodel import select

from bot.channels.base import TransportError
from bot.channels.desk import CHANNEL, Desk
from bot.delivery import Way, deliver_due
from bot.outbox import tell
from bot.tables import Outgoing
from core.actor import SYSTEM


async def test_desk_says_for_good_that_somebody_must_call():
    with pytest.raises(TransportError) as refused:
        await Desk().send("visit-1", "办好了", "")

    assert refused.value.permanent


async def test_words_for_the_desk_wait_as_dead_letters(house):
    house.db.run_now(
        SYSTEM, lambda tx: tell(tx, key="k", channel=CHANNEL, recipient="visit-1", text="办好了")
    )

    await deliver_due(house.db, Way({CHANNEL: Desk()}, house.signer, "http://x"))

    (letter,) = house.db.read_now(SYSTEM, lambda tx: tx.execute(select(Outgoing)).scalars().all())
    assert letter.dead_at is not None
    assert "打电话" in letter.error
