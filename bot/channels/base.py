"""What every channel can do, and how it says that it could not."""

from typing import Protocol


class TransportError(Exception):
    """Words could not be sent; the message says why, without secrets or names.

    `permanent` means that trying again cannot help; otherwise `wait_seconds` is how long the
    channel asks to be left alone first (0: the usual pauses).
    """

    def __init__(self, message: str, *, permanent: bool = False, wait_seconds: float = 0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.wait_seconds = wait_seconds


class Channel(Protocol):
    """A way out for words, kept under its name ("wechat:main", "simulator", …)."""

    async def send(self, recipient: str, text: str, link: str) -> None:
        """Deliver the words, or raise TransportError.

        `recipient` is a sender, or a chat with the prefix "chat:"; `link` is the
        full address of the page that belongs to the words, or empty.
        """
