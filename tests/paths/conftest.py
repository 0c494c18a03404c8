"""Stories are told through the simulator: somebody speaks, and we see what everyone sees."""

import itertools

import pytest
from sqlmodel import col, select

from bot.delivery import Way, deliver_due
from bot.inbox import receive
from bot.messages import Incoming
from cases.tables import Case
from core.actor import SYSTEM


class Mailbox:
    """A real channel that keeps what it is given, for one person after another."""

    def __init__(self):
        self.sent = []

    async def send(self, recipient, text, link):
        self.sent.append((recipient, text, link))

    def to(self, recipient):
        return [text for who, text, _ in self.sent if who == recipient]


class Story:
    """Say things as people of the cast, deliver what is due, look at the cases."""

    def __init__(self, house, cast, clock):
        self.house, self.cast, self.clock = house, cast, clock
        self.mail = Mailbox()
        self._ids = itertools.count(1)

    async def say(self, sender, text, *, chat="xfl-3", message_id=None, community="XFL", **more):
        """The bot's answer to a message; an empty chat is private."""
        incoming = Incoming(
            channel="simulator",
            message_id=message_id or f"m{next(self._ids)}",
            sender=sender,
            text=text,
            chat=chat,
            community="" if chat else community,
            **more,
        )
        return await receive(self.house, incoming)

    async def whisper(self, sender, text, **more):
        return await self.say(sender, text, chat="", **more)

    async def deliver(self):
        """Everything the outbox holds, as the people get it."""
        way = Way({"simulator": self.mail, "hook": self.mail}, self.house.signer, "https://x")
        while await deliver_due(self.house.db, way):
            pass
        return self.mail

    async def cases(self):
        return await self.house.db.read(
            SYSTEM, lambda tx: list(tx.exec(select(Case).order_by(col(Case.id))).all())
        )


@pytest.fixture
def story(house, cast, clock):
    return Story(house, cast, clock)
