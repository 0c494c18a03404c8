"""Web authorisation against a WeChat that is a real server: it signs in the right person only."""

from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

from bot.house import House
from bot.web.oauth import AUTHORIZE, SignInBroken, WechatSilent
from bot.web.server import build_web
from community.tables import Identity
from core.actor import SYSTEM
from tests.bot.web.conftest import Browser
from tests.fakes.wechat_api import WechatApi

WECHAT = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.60"}
PATH = "/sns/oauth2/access_token"


@pytest.fixture
async def wechat():
    async with WechatApi() as api:
        yield api


@pytest.fixture
async def open_oauth(house, cast, settings, wechat):
    """Makes browsers on a site with web authorisation switched on."""
    with_oauth = settings.model_copy(
        update={
            "wechat_oauth": True,
            "wechat_token": "token",
            "wechat_app_id": wechat.app_id,
            "wechat_secret": wechat.secret,
            "wechat_api_base": wechat.base,
            "wechat_community": "XFL",
        }
    )
    open_house = House(
        settings=with_oauth,
        db=house.db,
        signer=house.signer,
        vault=house.vault,
        files=house.files,
        hearing=house.hearing,
        knowledge=house.knowledge,
    )
    clients = []
    async with TestServer(build_web(open_house)) as server:

        def make():
            clients.append(TestClient(server, cookie_jar=CookieJar(unsafe=True)))
            return Browser(clients[-1], house)

        yield make
        for client in clients:
            await client.session.close()


def bind(house, cast, openid):
    def write(tx):
        tx.add(
            Identity(
                channel="wechat:main",
                sender=openid,
                community_id=cast.xfl,
                resident_id=cast.lan,
                first_at=tx.now,
            )
        )

    house.db.run_now(SYSTEM, write)


async def go(browser, path="/me"):
    """Ask for a private page; returns the state WeChat is given."""
    await browser.get(path, headers=WECHAT, allow_redirects=False)
    assert browser.status == 303
    await browser.get(browser.headers["Location"], headers=WECHAT, allow_redirects=False)
    target = urlsplit(browser.headers["Location"])
    assert browser.headers["Location"].startswith(AUTHORIZE)
    assert target.fragment == "wechat_redirect"
    return {name: values[0] for name, values in parse_qs(target.query).items()}


async def test_follower_is_signed_in_and_led_to_the_page(open_oauth, house, cast, wechat):
    bind(house, cast, "openid-lan")
    wechat.codes["code-1"] = "openid-lan"
    browser = open_oauth()

    asked = await go(browser)
    page = await browser.get("/oauth/wechat/back", params={"code": "code-1", **state(asked)})

    assert (asked["appid"], asked["scope"]) == (wechat.app_id, "snsapi_base")
    assert asked["redirect_uri"].endswith("/oauth/wechat/back")
    assert browser.url.path == "/me"
    assert "王兰" in page


async def test_unknown_follower_becomes_a_stranger_of_the_community(
    open_oauth, house, cast, wechat
):
    wechat.codes["code-1"] = "openid-new"
    browser = open_oauth()

    asked = await go(browser)
    page = await browser.get("/oauth/wechat/back", params={"code": "code-1", **state(asked)})

    identity = house.db.read_now(
        SYSTEM, lambda tx: tx.exec(select(Identity).where(Identity.sender == "openid-new")).one()
    )
    assert (identity.channel, identity.community_id) == ("wechat:main", cast.xfl)
    assert identity.resident_id is None
    assert "还没有绑定" in page


async def test_state_of_another_browser_is_refused(open_oauth, house, cast, wechat):
    bind(house, cast, "openid-lan")
    wechat.codes["code-1"] = "openid-lan"
    lan, victim = open_oauth(), open_oauth()
    asked = await go(lan)
    await go(victim)

    page = await victim.get("/oauth/wechat/back", params={"code": "code-1", **state(asked)})

    assert (victim.status, SignInBroken.text in page) == (400, True)
    assert wechat.to(PATH) == []


@pytest.mark.parametrize("wrong", ["", "forged", "eyJ4IjoxfQ.x.y"])
async def test_forged_state_is_refused(open_oauth, wrong):
    browser = open_oauth()
    await go(browser)

    await browser.get("/oauth/wechat/back", params={"code": "code-1", "state": wrong})

    assert browser.status == 400


@pytest.mark.parametrize("code", ["", "x" * 513])
async def test_code_that_is_none_is_not_asked_about(open_oauth, wechat, code):
    browser = open_oauth()
    asked = await go(browser)

    await browser.get("/oauth/wechat/back", params={"code": code, **state(asked)})

    assert browser.status == 400
    assert wechat.to(PATH) == []


async def test_code_works_once(open_oauth, house, cast, wechat):
    bind(house, cast, "openid-lan")
    wechat.codes["code-1"] = "openid-lan"
    browser, other = open_oauth(), open_oauth()
    asked, again = await go(browser), await go(other)
    await browser.get("/oauth/wechat/back", params={"code": "code-1", **state(asked)})

    await other.get("/oauth/wechat/back", params={"code": "code-1", **state(again)})

    assert other.status == 400


@pytest.mark.parametrize("way", ["500", "broken", "hang up", "redirect"])
async def test_wechat_in_trouble_is_told_without_the_secret(open_oauth, wechat, way, caplog):
    wechat.misbehave(PATH, way, way)  # a connection that breaks off is tried once more
    browser = open_oauth()
    asked = await go(browser)

    page = await browser.get("/oauth/wechat/back", params={"code": "code-1", **state(asked)})

    assert (browser.status, WechatSilent.text in page) == (502, True)
    assert wechat.secret not in caplog.text


@pytest.mark.parametrize("way", ["list", 40029, 40163])
async def test_answer_without_a_person_signs_nobody_in(open_oauth, wechat, way):
    wechat.misbehave(PATH, way)
    browser = open_oauth()
    asked = await go(browser)

    await browser.get("/oauth/wechat/back", params={"code": "code-1", **state(asked)})

    assert browser.status == 400
    await browser.get("/me")
    assert browser.status == 401


async def test_it_leads_to_no_other_site(open_oauth, house, cast, wechat):
    bind(house, cast, "openid-lan")
    wechat.codes["code-1"] = "openid-lan"
    browser = open_oauth()
    await browser.get("/oauth/wechat?next=//evil.example/x", allow_redirects=False)
    asked = parse_qs(urlsplit(browser.headers["Location"]).query)

    await browser.get("/oauth/wechat/back", params={"code": "code-1", "state": asked["state"][0]})

    assert (browser.url.host, browser.url.path) == ("127.0.0.1", "/")


async def test_outside_wechat_the_page_says_how_to_come_in(open_oauth):
    browser = open_oauth()

    await browser.get("/me", allow_redirects=False)

    assert browser.status == 401


async def test_is_off_unless_switched_on(browser):
    await browser.get("/oauth/wechat")

    assert browser.status == 404


def state(asked):
    return {"state": asked["state"]}
