"""An official account whose platform is the fake on loopback."""

from contextlib import asynccontextmanager

import pytest

from bot.channels.wechat.client import WechatClient
from core.settings import WechatAccount
from tests.bot.channels.wechat.envelopes import AES_KEY, APP_ID, TOKEN
from tests.bot.channels.wechat.platform import open_webhook
from tests.fakes.wechat_api import WechatApi


@pytest.fixture
async def api():
    async with WechatApi(app_id=APP_ID) as api:
        yield api


@pytest.fixture
def account(api):
    return WechatAccount(
        name="main",
        token=TOKEN,
        app_id=APP_ID,
        aes_key=AES_KEY,
        secret=api.secret,
        api_base=api.base,
        community="XFL",
        mode="compatible",
    )


@asynccontextmanager
async def open_client(house, account):
    """A client that does not wait long, closed at the end."""
    client = WechatClient(house, account, pauses=(0.01, 0.02), seconds_max=2.0)
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def client(house, account):
    async with open_client(house, account) as client:
        yield client


@pytest.fixture
async def http(house, account, cast):
    async with open_webhook(house, account) as http:
        yield http


@pytest.fixture
def now(clock):
    return int(clock().timestamp())
