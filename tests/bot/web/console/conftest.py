"""Staff in browsers: a session without the sign-in page, which has tests of its own."""

from datetime import timedelta

import pytest

from bot.web.answers import SESSION_COOKIE
from bot.web.session import begin_session
from cases.tables import Disposition, Request
from community.tables import Account
from core.actor import SYSTEM


def _account(tx, login, resident_id):
    # No password: hashing one takes a tenth of a second, and these tests do not sign in with it.
    account = Account(login=login, password_hash="!", resident_id=resident_id, made_at=tx.now)
    tx.add(account)
    tx.flush()
    return account.id


@pytest.fixture
def account_of(house, cast):
    """The account of somebody of the cast, made when first asked for."""
    made = {}

    def find(name):
        if name not in made:
            person = getattr(cast, name)
            made[name] = house.db.run_now(SYSTEM, _account, name, person)
        return made[name]

    return find


@pytest.fixture
def staff_browser(open_browser, house, account_of):
    """A browser in which somebody of the cast is signed in to the console."""

    def make(name):
        token = house.db.run_now(
            SYSTEM, begin_session, lasts=timedelta(hours=1), account_id=account_of(name)
        )
        browser = open_browser()
        browser.client.session.cookie_jar.update_cookies({SESSION_COOKIE: token})
        return browser

    return make


@pytest.fixture
async def wu(staff_browser):
    """The secretary's browser."""
    return staff_browser("wu")


@pytest.fixture
async def guo(staff_browser):
    """The browser of the property company's clerk."""
    return staff_browser("guo")


@pytest.fixture
async def ding(staff_browser):
    """The grid worker's browser."""
    return staff_browser("ding")


@pytest.fixture
def heard(house, cast):
    """Writes something the bot heard; keyword arguments change the row."""
    count = 0

    def make(**changes):
        nonlocal count
        count += 1
        values = {
            "community_id": cast.xfl,
            "group_id": cast.group3,
            "identity_id": cast.lan_identity,
            "message_id": f"simulator:test-{count}",
            "text": "东门的灯好像不亮了",
            "intent": "request",
            "category": "城乡建设",
            "place": "东门",
            "urgency": "normal",
            "confidence": 0.44,
            "reasons": [],
            "model": "test",
            "disposition": Disposition.UNSURE,
            **changes,
        }

        def write(tx):
            row = Request(at=tx.now, **values)
            tx.add(row)
            tx.flush()
            return row.id

        return house.db.run_now(SYSTEM, write)

    return make
