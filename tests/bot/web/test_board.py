"""The public board: for anyone, and about nobody."""

import pytest
from sqlmodel import col, select

from bot.web.resident.places import without_room
from cases.tables import Party
from core.actor import SYSTEM


def parties_of(house, case_id):
    query = select(Party.resident_id).where(col(Party.case_id) == case_id)
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(query.order_by(col(Party.id))).all())


async def test_board_shows_matters_without_words_names_or_doors(browser, report_of):
    report_of(text="王兰家的电梯，电话 13900000001", place="3栋2单元501")

    page = await browser.get("/board/XFL")

    assert browser.status == 200
    assert "3栋2单元 · 住房与物业" in page
    assert "安居物业" in page
    assert "正在办 <strong>1</strong> 件" in page
    for secret in ("王兰", "电话", "13900000001", "501", "XFL-2026"):
        assert secret not in page


async def test_board_of_small_letters_and_unknown_codes(browser, report_of):
    report_of()

    assert "住房与物业" in await browser.get("/board/xfl")
    await browser.get("/board/NONE")
    assert browser.status == 404
    await browser.get("/board/CSQ")  # a district is no community
    assert browser.status == 404


async def test_what_no_clerk_has_registered_is_not_shown(browser, report_of):
    report_of(is_sure=False)

    page = await browser.get("/board/XFL")

    assert "还没有公开的诉求" in page


async def test_me_too(browser, house, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.bo_identity, "/board/XFL")
    assert "我也是" in browser.page

    page = await browser.post(f"/board/XFL/{opened.case_id}/join")

    assert parties_of(house, opened.case_id) == [cast.lan, cast.bo]
    assert "已把您加进去" in page
    await browser.get("/board/XFL")
    page = await browser.post(f"/board/XFL/{opened.case_id}/join")
    assert parties_of(house, opened.case_id) == [cast.lan, cast.bo]
    assert "您已经在里面了" in page


async def test_me_too_is_for_the_people_of_the_place(browser, house, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.chen_identity, "/board/XFL")
    assert "我也是" not in browser.page

    await browser.post(f"/board/XFL/{opened.case_id}/join")

    assert browser.status == 403
    assert parties_of(house, opened.case_id) == [cast.lan]


async def test_only_what_is_shown_can_be_joined(browser, house, report_of, cast):
    hidden = report_of(is_sure=False)
    await browser.sign_in(cast.bo_identity, "/board/XFL")

    await browser.post(f"/board/XFL/{hidden.case_id}/join")
    assert browser.status == 404
    await browser.get("/board/HYC")
    await browser.post(f"/board/HYC/{report_of().case_id}/join")
    assert browser.status == 404


async def test_visitor_is_led_to_sign_in_before_joining(browser, report_of):
    opened = report_of()
    await browser.get("/board/XFL")

    await browser.post(f"/board/XFL/{opened.case_id}/join")

    assert browser.status == 401


async def test_own_board_is_found(browser, cast):
    await browser.sign_in(cast.chen_identity, "/board")

    assert browser.url.path == "/board/HYC"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("3栋2单元501", "3栋2单元"),
        ("3栋2单元501室", "3栋2单元"),
        ("3栋2单元", "3栋2单元"),
        ("12栋丙单元101", "12栋丙单元"),
        ("5组7号", "5组"),
        ("8栋1103", "8栋"),
        ("地下车库B2", "地下车库B2"),
        ("东门", "东门"),
        ("", ""),
    ],
)
def test_door_is_left_out(address, shown):
    assert without_room(address) == shown
