"""Every resident page in its main states: no fault of accessibility, a picture of each."""

import pytest

from bot.simulator import speak
from bot.web.pictures import PHOTO_BYTES_MAX
from cases.desk import Report, open_case
from cases.steps import report_done, sign
from community.people import actor_of_resident
from core.actor import SYSTEM
from tests.bot.web.photos import photo
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROW = (320, 640)
LOOKS = {
    "phone": {"size": PHONE},
    "narrow": {"size": NARROW},
    "desk": {"size": DESK},
    "dark": {"size": PHONE, "dark": True},
}
LONG = "我们这栋楼从上个月开始" + "水压一直很低，早上根本洗不了脸" * 12


async def open_cases(site):
    """Three matters of Lan's, one of them told at length; returns the id of that one."""
    for number, words in enumerate(("东门的路灯坏了两天了", "地下车库有人乱停车，堵住出口")):
        await speak(
            site.house, sender="lan", room="private:lan", text=words, message_id=f"m{number}"
        )
    lan = site.house.db.read_now(
        SYSTEM, actor_of_resident, site.cast.lan, identity_id=site.cast.lan_identity
    )
    report = Report(
        community_id=site.cast.xfl,
        identity_id=site.cast.lan_identity,
        resident_id=site.cast.lan,
        text=LONG,
        category="住房与物业",
        place="3栋2单元",
    )
    return site.house.db.run_now(lan, open_case, report).case_id


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_in_every_look(site, look):
    page = await site.page(**LOOKS[look])
    await site.sign_in(page, site.cast.lan_identity)
    await site.check(page)
    await site.shot(page, f"resident-cases-empty-{look}")
    case_id = await open_cases(site)

    for name, path in (
        ("landing", "/"),
        ("cases", "/me/cases"),
        ("case-long", f"/cases/{case_id}"),
        ("report", "/report"),
        ("board", "/board/XFL"),
        ("board-empty", "/board/HYC"),
        ("me", "/me"),
        ("data", "/me/data"),
        ("not-found", "/cases/1"),
        ("simulator-people", "/simulator"),
        ("simulator-rooms", "/simulator?as=lan"),
        ("simulator-chat", "/simulator?as=lan&room=private:lan"),
        ("simulator-empty", "/simulator?as=lan&room=xfl-3"),
    ):
        await page.goto(path)
        await site.check(page)
        await site.shot(page, f"resident-{name}-{look}")


async def test_large_type_is_larger_and_so_are_targets(site):
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity, "/report")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    normal = await page.evaluate(size)

    await page.get_by_role("button", name="大字").click()
    await page.get_by_role("button", name="标准字").wait_for()

    assert (normal, await page.evaluate(size)) == (17, 20)
    box = await page.get_by_role("button", name="发送").bounding_box()
    assert box["height"] >= 60
    await site.check(page)
    await site.shot(page, "resident-report-large")


async def test_targets_are_large_enough_for_a_finger(site):
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity)
    case_id = await open_cases(site)

    for path in ("/me/cases", f"/cases/{case_id}", "/report", "/board/XFL", "/me", "/me/data"):
        await page.goto(path)
        small = await page.evaluate(
            """[...document.querySelectorAll(
                'a[href], button, summary, input:not([type=hidden]), textarea')]
              .filter(e => e.checkVisibility() && !e.matches('.skip, .choice input, .pick input'))
              .map(e => [e.textContent.trim().slice(0, 20), e.getBoundingClientRect()])
              .filter(([, box]) => box.height < 44 || box.width < 44)
              .map(([words, box]) => `${words} ${box.width}x${box.height}`)"""
        )
        assert small == [], path


