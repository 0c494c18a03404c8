"""A running server with the cast in it, and a real Chromium to walk through its pages."""

import os
import shutil
from pathlib import Path

import pytest
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from bot.app import build_app
from bot.house import open_house
from bot.links import private_link
from core.actor import SYSTEM
from core.settings import Settings
from tests.cast import make_cast
from tests.conftest import SECRET
from tests.postgres import free_port

SCREENSHOTS = Path(__file__).resolve().parent.parent.parent / "build" / "screenshots"
PHONE = (390, 844)
DESK = (1280, 800)
WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60 NetType/WIFI Language/zh_CN"
)
WAIT_MS = 10_000


def chromium_path():
    """Where Chromium is; without it these tests fail under CI and are skipped elsewhere."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    message = "Chromium is missing (apt-get install chromium): walks in the browser are not run"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class Site:
    """The whole program on a free port of loopback, with `house`, `cast` and `url`."""

    def __init__(self, house, cast, url, browser):
        self.house = house
        self.cast = cast
        self.url = url
        self._browser = browser
        self._axe = Axe()
        self.troubles = []

    async def page(self, size=PHONE, *, dark=False, scripts=True, **options):
        """A page in a browser of its own (fresh cookies); errors on it fail the test at its end."""
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=self.url,
            reduced_motion="reduce",
            **({"user_agent": WECHAT} if size == PHONE else {}),
            **options,
        )
        context.set_default_timeout(WAIT_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("console", self._note)
        page.on("requestfailed", self._note_failed)
        return page

    async def sign_in(self, page, identity_id, path="/me/cases"):
        """Open a private link, as a tap on it in chat does."""
        await page.goto(private_link(self.house.signer, identity_id, path))
        button = page.get_by_role("button", name="打开", exact=True)
        if path not in page.url and await button.count():
            await button.click()
        await page.wait_for_url(f"**{path}")

    def run(self, work, *args, **values):
        """Do a work of the domain as the house itself."""
        return self.house.db.run_now(SYSTEM, work, *args, **values)

    async def check(self, page):
        """Return if the page has no fault of accessibility, and does not scroll sideways."""
        results = await self._axe.run(page)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{page.url} is {overflow} px too wide"

    async def shot(self, page, name, *, full=True):
        """Keep a picture of the page under build/screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        height = await page.evaluate("document.documentElement.scrollHeight") if full else 0
        if (
            height > before["height"]
        ):  # bars that stay at the edge belong at the edge of the picture
            await page.set_viewport_size({"width": before["width"], "height": height})
        await page.screenshot(path=SCREENSHOTS / f"{name}.png")
        await page.set_viewport_size(before)

    def _note(self, message):
        # Pages that refuse (401, 404, 422) are part of the walks; the browser mentions each.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _note_failed(self, request):
        # A stream that ends because its page is left is no fault.
        if "/simulator/lines" not in request.url and request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{request.failure}: {request.url}")


@pytest.fixture
async def site(sqlite_template, tmp_path):
    """The running site; at its end no page may have had a script error or a blocked request."""
    executable = chromium_path()
    database = tmp_path / "site.db"
    shutil.copy(sqlite_template, database)
    port = free_port()
    settings = Settings(
        listen=f"127.0.0.1:{port}",
        data_dir=tmp_path / "var",
        database_url=f"sqlite:///{database}",
        secret_key=SECRET,
        config=tmp_path / "none.toml",
        simulator=True,
    )
    house = open_house(settings)
    cast = await house.db.run(SYSTEM, make_cast, house.vault)
    runner = web.AppRunner(build_app(house), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=executable, args=["--no-sandbox"]
            )
            found = Site(house, cast, f"http://127.0.0.1:{port}", browser)
            yield found
            await browser.close()
        assert found.troubles == []
    finally:
        await runner.cleanup()
        house.close()
