"""The outgoing hook: a signed HTTP POST that an SMS or telephone service can be tied to."""

import hashlib
import hmac
import json
import time

import aiohttp

from bot.channels.base import TransportError

SECONDS_MAX = 10


class Hook:
    """A channel that posts {"recipient", "text", "link"} to one address.

    X-Timestamp and X-Signature (hex HMAC-SHA256 of timestamp, newline, body) let the receiver
    check who sent it.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()

    async def send(self, recipient: str, text: str, link: str) -> None:
        """Post the words, or raise TransportError; 4xx other than 408 and 429 are permanent."""
        if not self._url:
            raise TransportError("没有设置 YUNSHEQU_DUTY_HOOK_URL", permanent=True)
        body = json.dumps(
            {"recipient": recipient, "text": text, "link": link}, ensure_ascii=False
        ).encode()
        stamp = str(int(time.time()))
        signature = hmac.new(self._secret, stamp.encode() + b"\n" + body, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": stamp,
            "X-Signature": signature.hexdigest(),
        }
        timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body, headers=headers) as response,
            ):
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransportError(f"接口连不上：{type(error).__name__}") from error
        if status >= 400:
            raise TransportError(
                f"接口回答 {status}", permanent=400 <= status < 500 and status not in (408, 429)
            )
