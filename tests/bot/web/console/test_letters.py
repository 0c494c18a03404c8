"""Binding letters: with the official account's own codes where it gives them, else with words."""

from contextlib import AsyncExitStack

import pytest
from aiohttp.test_utils import TestServer
from sqlmodel import select

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.scenes import scene_codes
from bot.web.keys import SCENES
from bot.web.server import build_web
from community.tables import Identity
from core.actor import SYSTEM
from core.settings import WechatAccount
from tests.fakes.wechat_api import WechatApi

CREATE = "/cgi-bin/qrcode/create"


@pytest.fixture
async def api():
    async with WechatApi(app_id="wx1") as api:
        yield api


@pytest.fixture
def accounts():
    """Community and whether it has a secret, for each account."""
    return [("HYC", True), ("", True)]


@pytest.fixture
async def web_server(house, cast, api, accounts):
    async with AsyncExitStack() as stack:
        clients = []
        for number, (community, has_secret) in enumerate(accounts):
            account = WechatAccount(
                name=f"a{number}",
                token="t0ken",
                app_id="wx1",
                secret=api.secret if has_secret else "",
                api_base=api.base,
                community=community,
            )
            client = WechatClient(house, account, pauses=())
            stack.push_async_callback(client.close)
            clients.append(client)
        app = build_web(house)
        app[SCENES] = scene_codes(clients)
        yield await stack.enter_async_context(TestServer(app))


async def print_letters(wu, cast, days="30"):
    await wu.get("/console/codes")
    await wu.post("/console/codes", community=str(cast.xfl), households="XFL-H1", days=days)
    return wu.page


def unbind_all(house):
    def work(tx):
        for identity in tx.exec(select(Identity)):
            identity.resident_id = None

    house.db.run_now(SYSTEM, work)


async def test_letters_carry_codes_that_bind_by_scanning(wu, house, cast, api):
    unbind_all(house)

    page = await print_letters(wu, cast)

    asked = [call.document() for call in api.to(CREATE)]
    scenes = {one["action_info"]["scene"]["scene_str"] for one in asked}
    assert {one["expire_seconds"] for one in asked} == {30 * 24 * 3600}
    assert len(scenes) == page.count('class="slip-code"') == 2
    assert all(f"bind-{code}" in scenes for code in codes_on(page))
    assert "用微信扫自己名字旁的码" in page
    assert "过后仍可以发验证码" not in page


def codes_on(page):
    return [part.split("<")[0].replace("-", "") for part in page.split('class="slip-code">')[1:]]


async def test_letters_that_last_longer_say_how_long_scanning_does(wu, house, cast, api):
    unbind_all(house)

    page = await print_letters(wu, cast, days="90")

    assert "扫码 30 天内有效，过后仍可以发验证码" in page


@pytest.mark.parametrize("trouble", [45009, "broken", "500"])
async def test_letters_fall_back_to_words_when_the_platform_refuses(wu, house, cast, api, trouble):
    unbind_all(house)
    api.misbehave(CREATE, trouble)

    page = await print_letters(wu, cast)

    assert (wu.status, page.count('class="slip-code"')) == (200, 2)
    assert "打开和它的私聊" in page


@pytest.mark.parametrize("accounts", [[], [("HYC", True)], [("XFL", False)]])
async def test_without_an_account_of_the_community_there_are_words(wu, house, cast, api):
    unbind_all(house)

    page = await print_letters(wu, cast)

    assert "打开和它的私聊" in page
    assert api.to(CREATE) == []
