"""What the tests of pages start from: a running application and browsers that keep cookies."""

import re

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.links import private_link
from bot.web.server import build_web

CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


class Browser:
    """A browser without scripts: keeps cookies, reads the form token from the page it shows."""

    def __init__(self, client, house):
        self.client = client
        self.house = house
        self.page = ""
        self.status = 0
        self.url = None
        self.headers = {}

    async def get(self, path, **options):
        async with self.client.get(path, **options) as response:
            return await self._take(response)

    async def post(self, path, *, csrf=True, **fields):
        """Send the form of the page that is shown, with its token."""
        found = CSRF.search(self.page)
        if csrf and found:
            fields["csrf"] = found[1]
        async with self.client.post(path, data=fields) as response:
            return await self._take(response)

    async def sign_in(self, identity_id, path="/me/cases"):
        """Follow a private link, as from chat, and press its button."""
        link = private_link(self.house.signer, identity_id, path)
        await self.get(link)
        return await self.post(link)

    async def _take(self, response):
        kind = response.content_type
        self.page = await response.text() if kind.startswith(("text/", "application/json")) else ""
        self.status = response.status
        self.url = response.url
        self.headers = response.headers
        return self.page


@pytest.fixture
async def web_server(house, cast):
    """The application on a free port of loopback, with the cast in its database."""
    async with TestServer(build_web(house)) as server:
        yield server


@pytest.fixture
async def open_browser(web_server, house):
    """Makes browsers, each with cookies of its own."""
    clients = []

    def make():
        client = TestClient(web_server, cookie_jar=CookieJar(unsafe=True))
        clients.append(client)
        return Browser(client, house)

    yield make
    for client in clients:
        await client.session.close()


@pytest.fixture
async def browser(open_browser):
    return open_browser()
