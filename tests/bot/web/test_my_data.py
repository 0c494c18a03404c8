"""S14 我的数据: see everything kept and who looked, take it along, ask for deletion."""

import io
import json
import zipfile

from sqlmodel import select

from cases.tables import Case
from community.people import actor_of_resident
from community.residents import access_resident
from core.actor import SYSTEM


async def test_my_data_shows_what_is_kept_and_who_looked(browser, house, cast, report_of):
    report_of(text="三栋二单元电梯又坏了")
    wu = await house.db.read(SYSTEM, actor_of_resident, cast.wu)
    await house.db.run(wu, access_resident, cast.lan, purpose="核对绑定")
    await browser.sign_in(cast.lan_identity)

    page = await browser.get("/me/data")

    assert browser.status == 200
    for words in ("王兰", "13900000001", "三栋二单元电梯又坏了", "核对绑定"):
        assert words in page, words
    assert "李波" not in page


async def test_my_data_can_be_taken_along(browser, cast, report_of):
    report_of(text="三栋二单元电梯又坏了")
    await browser.sign_in(cast.lan_identity)

    as_json = await browser.get("/me/data.json")
    async with browser.client.get("/me/data.zip") as response:
        as_zip = await response.read()

    assert "王兰" in json.dumps(json.loads(as_json), ensure_ascii=False)
    with zipfile.ZipFile(io.BytesIO(as_zip)) as package:
        assert {"我的资料.json", "我的资料.txt"} <= set(package.namelist())


async def test_nobody_sees_my_data_without_signing_in(browser):
    for path in ("/me/data", "/me/data.json", "/me/data.zip"):
        await browser.get(path, allow_redirects=False)
        assert browser.status in (303, 401, 403), path


async def test_deletion_is_asked_for_once_and_stays_off_the_board(browser, house, cast):
    await browser.sign_in(cast.lan_identity)

    await browser.get("/me/data")
    await browser.post("/me/deletion")
    first = browser.status
    await browser.get("/me/data")
    await browser.post("/me/deletion")

    (case,) = await house.db.read(SYSTEM, lambda tx: tx.exec(select(Case)).all())
    assert (first, browser.status, case.is_public) == (200, 409, False)