async def test_report_with_a_photo_and_a_guessed_place(site, tmp_path):
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo(1_200, 900))
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity, "/report")

    await page.get_by_label("什么事").fill("地下车库的灯全坏了，黑得看不见")
    await page.get_by_text("从您写的话里看，是“地下车库”").wait_for()
    assert await page.get_by_role("radio", name="地下车库").is_checked()
    await page.get_by_label("照片").set_input_files(picture)
    await page.get_by_alt_text("您选的照片").wait_for()
    await site.check(page)
    await site.shot(page, "resident-report-filled")
    await page.get_by_role("button", name="发送").click()

    await page.wait_for_url("**/cases/*")
    await page.get_by_alt_text("办之前，第 1 张").wait_for()
    await site.check(page)
    await site.shot(page, "resident-case-photo")


async def test_too_large_a_photo_is_told_before_it_is_sent(site, tmp_path):
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(b"\xff\xd8" + b"0" * PHOTO_BYTES_MAX)
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity, "/report")

    await page.get_by_label("照片").set_input_files(picture)

    await page.get_by_text("这张照片太大（最大 10 MB），请换一张。").wait_for()


async def test_wrong_form_keeps_the_words_and_leads_to_the_field(site):
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity, "/report")
    await page.get_by_label("什么事").fill("水管爆了，水一直流")
    await page.get_by_role("button", name="发送").click()

    await page.get_by_role("alert").get_by_text("请选一下在哪里").wait_for()

    assert await page.get_by_label("什么事").input_value() == "水管爆了，水一直流"
    await site.check(page)
    await site.shot(page, "resident-report-error")


async def test_report_can_be_written_by_keyboard_alone(site):
    page = await site.page(DESK)
    await site.sign_in(page, site.cast.lan_identity, "/report")

    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "跳到正文"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("东门的路灯坏了两天了")
    await page.get_by_text("从您写的话里看，是“东门”").wait_for()
    await page.keyboard.press("Tab")  # the places, as one stop
    await page.keyboard.press("Tab")  # words for another place
    await page.keyboard.press("Tab")  # photo
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "发送"
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/cases/*")


async def test_first_load_is_small(site):
    page = await site.page(PHONE)
    sizes = []

    async def weigh(request):
        found = await request.sizes()
        sizes.append(found["responseBodySize"] + found["responseHeadersSize"])

    await site.sign_in(page, site.cast.lan_identity, "/me")
    page.on("requestfinished", weigh)
    await page.goto("/report", wait_until="networkidle")

    assert 0 < sum(sizes) < 100_000


async def test_page_of_a_case_keeps_itself_up_to_date_but_not_while_one_writes(site):
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity)
    case_id = await open_cases(site)
    await page.clock.install()
    await page.goto(f"/cases/{case_id}")
    clerk = site.house.db.read_now(SYSTEM, actor_of_resident, site.cast.guo)

    await site.house.db.run(clerk, sign, case_id)
    await page.clock.fast_forward(20_000)
    await page.get_by_text("安居物业接手了").wait_for()
    await page.get_by_text("有新进展，已经更新。").wait_for()

    await page.get_by_text("补充一句").click()
    await page.get_by_label("要补充的话").fill("门口也")
    await site.house.db.run(clerk, report_done, case_id, text="换了灯管")
    async with page.expect_response("**/latest"):
        await page.clock.fast_forward(20_000)
    assert await page.get_by_label("要补充的话").input_value() == "门口也"
    assert await page.get_by_text("解决了吗").count() == 0
    await page.get_by_label("要补充的话").fill("")
    await page.get_by_role("heading", name="经过").click()
    await page.clock.fast_forward(20_000)
    await page.get_by_role("heading", name="解决了吗？").wait_for()
    await site.check(page)


async def test_case_that_asks_has_no_fault_with_everything_open(site):
    page = await site.page(PHONE)
    await site.sign_in(page, site.cast.lan_identity)
    case_id = await open_cases(site)
    clerk = site.house.db.read_now(SYSTEM, actor_of_resident, site.cast.guo)
    await site.house.db.run(clerk, sign, case_id)
    await site.house.db.run(clerk, report_done, case_id, text="换了灯管")

    await page.goto(f"/cases/{case_id}")
    for words in ("顺手拍一张现在的样子", "没解决，说说情况", "加一张照片"):
        await page.get_by_text(words).click()

    await site.check(page)
    await site.shot(page, "resident-case-asked")
