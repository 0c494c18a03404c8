"""The way out to the demonstration chat: words become lines that pages and terminals read."""

from bot.simulator import room_for, write_line
from core.actor import SYSTEM
from core.database import Database


class SimulatorTransport:
    """Writes what is sent as a line of the bot (bot/channels/base.py: Channel)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def send(self, recipient: str, text: str, link: str) -> None:
        """Add the words to the recipient's room; a database in trouble raises, to try again."""
        await self._db.run(
            SYSTEM, write_line, room=room_for(recipient), sender="", text=text, link=link
        )
