"""My matters and one of them: what is shown to whom, and every button."""

import io
from datetime import timedelta

import aiohttp
import pytest
from PIL import Image
from sqlmodel import col, select

from bot.web.resident.cases import PHOTOS_MAX
from bot.web.resident.story import story
from cases.access import access_case
from cases.clocks import REOPEN_WINDOW
from cases.merging import endorse
from cases.proxy import withdraw_for
from cases.queries import Step
from cases.rules import Phase
from cases.steps import answer_directly, ask_info, attach, report_done, sign
from cases.tables import Attachment, Case, Party
from core.actor import SYSTEM
from tests.bot.web.conftest import count_queries
from tests.bot.web.photos import photo


def case_of(house, case_id):
    return house.db.read_now(SYSTEM, lambda tx: tx.get_one(Case, case_id))


def join(house, cast, opened):
    house.db.run_now(
        SYSTEM,
        endorse,
        community_id=cast.xfl,
        case_id=opened.case_id,
        number=opened.number,
        identity_id=cast.bo_identity,
        resident_id=cast.bo,
    )


@pytest.fixture
def done_case(report_of, as_person, cast):
    """A case the property company says it has done."""

    def make():
        opened = report_of()
        as_person(cast.guo, sign, opened.case_id)
        as_person(cast.guo, report_done, opened.case_id, text="换了曳引绳")
        return opened

    return make


async def test_empty_list_teaches(browser, cast):
    page = await browser.sign_in(cast.lan_identity)

    assert "您还没有反映过事情" in page
    assert 'href="/report"' in page


async def test_list_shows_mine_and_nobody_elses(browser, report_of, cast):
    report_of(text="我家门口的灯不亮")
    report_of(text="李波说的事", identity_id=cast.bo_identity, resident_id=cast.bo)

    page = await browser.sign_in(cast.lan_identity)

    assert "我家门口的灯不亮" in page
    assert "李波说的事" not in page


async def test_what_waits_for_me_stands_first(browser, report_of, done_case, cast):
    report_of(text="刚说的事")
    done_case()

    page = await browser.sign_in(cast.lan_identity)

    assert page.index("等您回话") < page.index("电梯坏了") < page.index("正在办</h2>")


@pytest.mark.parametrize("path", ["/me/cases", "/board/XFL"])
async def test_lists_ask_the_same_number_of_queries(browser, house, report_of, cast, path):
    report_of(place="1栋")
    await browser.sign_in(cast.lan_identity)
    with count_queries(house) as one:
        await browser.get(path)
    report_of(place="2栋")
    report_of(place="12栋")

    with count_queries(house) as three:
        await browser.get(path)

    assert len(three) == len(one)
    assert browser.page.count("住房与物业" if "board" in path else "电梯坏了") >= 3


async def test_case_page_asks_the_same_number_of_queries_whatever_happened(
    browser, house, report_of, cast
):
    opened = report_of()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    with count_queries(house) as little:
        await browser.get(f"/cases/{opened.case_id}")
    for number in range(3):
        await browser.post(f"/cases/{opened.case_id}/words", text=f"还没来 {number}")

    with count_queries(house) as much:
        await browser.get(f"/cases/{opened.case_id}")

    assert len(much) == len(little)


async def test_case_of_someone_else_is_not_there(browser, report_of, cast):
    opened = report_of()

    await browser.sign_in(cast.chen_identity, f"/cases/{opened.case_id}")

    assert browser.status == 404
    assert "电梯坏了" not in browser.page


async def test_page_tells_who_has_it_and_by_when_but_no_names(browser, house, report_of, cast):
    opened = report_of()
    join(house, cast, opened)

    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    assert opened.number in page
    assert "安居物业" in page
    assert "还剩" in page
    assert "2 人" in page
    assert "李波" not in page
    assert "郭师傅" not in page


async def test_confirm_closes_and_then_asks_for_a_rating(browser, house, done_case, cast):
    opened = done_case()
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    assert "解决了吗" in page
    assert "换了曳引绳" in page

    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")

    assert case_of(house, opened.case_id).phase is Phase.CLOSED
    assert "谢谢，已记下" in page
    assert "办得怎么样" in page
    page = await browser.post(f"/cases/{opened.case_id}/rating", stars="4")
    assert "您打了 4 分" in page
    assert case_of(house, opened.case_id).phase is Phase.EVALUATED


async def test_not_solved_needs_a_reason_and_goes_back_to_work(browser, house, done_case, cast):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="no", reason=" ")
    assert browser.status == 422
    assert "请填写哪里还没解决" in page
    assert case_of(house, opened.case_id).phase is Phase.VERIFYING

    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="no", reason="还是会停")

    assert case_of(house, opened.case_id).phase is Phase.IN_PROGRESS
    assert "已退回重办" in page
    assert "还是会停" in page


async def test_too_long_a_reason_is_kept_on_the_page(browser, done_case, cast):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="no", reason="停" * 501)

    assert "最多 500 个字，现在有 501 个" in page
    assert "停" * 501 in page


