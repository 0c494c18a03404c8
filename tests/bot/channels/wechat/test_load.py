"""The load of the bench is a real one: every message opens a case of its own."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.wechat_load import Keys, Outcome, closed_loop, open_lines, open_loop, report, requests
from bot.channels.wechat.webhook import Webhook
from bot.house import open_house
from core.actor import SYSTEM
from core.settings import WechatAccount
from tests.bot.channels.wechat.envelopes import AES_KEY, APP_ID, TOKEN
from tests.bot.channels.wechat.platform import numbers, on
from tests.cast import make_cast

pytestmark = on("sqlite")
COUNT = 12


@pytest.fixture
async def living_house(settings):
    """A house whose clock goes on: the load signs with the time of day."""
    house = open_house(settings)
    await house.db.run(SYSTEM, make_cast, house.vault)
    yield house
    house.close()


@pytest.mark.parametrize("aes_key", [AES_KEY, ""])
@pytest.mark.parametrize("rate", [0, 200])
async def test_every_message_opens_a_case(living_house, aes_key, rate):
    keys = Keys(TOKEN, APP_ID, aes_key)
    account = WechatAccount(
        name="main", community="XFL", token=TOKEN, app_id=APP_ID, aes_key=aes_key
    )
    webhook = Webhook(living_house, [account])
    app = web.Application()
    app.add_routes(webhook.routes())
    outcome = Outcome()
    async with TestServer(app) as server:
        address = str(server.make_url("/channels/wechat/main"))
        lines = await open_lines(address, 3)
        work = requests(address, keys, COUNT)
        if rate:
            spent = await open_loop(lines, work, rate, outcome)
        else:
            spent = await closed_loop(lines, work, 30.0, outcome)
        for line in lines:
            line.close()
        await webhook.close()

    figures = report(outcome, spent, keys)
    assert figures["answered"] == figures["distinct_cases"] == COUNT
    assert len(numbers(living_house)) == COUNT
    assert figures["mode"] == ("secure" if aes_key else "plain")
