"""The one place where everything is put together and a running process comes to be."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from aiohttp import web
from prometheus_client import REGISTRY

from bot.attachments import keep_fetching
from bot.channels.base import Channel
from bot.channels.desk import CHANNEL as DESK_CHANNEL
from bot.channels.desk import Desk
from bot.channels.hook import Hook
from bot.channels.simulator.transport import SimulatorTransport
from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.scenes import scene_codes
from bot.channels.wechat.transport import WechatTransport
from bot.channels.wechat.webhook import Webhook
from bot.delivery import Way
from bot.house import House
from bot.jobs import keep_delivering, start_scheduler
from bot.paging import HOOK_CHANNEL
from bot.readers import Readers
from bot.web.keys import SCENES
from bot.web.server import build_web
from core.actor import SYSTEM
from core.cores import CORES, others, share_core, spread_out
from core.workers import become_worker, release_worker, renew_worker
from nlp.reading import models, read, refresh_models

RENEW_SECONDS = 60
MODEL_SECONDS = 10

log = logging.getLogger(__name__)


def build_app(house: House, *, readers: int = 0) -> web.Application:
    """The whole program as a web application; it begins its background work when it starts.

    So many processes of their own read what comes in; with none, this one does.
    """
    accounts = house.settings.accounts()
    webhook = Webhook(house, accounts)
    app = build_web(house, webhook.routes(), registry=REGISTRY)
    clients = {f"wechat:{account.name}": WechatClient(house, account) for account in accounts}
    app[SCENES] = scene_codes(list(clients.values()))

    async def live(_app: web.Application) -> AsyncIterator[None]:
        # The models are loaded before the first message, which must not wait for them.
        await asyncio.to_thread(read, "")
        number, holder = await asyncio.to_thread(become_worker, house.db)
        cores = CORES
        if readers:
            cores = others(share_core(number, house.db.writing_threads()))
            asyncio.get_running_loop().set_default_executor(
                ThreadPoolExecutor(initializer=spread_out)
            )
        house.hearing.readers = Readers(readers, house.settings.models, cores)
        await house.hearing.readers.start()
        scheduler = start_scheduler(house)
        tasks = [
            asyncio.create_task(keep_delivering(house, way_out(house, clients))),
            asyncio.create_task(keep_fetching(house, clients)),
            asyncio.create_task(_keep_worker(house, number, holder)),
            asyncio.create_task(_keep_model_fresh()),
            asyncio.create_task(house.knowledge.warm()),
        ]
        yield
        scheduler.shutdown(wait=False)
        await webhook.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await house.hearing.readers.close()
        for client in clients.values():
            await client.close()
        await house.db.run(SYSTEM, release_worker, number, holder)

    app.cleanup_ctx.append(live)
    return app


def way_out(house: House, clients: Mapping[str, WechatClient]) -> Way:
    """Every channel words can leave by, under its name."""
    settings = house.settings
    channels: dict[str, Channel] = {
        DESK_CHANNEL: Desk(),
        HOOK_CHANNEL: Hook(settings.duty_hook_url, settings.duty_hook_secret),
    }
    if settings.simulator:
        channels["simulator"] = SimulatorTransport(house.db)
    for name, client in clients.items():
        channels[name] = WechatTransport(client)
    return Way(channels, house.signer, settings.public_url)


async def _keep_model_fresh() -> None:
    """Take up the model another process has installed or chosen."""
    while True:
        await asyncio.sleep(MODEL_SECONDS)
        try:
            if await asyncio.to_thread(refresh_models):
                log.info("reading with model %s from now on", models().version)
        except (OSError, ValueError, KeyError) as error:
            log.error("the chosen model cannot be loaded, the old one stays: %r", error)


async def _keep_worker(house: House, number: int, holder: str) -> None:
    """Hold this process's number for as long as it lives."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        if not await house.db.run(SYSTEM, renew_worker, number, holder):
            log.error("worker number %d was taken by another process", number)
