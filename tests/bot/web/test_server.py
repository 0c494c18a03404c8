"""What holds for every page: policy, tokens of forms, trouble in words, health."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.keys import VISITOR
from bot.web.server import FORM_BYTES_MAX, build_web
from bot.web.trouble import APOLOGY
from core.actor import SYSTEM
from core.errors import NotFound
from tests.bot.web.conftest import Browser


async def test_answers_carry_a_strict_policy(browser):
    await browser.get("/")

    policy = dict(
        part.split(" ", 1) for part in browser.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["Referrer-Policy"] == "same-origin"
    assert browser.headers["Cache-Control"] == "no-store"
    assert browser.headers["Server"] == "yunshequ"
    assert len(browser.headers["X-Request-Id"]) == 16
    assert "Strict-Transport-Security" not in browser.headers


async def test_policy_also_holds_for_trouble_and_redirects(browser):
    for path in ("/no/such/page", "/board"):
        await browser.get(path, allow_redirects=False)

        assert "default-src 'none'" in browser.headers["Content-Security-Policy"]


async def test_missing_page_says_so_in_a_page(browser):
    page = await browser.get("/no/such/page")

    assert browser.status == 404
    assert NotFound.text in page
    assert '<main id="main"' in page


async def test_wrong_method_is_told(browser):
    await browser.get("/leave")

    assert browser.status == 405


async def test_form_without_token_changes_nothing(browser, cast):
    await browser.sign_in(cast.lan_identity)

    await browser.post("/leave", csrf=False)

    assert browser.status == 403
    await browser.get("/me/cases")
    assert browser.status == 200


async def test_form_with_the_token_of_another_browser_is_refused(open_browser, cast):
    lan, bo = open_browser(), open_browser()
    await lan.sign_in(cast.lan_identity)
    await bo.sign_in(cast.bo_identity)

    lan.page = bo.page
    await lan.post("/leave")

    assert lan.status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
async def test_forms_of_other_sites_are_refused(browser, cast, headers, status):
    page = await browser.sign_in(cast.lan_identity)
    token = page.split('name="csrf" value="')[1][:64]

    async with browser.client.post(
        "/leave", data={"csrf": token}, headers=headers, allow_redirects=False
    ) as response:
        assert response.status == status


async def test_token_may_come_in_a_header(browser, cast):
    page = await browser.sign_in(cast.lan_identity)
    token = page.split('name="csrf" value="')[1][:64]

    headers = {"X-CSRF-Token": token}
    async with browser.client.post("/leave", headers=headers, allow_redirects=False) as response:
        assert response.status == 303


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(browser, cast):
    await browser.sign_in(cast.lan_identity)

    cookie = next(c for c in browser.client.session.cookie_jar if c.key == "yun_session")
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]  # this site is plain http; see the next test


async def test_over_https_cookies_are_secure_and_the_policy_strict(house, cast, settings):
    object.__setattr__(
        house, "settings", settings.model_copy(update={"base_url": "https://yun.example"})
    )
    async with TestServer(build_web(house)) as server, TestClient(server) as client:
        answer = await client.get("/")

        assert "Secure" in answer.headers["Set-Cookie"]
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_body_beyond_the_limit_is_refused(browser, cast):
    await browser.sign_in(cast.lan_identity)

    await browser.post("/leave", words="x" * FORM_BYTES_MAX)

    assert browser.status == 413
    assert "太大" in browser.page


async def test_bug_shows_an_apology_and_is_logged(house, cast, caplog):
    async def break_down(_request):
        raise ZeroDivisionError("secret detail")

    async with TestServer(build_web(house, [web.get("/broken", break_down)])) as server:
        browser = Browser(TestClient(server), house)
        page = await browser.get("/broken")
        await browser.client.close()

    assert browser.status == 500
    assert APOLOGY in page
    assert browser.headers["X-Request-Id"] in page
    assert "secret detail" not in page
    assert "ZeroDivisionError" in caplog.text


async def test_machines_get_plain_answers_and_no_session(house, cast):
    async def refuse(request):
        assert not request[VISITOR].is_signed_in
        raise NotFound

    routes = [web.post("/channels/wechat/main", refuse)]
    async with TestServer(build_web(house, routes)) as server, TestClient(server) as client:
        answer = await client.post("/channels/wechat/main", data="x")

        assert (answer.status, await answer.text()) == (404, NotFound.text)
        assert "Set-Cookie" not in answer.headers


async def test_health(browser):
    assert await browser.get("/healthz") == '{"ok": true}'
    assert await browser.get("/readyz") == '{"ok": true, "problems": []}'
    assert browser.status == 200


async def test_not_ready_without_tables(house, browser):
    def drop(tx):
        tx.core.exec_driver_sql("DELETE FROM alembic_version")

    house.db.run_now(SYSTEM, drop)

    page = await browser.get("/readyz")

    assert browser.status == 503
    assert "migrate" in page


async def test_metrics_count_patterns_not_addresses(browser):
    await browser.get("/board/XFL")

    page = await browser.get("/metrics")

    line = 'yunshequ_http_requests_total{method="GET",route="/board/{code}",status="200"} 1.0'
    assert line in page
    assert "/board/XFL" not in page


async def test_metrics_are_not_for_those_outside(browser):
    await browser.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert browser.status == 404


async def test_large_type_is_remembered(browser):
    await browser.get("/")

    await browser.post("/type-size", size="large", next="/board/XFL")

    assert browser.url.path == "/board/XFL"
    assert 'class="large"' in browser.page
    await browser.post("/type-size", size="normal", next="/")
    assert 'class="large"' not in browser.page


async def test_a_form_cannot_lead_to_another_site(browser):
    await browser.get("/")

    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"):
        await browser.post("/type-size", size="large", next=target)

        assert browser.url.path == "/"
        assert browser.url.host == "127.0.0.1"
