"""Signing in: by password, by six digits where asked for, not by trying again and again."""

import pyotp
import pytest
from sqlmodel import select

from bot.tables import WebSession
from community.accounts import WRONG_MAX, create_account, enable_totp
from community.passwords import prepare
from community.people import actor_of_resident
from community.tables import Account
from core.actor import SYSTEM

PASSWORD = "correct-horse-battery-7"


@pytest.fixture
def account(house, cast):
    """Wu's account, with a password."""
    return house.db.run_now(
        SYSTEM, create_account, login="wushuji", password=prepare(PASSWORD), resident_id=cast.wu
    )


@pytest.fixture
def secret(house, cast, account):
    """Wu's account asks for six digits."""
    secret = pyotp.random_base32()
    actor = house.db.read_now(SYSTEM, actor_of_resident, cast.wu)
    code = pyotp.TOTP(secret).at(house.db.clock())
    house.db.run_now(actor, enable_totp, house.vault, account.id, secret=secret, code=code)
    return secret


async def _log_in(browser, login="wushuji", password=PASSWORD, path="/console/login"):
    await browser.get(path)
    return await browser.post("/console/login", login=login, password=password, next="")


async def test_right_password_leads_to_today(browser, account):
    await _log_in(browser)

    assert browser.url.path == "/console"
    assert "今天" in browser.page


async def test_one_goes_on_to_the_page_one_wanted(browser, account):
    await browser.get("/console/people?who=王")
    await browser.post(
        "/console/login",
        login="wushuji",
        password=PASSWORD,
        next="/console/people?who=%E7%8E%8B",
    )

    assert browser.url.path == "/console/people"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/me", "\\evil"])
async def test_one_is_never_sent_elsewhere(browser, account, target):
    await browser.get("/console/login")

    await browser.post("/console/login", login="wushuji", password=PASSWORD, next=target)

    assert browser.url.path == "/console"


async def test_wrong_password_and_unknown_login_look_alike(browser, account):
    await _log_in(browser, password="wrong-wrong-wrong")
    wrong = browser.page.count("登录名或密码不对")
    await _log_in(browser, login="nobody")

    assert wrong == browser.page.count("登录名或密码不对") == 1
    assert browser.status == 422
    assert "wrong-wrong-wrong" not in browser.page


@pytest.mark.slow
async def test_too_many_wrong_passwords_make_the_right_one_wait(browser, account, clock):
    for _ in range(WRONG_MAX):
        await _log_in(browser, password="wrong-wrong-wrong")
    await _log_in(browser)
    waited = browser.status

    clock.forward(minutes=16)
    await _log_in(browser)

    assert waited == 429
    assert browser.url.path == "/console"


async def test_second_step_is_asked_for_after_the_password(browser, house, secret, clock):
    await _log_in(browser)
    asked = "六位数字" in browser.page and browser.url.path == "/console/login"
    half_way = browser.page.split('name="half_way" value="')[1].split('"')[0]
    clock.forward(seconds=60)

    await browser.post(
        "/console/login", half_way=half_way, code=pyotp.TOTP(secret).at(clock()), next=""
    )

    assert asked
    assert PASSWORD not in browser.page
    assert browser.url.path == "/console"


async def test_wrong_digits_do_not_let_in(browser, house, secret):
    await _log_in(browser)
    half_way = browser.page.split('name="half_way" value="')[1].split('"')[0]

    await browser.post("/console/login", half_way=half_way, code="000000", next="")

    assert browser.status == 422
    assert "动态码不对" in browser.page
    assert house.db.read_now(SYSTEM, lambda tx: tx.exec(select(WebSession)).all()) == []


async def test_half_way_is_worth_nothing_after_a_new_password(browser, house, secret, clock):
    await _log_in(browser)
    half_way = browser.page.split('name="half_way" value="')[1].split('"')[0]

    def change(tx):
        tx.exec(select(Account)).one().password_hash = "another"

    house.db.run_now(SYSTEM, change)
    clock.forward(seconds=60)
    await browser.post(
        "/console/login", half_way=half_way, code=pyotp.TOTP(secret).at(clock()), next=""
    )

    assert browser.url.path == "/console/login"
    assert browser.status == 422


async def test_signing_out_ends_the_session(wu):
    await wu.get("/console/more")
    await wu.post("/console/logout")
    said = "已退出登录" in wu.page

    await wu.get("/console")

    assert said
    assert wu.url.path == "/console/login"


async def test_new_password_signs_out_every_other_browser(open_browser, account):
    here, there = open_browser(), open_browser()
    await _log_in(here)
    await _log_in(there)
    await here.get("/console/me")

    await here.post(
        "/console/me/password",
        password=PASSWORD,
        new_password="another-horse-battery-8",
        again="another-horse-battery-8",
    )
    await there.get("/console")

    assert "密码已换" in here.page
    assert there.url.path == "/console/login"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "not-the-old-one"}, "现在的密码不对"),
        ({"again": "something-else-12"}, "两次输入的新密码不一样"),
        ({"new_password": "short", "again": "short"}, "太短"),
    ],
)
async def test_password_is_not_changed_when_something_is_wrong(open_browser, account, typed, words):
    browser, again = open_browser(), open_browser()
    await _log_in(browser)
    await browser.get("/console/me")
    fields = {
        "password": PASSWORD,
        "new_password": "another-horse-battery-8",
        "again": "another-horse-battery-8",
        **typed,
    }

    await browser.post("/console/me/password", **fields)
    await _log_in(again)

    assert words in browser.page
    assert not any(value in browser.page for value in fields.values())
    assert again.url.path == "/console"


async def test_second_step_is_turned_on_by_the_first_right_digits(browser, house, account, clock):
    await _log_in(browser)
    await browser.get("/console/me/second-step")
    secret = browser.page.split('手工输入：<span class="figures">')[1].split("<")[0]
    offer = browser.page.split('name="offer" value="')[1].split('"')[0]

    await browser.post("/console/me/second-step", offer=offer, code="123")
    kept_secret = secret in browser.page
    offer = browser.page.split('name="offer" value="')[1].split('"')[0]
    await browser.post("/console/me/second-step", offer=offer, code=pyotp.TOTP(secret).at(clock()))

    assert kept_secret
    assert "两步验证已开启" in browser.page
