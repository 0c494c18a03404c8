"""The report form: three fields, a guessed place, one case however often it is sent."""

import io
import re

import aiohttp
from sqlmodel import select

from bot.tables import Outgoing
from bot.web.resident.report import WHAT_MAX
from cases.tables import Attachment, Case, Disposition, Party, Request, Source
from core.actor import SYSTEM
from tests.bot.web.photos import photo

KEY = re.compile(r'name="key" value="([^"]+)"')


def rows(house, table):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table)).all())


async def open_form(browser, identity_id):
    page = await browser.sign_in(identity_id, "/report")
    return KEY.search(page)[1]


async def test_form_has_three_fields_and_offers_home_first(browser, cast):
    page = await browser.sign_in(cast.lan_identity, "/report")

    offered = re.findall(r'name="place" value="([^"]+)"', page)
    assert offered[0] == "3栋2单元"
    assert set(offered) >= {"东门", "地下车库", "elsewhere"}
    assert page.count("<textarea") == 1
    assert page.count('type="file"') == 1


async def test_report_becomes_a_case_of_the_web(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)

    page = await browser.post(
        "/report", what="电梯又坏了，按了没反应", place="3栋2单元", place_other="", key=key
    )

    case = rows(house, Case)[0]
    assert browser.url.path == f"/cases/{case.id}"
    assert (case.text, case.place, case.source) == (
        "电梯又坏了，按了没反应",
        "3栋2单元",
        Source.WEB,
    )
    assert case.category == "住房与物业"
    assert case.number in page
    request = rows(house, Request)[0]
    assert (request.case_id, request.disposition) == (case.id, Disposition.OPENED)


async def test_the_same_form_twice_opens_one_case(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)
    form = {"what": "电梯又坏了，按了没反应", "place": "3栋2单元", "key": key}

    await browser.post("/report", **form)
    first = browser.url.path
    await browser.get("/report")
    await browser.post("/report", **form)

    assert browser.url.path == first
    assert len(rows(house, Case)) == 1
    assert len(rows(house, Request)) == 1


async def test_second_reporter_joins(open_browser, house, cast):
    lan, bo = open_browser(), open_browser()
    for browser, identity in ((lan, cast.lan_identity), (bo, cast.bo_identity)):
        key = await open_form(browser, identity)
        await browser.post("/report", what="电梯又坏了，按了没反应", place="3栋2单元", key=key)

    assert len(rows(house, Case)) == 1
    assert {party.resident_id for party in rows(house, Party)} == {cast.lan, cast.bo}
    assert "已经有人反映过同一件事" in bo.page


async def test_own_words_for_a_place(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)

    await browser.post(
        "/report", what="垃圾桶满了没人收", place="elsewhere", place_other="东门外公交站", key=key
    )

    assert rows(house, Case)[0].place == "东门外公交站"


async def test_place_is_taken_from_the_words(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)

    await browser.post("/report", what="地下车库的灯全坏了", key=key)

    assert rows(house, Case)[0].place == "地下车库"


async def test_asks_where_when_it_matters_and_keeps_what_was_typed(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)

    page = await browser.post("/report", what="水管爆了，水一直流", key=key)

    assert browser.status == 422
    assert "请选一下在哪里" in page
    assert "水管爆了，水一直流" in page
    assert KEY.search(page)[1] == key
    assert rows(house, Case) == []


async def test_words_at_the_limit_and_one_beyond(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)
    words = "灯" * WHAT_MAX

    await browser.post("/report", what=words + "灯", place="东门", key=key)
    assert browser.status == 422
    assert f"最多 {WHAT_MAX} 个字" in browser.page
    await browser.post("/report", what=words, place="东门", key=key)

    assert len(rows(house, Case)) == 1


async def test_photo_goes_with_the_report(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)
    form = aiohttp.FormData()
    for name, value in (
        ("csrf", browser.page.split('name="csrf" value="')[1][:64]),
        ("what", "电梯又坏了，按了没反应"),
        ("place", "3栋2单元"),
        ("key", key),
    ):
        form.add_field(name, value)
    form.add_field("photo", io.BytesIO(photo()), filename="a.jpg", content_type="image/jpeg")

    async with browser.client.post("/report", data=form) as response:
        page = await browser._take(response)

    assert "办之前" in page
    assert rows(house, Attachment)[0].case_id == rows(house, Case)[0].id


async def test_danger_shows_the_numbers_and_pages_duty(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)

    page = await browser.post("/report", what="12栋有人家里着火了！！", key=key)

    assert "119" in page
    pages = [row for row in rows(house, Outgoing) if "【紧急】" in row.text]
    assert [row.recipient for row in pages] == ["ding"]
    assert rows(house, Case)[0].urgency == "emergency"


async def test_guess_follows_the_words(browser, cast):
    await open_form(browser, cast.lan_identity)

    page = await browser.post("/report/guess", what="地下车库的灯全坏了")

    assert "从您写的话里看，是“地下车库”" in page
    assert 'value="地下车库" checked' in page


async def test_empty_report_is_asked_for_words(browser, house, cast):
    key = await open_form(browser, cast.lan_identity)

    page = await browser.post("/report", what="  ", key=key)

    assert "请填写什么事" in page
    assert rows(house, Case) == []
