"""What the tests of pages start from: a running application and browsers that keep cookies."""

import re
from contextlib import contextmanager

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import BytecodeCache
from sqlalchemy import event

from bot.links import private_link
from bot.web.keys import PAGES
from bot.web.server import build_web
from cases.desk import Report, open_case
from community.people import actor_of_resident
from core.actor import SYSTEM

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


class Compiled(BytecodeCache):
    """Templates compiled by one test are not compiled again by the next."""

    def __init__(self):
        self.code = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket):
        self.code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def built(house):
    """The application, without compiling what another test has compiled already."""
    app = build_web(house)
    app[PAGES]._environment.bytecode_cache = COMPILED
    return app


@pytest.fixture
async def web_server(house, cast):
    """The application on a free port of loopback, with the cast in its database."""
    async with TestServer(built(house)) as server:
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


def count_queries(house):
    """A context manager that counts the statements sent to the database within it."""

    @contextmanager
    def counting():
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(house.db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(house.db.engine, "before_cursor_execute", note)

    return counting()


@pytest.fixture
def report_of(house, cast):
    """Opens a case of Lan's; keyword arguments change the report."""

    def make(**changes):
        values = {
            "community_id": cast.xfl,
            "identity_id": cast.lan_identity,
            "resident_id": cast.lan,
            "text": "电梯坏了",
            "category": "住房与物业",
            "place": "3栋2单元",
            **changes,
        }
        actor = house.db.read_now(
            SYSTEM, actor_of_resident, values["resident_id"], identity_id=values["identity_id"]
        )
        return house.db.run_now(actor, open_case, Report(**values))

    return make


@pytest.fixture
def as_person(house):
    """Does a work of the domain as a person: `as_person(cast.guo, sign, case_id)`."""

    def act(resident_id, work, *args, **kwargs):
        actor = house.db.read_now(SYSTEM, actor_of_resident, resident_id)
        return house.db.run_now(actor, work, *args, **kwargs)

    return act
