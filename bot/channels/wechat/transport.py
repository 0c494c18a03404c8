"""The way out to people who follow an official account."""

from bot.channels.base import TransportError
from bot.channels.wechat.client import WechatClient
from bot.outbox import GROUP_PREFIX


class WechatTransport:
    """A Channel: sends customer-service messages; an account has no groups to speak in."""

    def __init__(self, client: WechatClient) -> None:
        self._client = client

    async def send(self, recipient: str, text: str, link: str) -> None:
        if recipient.startswith(GROUP_PREFIX):
            raise TransportError("公众号不能往群里发消息", permanent=True)
        await self._client.send_text(recipient, f"{text}\n{link}" if link else text)
