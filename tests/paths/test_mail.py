"""The way out: at least once, in order, with growing pauses, and dead letters that can be seen."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.channels.base import TransportError
from bot.delivery import ATTEMPTS_MAX, Way, claim_due, dead_letters, deliver_due, try_again
from bot.outbox import take_back, tell, tell_later
from bot.tables import Outgoing
from community.people import actor_of_resident
from core.actor import NOBODY, SYSTEM
from core.errors import NotAllowed


class Flaky:
    """A real Channel that fails as often as it is told."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sent = []

    async def send(self, recipient, text, link):
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((recipient, text, link))


def way(house, channel):
    return Way({"simulator": channel}, house.signer, "https://x")


def write(tx, *texts):
    for text in texts:
        tell(tx, key=text, channel="simulator", recipient="lan", text=text)


async def test_words_leave_once_and_in_order(house):
    channel = Flaky()
    await house.db.run(SYSTEM, write, "a", "b", "c")
    await house.db.run(SYSTEM, write, "b", "d")

    while await deliver_due(house.db, way(house, channel)):
        pass

    assert [text for _, text, _ in channel.sent] == ["a", "b", "c", "d"]


async def test_a_failure_is_tried_again_after_growing_pauses(house, clock):
    channel = Flaky(TransportError("busy"), TransportError("busy"))
    await house.db.run(SYSTEM, write, "a")

    assert await deliver_due(house.db, way(house, channel)) == 1
    assert await deliver_due(house.db, way(house, channel)) == 0
    clock.forward(seconds=10)
    assert await deliver_due(house.db, way(house, channel)) == 1
    clock.forward(seconds=10)
    assert await deliver_due(house.db, way(house, channel)) == 0
    clock.forward(seconds=10)
    assert await deliver_due(house.db, way(house, channel)) == 1
    assert channel.sent == [("lan", "a", "")]


async def test_what_cannot_be_sent_is_a_dead_letter_that_can_be_sent_again(house, cast):
    channel = Flaky(TransportError("not a follower", permanent=True))

    def write_here(tx):
        tell(tx, key="a", channel="simulator", recipient="lan", text="a", community_id=cast.xfl)

    await house.db.run(SYSTEM, write_here)
    await deliver_due(house.db, way(house, channel))

    secretary = await house.db.read(SYSTEM, actor_of_resident, cast.wu)
    stranger = await house.db.read(SYSTEM, actor_of_resident, cast.hua)
    (letter,) = await house.db.read(secretary, dead_letters)
    assert letter.error == "not a follower"
    assert await house.db.read(stranger, dead_letters) == []
    with pytest.raises(NotAllowed):
        await house.db.run(NOBODY, try_again, letter.id)
    await house.db.run(secretary, try_again, letter.id)
    await deliver_due(house.db, way(house, channel))
    assert channel.sent == [("lan", "a", "")]


async def test_after_the_last_try_it_is_dead(house, clock):
    channel = Flaky(*[TransportError("busy")] * 20)
    await house.db.run(SYSTEM, write, "a")

    for _ in range(ATTEMPTS_MAX + 3):
        await deliver_due(house.db, way(house, channel))
        clock.forward(hours=2)

    row = await house.db.read(SYSTEM, lambda tx: tx.exec(select(Outgoing)).one())
    assert (row.attempts, row.settled, row.dead_at is not None) == (ATTEMPTS_MAX, True, True)


async def test_words_claimed_by_a_process_that_died_are_sent_by_another(house, clock):

    channel = Flaky()
    await house.db.run(SYSTEM, write, "a")
    assert len(await house.db.run(SYSTEM, claim_due)) == 1
    assert await deliver_due(house.db, way(house, channel)) == 0
    clock.forward(seconds=31)
    assert await deliver_due(house.db, way(house, channel)) == 1
    assert channel.sent == [("lan", "a", "")]


async def test_words_taken_back_in_time_do_not_leave(house, clock):

    channel = Flaky()

    def later(tx):
        for key in ("a", "b"):
            tell_later(
                tx,
                key=key,
                channel="simulator",
                recipient="lan",
                text=key,
                wait=timedelta(seconds=20),
            )

    await house.db.run(SYSTEM, later)
    assert await house.db.run(SYSTEM, take_back, "a")
    clock.forward(seconds=21)
    await deliver_due(house.db, way(house, channel))
    assert channel.sent == [("lan", "b", "")]
    assert not await house.db.run(SYSTEM, take_back, "b")


async def test_unknown_channel_is_a_dead_letter(house):
    def write_away(tx):
        tell(tx, key="a", channel="pigeon", recipient="lan", text="a")

    await house.db.run(SYSTEM, write_away)
    await deliver_due(house.db, way(house, Flaky()))
    row = await house.db.read(
        SYSTEM, lambda tx: tx.exec(select(Outgoing).where(col(Outgoing.key) == "a")).one()
    )
    assert row.dead_at is not None


async def test_a_channel_that_asks_to_be_left_alone_is_and_it_costs_no_try(house, clock):
    channel = Flaky(TransportError("quota", wait_seconds=3600))
    await house.db.run(SYSTEM, write, "a")

    await deliver_due(house.db, way(house, channel))
    row = await house.db.read(SYSTEM, lambda tx: tx.exec(select(Outgoing)).one())
    assert (row.attempts, row.dead_at) == (0, None)
    clock.forward(minutes=59)
    assert await deliver_due(house.db, way(house, channel)) == 0
    clock.forward(minutes=2)
    await deliver_due(house.db, way(house, channel))
    assert channel.sent == [("lan", "a", "")]
