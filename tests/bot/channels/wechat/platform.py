"""The platform's side of a webhook: requests over HTTP, and replies as wechatpy reads them."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select
from sqlmodel import col
from wechatpy.crypto import WeChatCrypto
from wechatpy.parser import parse_message

from bot.channels.wechat.codec import parse
from bot.channels.wechat.webhook import Webhook
from bot.models import METADATA
from cases.tables import Case
from core.actor import SYSTEM
from tests.bot.channels.wechat.envelopes import AES_KEY, APP_ID, TOKEN, url

DELIVERIES_MAX = 100


def on(*kinds):
    return pytest.mark.parametrize("database_url", kinds, indirect=True)


@asynccontextmanager
async def open_webhook(house, account, **limits):
    """An HTTP client to a server with the webhook, closed in the order of a real stop."""
    # A busy machine must not look like a slow house: tests of the limits set their own.
    patient = {"answer_seconds_max": 30.0, "body_seconds_max": 30.0}
    webhook = Webhook(house, [account], **(patient | limits))
    app = web.Application()
    app.add_routes(webhook.routes())
    async with TestClient(TestServer(app)) as http:
        yield http
        await webhook.close()


async def post(http, query, body):
    """Status and what the resident reads ("" for success)."""
    async with http.post(url(query), data=body) as response:
        content = await response.read()
        if response.status != 200 or content == b"success":
            return response.status, ""
        return 200, words_of(content)


async def redeliver(http, query, body):
    """What the resident reads once the platform has delivered again often enough."""
    for _ in range(DELIVERIES_MAX):
        status, words = await post(http, query, body)
        if status != 503:
            return words
    raise AssertionError("never answered")


def words_of(content):
    """What wechatpy, standing for the platform, reads in a reply."""
    if b"<Encrypt>" in content:
        outer = parse(content)
        crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
        content = crypto.decrypt_message(
            outer, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"]
        )
    reply = parse_message(content)
    assert reply.type == "text"
    return reply.content


def numbers(house):
    return house.db.read_now(
        SYSTEM, lambda tx: [row.number for row in tx.look(select(col(Case.number)))]
    )


def row_counts(house):
    """How many rows every table holds: nothing was done when this stays the same."""

    def count(tx):
        return {
            table.name: tx.look(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }

    return house.db.read_now(SYSTEM, count)
