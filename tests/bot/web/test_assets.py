"""Styles and scripts: served for ever, small enough, and what others made kept as they made it."""

import hashlib
import re
from pathlib import Path

from bot.web.assets import FOLDER, Assets

VENDOR = FOLDER / "vendor"
FIRST_LOAD_MAX = 100_000
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(")


async def test_current_file_may_be_kept_for_ever(browser):
    page = await browser.get("/")
    address = re.search(r'href="(/static/tokens\.css\?v=[0-9a-f]{12})"', page)[1]

    style = await browser.get(address)

    assert "--accent" in style
    assert "immutable" in browser.headers["Cache-Control"]
    await browser.get("/static/tokens.css")
    assert "immutable" not in browser.headers["Cache-Control"]


async def test_unchanged_file_is_not_sent_twice(browser):
    await browser.get("/static/app.js")
    await browser.get("/static/app.js", headers={"If-None-Match": browser.headers["ETag"]})

    assert (browser.status, browser.page) == (304, "")


async def test_nothing_outside_the_folder_is_served(browser):
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/vendor", "/static/x"):
        await browser.get(path)

        assert browser.status == 404


def test_first_load_is_small():
    assets = Assets()
    report_page = ("tokens.css", "resident.css", "icons.svg", "icon.svg", "app.js")

    travels = sum(assets.size(name) for name in (*report_page, "vendor/htmx/htmx.min.js"))

    assert travels < FIRST_LOAD_MAX / 2


def test_vendored_files_are_those_that_were_listed():
    listed = dict(
        reversed(line.split(maxsplit=1))
        for line in (VENDOR / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        f"./{path.relative_to(VENDOR).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }

    assert found == listed
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert {"LICENSE", "VERSION"} <= {path.name for path in folder.iterdir()}


def test_colours_stand_in_one_file_only():
    styles = [path for path in FOLDER.glob("*.css") if path.name != "tokens.css"]

    found = {path.name: COLOUR.findall(path.read_text()) for path in styles}

    assert {name: colours for name, colours in found.items() if colours} == {}


def test_templates_have_no_script_or_style_of_their_own():
    folder = Path(FOLDER).parent / "templates"
    wrong = re.compile(r"<script(?![^>]*\ssrc=)|<style|<[a-z][^>{}]*\s(?:style|on[a-z]+)\s*=", re.I)

    found = {
        path.relative_to(folder).as_posix(): wrong.findall(path.read_text("utf-8"))
        for path in folder.rglob("*.html")
    }

    assert {name: hits for name, hits in found.items() if hits} == {}
