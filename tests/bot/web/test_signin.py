"""Links from chat: they open once, in one browser, for one person, and not by being looked at."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

from bot.links import LINK_SECONDS_MAX, LinkUsed, private_link
from bot.tables import PageLink, WebSession
from bot.web.keys import VISITOR
from bot.web.server import build_web
from bot.web.trouble import STAFF_LOGIN
from community.tables import Resident
from core.actor import SYSTEM
from core.signing import LinkExpired, LinkForged, hash_token


async def test_link_opens_the_page_it_was_made_for(browser, cast):
    await browser.sign_in(cast.lan_identity, "/me")

    assert browser.url.path == "/me"
    assert "王兰" in browser.page


async def test_looking_at_a_link_does_not_use_it_up(open_browser, house, cast):
    scanner, lan = open_browser(), open_browser()
    link = private_link(house.signer, cast.lan_identity, "/me")

    await scanner.get(link)
    await lan.get(link)
    await lan.post(link)

    assert scanner.url.path == link
    assert lan.url.path == "/me"
    assert len(house.db.read_now(SYSTEM, lambda tx: tx.exec(select(WebSession)).all())) == 1


async def test_link_belongs_to_the_first_browser(open_browser, house, cast):
    lan, stranger = open_browser(), open_browser()
    link = private_link(house.signer, cast.lan_identity, "/me")
    await lan.get(link)
    await lan.post(link)

    await stranger.get(link)
    await stranger.post(link)
    await lan.get(link)
    await lan.post(link)

    assert stranger.status == LinkUsed.status
    assert LinkUsed.text in stranger.page
    assert lan.url.path == "/me"


async def test_old_link_is_refused(browser, house, cast, monkeypatch):
    link = private_link(house.signer, cast.lan_identity, "/me")
    real = house.signer.open
    monkeypatch.setattr(
        type(house.signer),
        "open",
        lambda self, purpose, token, seconds_max: real(purpose, token, seconds_max=-1),
    )

    await browser.get(link)
    await browser.post(link)

    assert LINK_SECONDS_MAX == 86_400
    assert (browser.status, LinkExpired.text in browser.page) == (410, True)


async def test_forged_link_is_refused(browser, house, cast):
    link = private_link(house.signer, cast.lan_identity, "/me")
    forged = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")

    await browser.get(forged)
    await browser.post(forged)

    assert (browser.status, LinkForged.text in browser.page) == (400, True)


async def test_token_is_kept_only_as_a_hash(browser, house, cast):
    await browser.sign_in(cast.lan_identity)

    cookie = next(c for c in browser.client.session.cookie_jar if c.key == "yun_session")
    session = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(WebSession)).one())
    links = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(PageLink)).all())
    assert session.token_hash == hash_token(cookie.value)
    assert cookie.value not in (session.token_hash, *(link.token_hash for link in links))


async def test_after_leaving_the_browser_is_nobody(browser, cast):
    page = await browser.sign_in(cast.lan_identity, "/me")
    assert "王兰" in page

    await browser.post("/leave")
    await browser.get("/me")

    assert browser.status == 401
    assert "王兰" not in browser.page
    assert "我的事" in browser.page


async def test_session_ends_after_its_time(browser, cast, clock):
    await browser.sign_in(cast.lan_identity, "/me")

    clock.forward(days=31)
    await browser.get("/me")

    assert browser.status == 401


async def test_session_of_someone_who_left_is_worth_nothing(browser, house, cast):
    def leave(tx):
        tx.get_one(Resident, cast.lan).left_at = tx.now

    await browser.sign_in(cast.lan_identity, "/me")

    house.db.run_now(SYSTEM, leave)
    await browser.get("/me")

    assert browser.status == 401


async def test_seen_is_noted_once_an_hour(browser, house, cast, clock):
    await browser.sign_in(cast.lan_identity, "/me")
    begun = clock.now

    clock.forward(minutes=30)
    await browser.get("/me")
    assert seen(house) == begun
    clock.forward(minutes=31)
    await browser.get("/me")

    assert seen(house) == clock.now


def seen(house):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(WebSession.seen_at)).one())


async def test_private_pages_lead_nobody_to_anything_personal(browser, report_of):
    opened = report_of()

    for path in ("/me", "/me/cases", "/report", f"/cases/{opened.case_id}"):
        await browser.get(path)

        assert browser.status == 401
        assert "电梯坏了" not in browser.page


async def test_console_leads_to_its_sign_in(house, cast):
    async def desk(request):
        request[VISITOR].staff()

    routes = [web.get("/console/some-page", desk)]
    async with TestServer(build_web(house, routes)) as server, TestClient(server) as client:
        answer = await client.get("/console/some-page?a=1&b=2", allow_redirects=False)

        assert answer.status == 303
        next_page = "/console/some-page?a=1%26b=2"
        assert answer.headers["Location"] == f"{STAFF_LOGIN}?next={next_page}"