async def test_after_my_yes_the_page_says_who_is_waited_for(browser, house, done_case, cast):
    opened = done_case()
    join(house, cast, opened)
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")

    assert "还在等另外 1 人回话" in page
    assert "解决了吗" not in page


async def test_the_same_answer_twice_is_refused_in_words(browser, done_case, cast):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")

    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")

    assert browser.status == 409
    assert f"{opened.number} 现在不需要您确认。" in page


async def test_word_is_added_and_shown_as_words_only(browser, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await browser.post(
        f"/cases/{opened.case_id}/words", text="<script>alert(1)</script>又停了"
    )

    assert "&lt;script&gt;alert(1)&lt;/script&gt;又停了" in page
    assert "<script>alert" not in page


async def test_question_is_answered_on_the_page(browser, house, report_of, as_person, cast):
    opened = report_of(is_sure=False)
    as_person(cast.wu, ask_info, opened.case_id, text="是哪部电梯？")
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    assert "是哪部电梯？" in page

    await browser.post(f"/cases/{opened.case_id}/words", text="左边那部")

    assert case_of(house, opened.case_id).phase is Phase.TRIAGE
    assert "左边那部" in browser.page


@pytest.mark.parametrize(("good", "phase"), [("yes", Phase.CLOSED), ("no", Phase.REGISTERED)])
async def test_direct_answer_is_taken_or_not(
    browser, house, report_of, as_person, cast, good, phase
):
    opened = report_of(is_sure=False, text="医保异地怎么报")
    as_person(cast.wu, answer_directly, opened.case_id, text="带发票到街道办")
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    assert "带发票到街道办" in page

    await browser.post(f"/cases/{opened.case_id}/answer", good=good)

    assert case_of(house, opened.case_id).phase is phase


async def test_withdraw(browser, house, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await browser.post(f"/cases/{opened.case_id}/withdraw")

    assert case_of(house, opened.case_id).phase is Phase.WITHDRAWN
    assert "已撤回。" in page


async def test_nobody_withdraws_what_others_stand_behind(browser, house, report_of, cast):
    opened = report_of()
    join(house, cast, opened)
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    assert "/withdraw" not in page

    page = await browser.post(f"/cases/{opened.case_id}/withdraw")

    assert browser.status == 409
    assert case_of(house, opened.case_id).phase is Phase.DISPATCHED


async def test_who_joined_can_leave_and_the_case_goes_on(browser, house, report_of, cast):
    opened = report_of()
    join(house, cast, opened)
    await browser.sign_in(cast.bo_identity, f"/cases/{opened.case_id}")

    page = await browser.post(f"/cases/{opened.case_id}/withdraw")

    parties = house.db.read_now(
        SYSTEM,
        lambda tx: tx.exec(
            select(Party.resident_id).where(col(Party.case_id) == opened.case_id)
        ).all(),
    )
    assert "已退出附议" in page
    assert parties == [cast.lan]
    assert case_of(house, opened.case_id).phase is Phase.DISPATCHED


async def test_reopen_within_its_window(browser, house, done_case, cast, clock):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")

    page = await browser.post(f"/cases/{opened.case_id}/reopen", again="第二天又停了")

    assert case_of(house, opened.case_id).phase is Phase.REGISTERED
    assert "第二天又停了" in page


async def test_reopen_is_not_offered_when_too_late(browser, done_case, cast, clock):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    page = await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")
    assert "/reopen" in page

    clock.forward(seconds=(REOPEN_WINDOW + timedelta(days=1)).total_seconds())
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    assert "/reopen" not in page


async def send_photo(browser, case_id, content, *, to="photos", name="photo", **fields):
    form = aiohttp.FormData()
    form.add_field("csrf", browser.page.split('name="csrf" value="')[1][:64])
    for key, value in fields.items():
        form.add_field(key, value)
    form.add_field(name, io.BytesIO(content), filename="现场.jpg", content_type="image/jpeg")
    async with browser.client.post(f"/cases/{case_id}/{to}", data=form) as response:
        return await browser._take(response)


def stages(house):
    return house.db.read_now(SYSTEM, lambda tx: list(tx.exec(select(Attachment.stage))))


async def test_photo_says_what_it_shows(browser, house, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await send_photo(browser, opened.case_id, photo(400, 300), stage="evidence")

    assert stages(house) == ["evidence"]
    assert '<h2 class="section-title">凭证</h2>' in page
    await send_photo(browser, opened.case_id, photo(400, 300), stage="portrait")
    assert browser.status == 422
    assert stages(house) == ["evidence"]


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        ({"solved": "yes", "name": "after"}, Phase.CLOSED),
        ({"solved": "no", "name": "proof", "reason": "还在漏"}, Phase.IN_PROGRESS),
    ],
)
async def test_answer_brings_a_photo_of_how_it_looks_now(
    browser, house, done_case, cast, answer, phase
):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await send_photo(browser, opened.case_id, photo(400, 300), to="confirm", **answer)

    assert case_of(house, opened.case_id).phase is phase
    assert stages(house) == ["after"]
    assert '<h2 class="section-title">办之后</h2>' in page


async def test_answer_with_a_broken_photo_is_not_taken(browser, house, done_case, cast):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    await send_photo(browser, opened.case_id, b"no photo", to="confirm", name="after", solved="yes")

    assert browser.status == 422
    assert case_of(house, opened.case_id).phase is Phase.VERIFYING


async def test_page_can_ask_whether_anything_happened(browser, house, report_of, as_person, cast):
    opened = report_of()
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    shown = page.split('data-latest="')[1].split('"')[0]

    assert await browser.get(f"/cases/{opened.case_id}/latest") == shown
    as_person(cast.guo, sign, opened.case_id)

    assert await browser.get(f"/cases/{opened.case_id}/latest") != shown


async def test_news_of_a_case_is_only_for_who_may_see_it(open_browser, report_of, cast):
    opened = report_of()
    stranger, neighbour = open_browser(), open_browser()
    await neighbour.sign_in(cast.bo_identity)

    await stranger.get(f"/cases/{opened.case_id}/latest")
    await neighbour.get(f"/cases/{opened.case_id}/latest")

    assert (stranger.status, neighbour.status) == (401, 404)


async def test_what_staff_took_back_is_undone_on_the_page(
    browser, house, report_of, as_person, cast
):
    opened = report_of()
    as_person(cast.wu, withdraw_for, opened.case_id, text="听错了")
    page = await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    assert "听错了" in page

    page = await browser.post(f"/cases/{opened.case_id}/withdraw/undo")

    assert case_of(house, opened.case_id).phase is Phase.REGISTERED
    assert "好的，接着办" in page
    assert "取消撤回</button>" not in page


async def test_photo_is_cleaned_kept_and_shown(browser, house, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await send_photo(browser, opened.case_id, photo(2_000, 1_000))

    assert "照片已加上" in page
    found = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Attachment)).one())
    assert (found.case_id, found.media_type, found.stage) == (
        opened.case_id,
        "image/jpeg",
        "before",
    )
    address = f"/cases/{opened.case_id}/files/{found.id}"
    assert f'src="{address}"' in page
    async with browser.client.get(address) as response:
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Cache-Control"].startswith("private")
        assert Image.open(io.BytesIO(await response.read())).size == (1_600, 800)


