"""The desk: people who came in or telephoned, whom no chat reaches; somebody has to call them."""

from bot.channels.base import TransportError

CHANNEL = "desk"


class Desk:
    """A channel that always says that a person must tell it; the words wait on the 今天 page."""

    async def send(self, recipient: str, text: str, link: str) -> None:
        """Raise TransportError for good: only a telephone call reaches this person."""
        raise TransportError("没有绑定聊天，请打电话告诉本人", permanent=True)
