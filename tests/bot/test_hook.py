"""The outgoing hook posts what it should, signed so that the receiver can check it."""

import hashlib
import hmac
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.base import TransportError
from bot.channels.hook import Hook


@pytest.fixture
async def receiver():
    """A real HTTP server that keeps what it is sent and answers as told."""
    got, answers = [], []

    async def take(request):
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/page", take)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/page")), got, answers
    await server.close()


async def test_hook_is_signed(receiver):
    url, got, _ = receiver

    await Hook(url, "shared").send("duty", "XFL-20261123-0001 12栋", "https://x/console/cases/1")

    ((headers, body),) = got
    wanted = hmac.new(b"shared", headers["X-Timestamp"].encode() + b"\n" + body, hashlib.sha256)
    assert headers["X-Signature"] == wanted.hexdigest()
    assert json.loads(body) == {
        "recipient": "duty",
        "text": "XFL-20261123-0001 12栋",
        "link": "https://x/console/cases/1",
    }


@pytest.mark.parametrize(("status", "permanent"), [(500, False), (429, False), (404, True)])
async def test_hook_says_whether_trying_again_helps(receiver, status, permanent):
    url, _, answers = receiver
    answers.append(status)

    with pytest.raises(TransportError) as error:
        await Hook(url, "shared").send("duty", "x", "")
    assert error.value.permanent is permanent


async def test_hook_that_cannot_be_reached_is_tried_again():
    with pytest.raises(TransportError) as error:
        await Hook("http://127.0.0.1:9/", "shared").send("duty", "x", "")
    assert error.value.permanent is False