async def test_photo_of_a_case_is_only_for_who_may_see_the_case(
    open_browser, house, report_of, cast
):
    opened = report_of()
    other = report_of(identity_id=cast.bo_identity, resident_id=cast.bo, place="1栋")
    lan, chen, bo = open_browser(), open_browser(), open_browser()
    await lan.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    await send_photo(lan, opened.case_id, photo())
    found = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Attachment)).one())
    await chen.sign_in(cast.chen_identity)
    await bo.sign_in(cast.bo_identity)

    await chen.get(f"/cases/{opened.case_id}/files/{found.id}")
    await bo.get(f"/cases/{other.case_id}/files/{found.id}")

    assert (chen.status, bo.status) == (404, 404)


async def test_what_is_no_photo_is_told(browser, house, report_of, cast):
    opened = report_of()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await send_photo(browser, opened.case_id, b"<svg/>")

    assert browser.status == 422
    assert "这个文件不是能打开的照片" in page
    assert house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Attachment)).all()) == []


async def test_too_many_photos_are_refused(browser, house, report_of, as_person, cast):
    opened = report_of()
    for number in range(PHOTOS_MAX):
        as_person(
            cast.lan,
            attach,
            opened.case_id,
            media_type="image/jpeg",
            sha256=f"{number:064x}",
            size=1,
        )
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")

    page = await send_photo(browser, opened.case_id, photo())

    assert browser.status == 409
    assert f"最多 {PHOTOS_MAX} 张" in page


async def test_nothing_is_added_to_what_is_over(browser, done_case, cast):
    opened = done_case()
    await browser.sign_in(cast.lan_identity, f"/cases/{opened.case_id}")
    await browser.post(f"/cases/{opened.case_id}/confirm", solved="yes")

    await browser.post(f"/cases/{opened.case_id}/words", text="晚了")

    assert browser.status == 409
    assert "已经结束" in browser.page


def test_story_joins_what_repeats_and_keeps_words(clock):
    def step(name, text=None):
        return Step(1, clock.now, name, name, "resident", None, text, True)

    steps = [step("collect"), step("classify"), step("endorse"), step("endorse"), step("word", "a")]
    steps += [step("word", "b"), step("dispatch")]

    told = [(entry.title, entry.text) for entry in story(steps, "安居物业")]

    assert told == [
        ("派给安居物业", None),
        ("补充说明", "b"),
        ("补充说明", "a"),
        ("又有 2 人说也遇到了", None),
        ("收到诉求", None),
    ]


def test_every_access_goes_by_the_rule_of_cases(house, report_of, cast, as_person):
    opened = report_of()

    assert as_person(cast.lan, access_case, opened.case_id).number == opened.number
