"""The one place where everything is put together and a running process comes to be."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from bot.channels.base import Channel
from bot.channels.hook import Hook
from bot.channels.simulator.transport import SimulatorTransport
from bot.channels.wechat import webhook as wechat_webhook
from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.transport import WechatTransport
from bot.delivery import Way
from bot.house import House
from bot.jobs import keep_delivering, start_scheduler
from bot.paging import HOOK_CHANNEL
from bot.web.server import build_web
from core.actor import SYSTEM
from core.workers import become_worker, release_worker, renew_worker

RENEW_SECONDS = 60
STOP_SECONDS = 4.0

log = logging.getLogger(__name__)


def build_app(house: House) -> web.Application:
    """The whole program as a web application; it begins its background work when it starts."""
    accounts = house.settings.accounts()
    app = build_web(house, wechat_webhook.routes(house, accounts))
    app.cleanup_ctx.append(_background(house))
    return app


def _background(house: House):  # type: ignore[no-untyped-def]
    @asynccontextmanager
    async def run(app: web.Application) -> AsyncIterator[None]:
        number, holder = await asyncio.to_thread(become_worker, house.db)
        async with aiohttp.ClientSession() as session:
            way = way_out(house, session)
            scheduler = start_scheduler(house)
            tasks = [
                asyncio.create_task(keep_delivering(house, way)),
                asyncio.create_task(_keep_worker(house, number, holder)),
            ]
            try:
                yield
            finally:
                scheduler.shutdown(wait=False)
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task
                await house.db.run(SYSTEM, release_worker, number, holder)

    return run


def way_out(house: House, session: aiohttp.ClientSession) -> Way:
    """Every channel words can leave by, under its name."""
    channels: dict[str, Channel] = {
        HOOK_CHANNEL: Hook(house.settings.duty_hook_url, house.settings.duty_hook_secret)
    }
    if house.settings.simulator:
        channels["simulator"] = SimulatorTransport(house.db)
    for account in house.settings.accounts():
        client = WechatClient(house, account)
        channels[f"wechat:{account.name}"] = WechatTransport(client, house.settings.public_url)
    return Way(channels, house.signer, house.settings.public_url)


async def _keep_worker(house: House, number: int, holder: str) -> None:
    """Hold this process's number for as long as it lives."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        if not await house.db.run(SYSTEM, renew_worker, number, holder):
            log.error("worker number %d was taken by another process", number)
