"""Codes with a scene for printed letters: who scans one follows the account and is bound."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.channels.wechat.client import QRCODE_DAYS_MAX, WechatClient
from bot.channels.wechat.errors import WechatError

AT_ONCE = 8

SceneCodes = Callable[[str, Sequence[str], int], Awaitable[list[str]]]
"""(community code, scenes, days) -> the address each picture carries, "" where there is none."""

log = logging.getLogger(__name__)


def scene_codes(clients: Sequence[WechatClient]) -> SceneCodes:
    """Asks the account of a community, else the one that stands for all, for codes with scenes.

    The platform's codes last QRCODE_DAYS_MAX days at most. Once it refuses it is not asked again
    for the rest of the sheet: the words printed beside every code work without it.
    """

    async def codes_for(community: str, scenes: Sequence[str], days: int) -> list[str]:
        client = _client_for(clients, community)
        if client is None:
            return [""] * len(scenes)
        slots = asyncio.Semaphore(AT_ONCE)
        refused = asyncio.Event()

        async def one(scene: str) -> str:
            async with slots:
                if refused.is_set():
                    return ""
                try:
                    code = await client.create_qrcode(scene, days=min(days, QRCODE_DAYS_MAX))
                except WechatError as error:
                    refused.set()
                    log.warning("no codes for a letter: %s", error)
                    return ""
                return code.url

        return list(await asyncio.gather(*(one(scene) for scene in scenes)))

    return codes_for


def _client_for(clients: Sequence[WechatClient], community: str) -> WechatClient | None:
    usable = [client for client in clients if client.account.secret]
    own = [client for client in usable if client.account.community == community]
    shared = [client for client in usable if not client.account.community]
    return next(iter([*own, *shared]), None)
