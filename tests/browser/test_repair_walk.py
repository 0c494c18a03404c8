"""S1 in the browser: from a word in the group to a confirmed end, on a phone and at a desk."""

import pytest
from sqlmodel import select

from cases.rules import Phase
from cases.steps import report_done, sign
from cases.tables import Case
from community.people import actor_of_resident
from core.actor import SYSTEM
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = "三栋二单元电梯又坏了，老人下不来楼"
SIZES = {"phone": PHONE, "desk": DESK}


def case_of(site):
    return site.house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Case)).one())


def as_clerk(site, work, *args, **values):
    actor = site.house.db.read_now(SYSTEM, actor_of_resident, site.cast.guo)
    return site.house.db.run_now(actor, work, *args, **values)


async def say(page, words):
    await page.get_by_label("要说的话").fill(words)
    await page.get_by_role("button", name="发送").click()


async def open_chat(page, sender, room):
    await page.goto("/simulator")
    await page.locator(f'a.person[href*="as={sender}"]').click()
    await page.locator("a.room").filter(has_text=room).click()


async def open_latest_link(page):
    """Tap the latest link the bot sent, once it has arrived."""
    await page.get_by_role("button", name="打开我的页面").last.click()


@pytest.mark.parametrize("name", SIZES)
async def test_s1_from_the_group_to_a_confirmed_end(site, name):
    size = SIZES[name]
    lan, bo = await site.page(size), await site.page(size)
    await open_chat(lan, "lan", "幸福里3栋群")
    await open_chat(bo, "bo", "幸福里3栋群")

    # In the group: one short line to one, and everyone sees it without doing anything.
    await say(lan, WORDS)
    await bo.get_by_text("安居物业").last.wait_for()
    number = case_of(site).number
    assert await bo.locator(".bubble", has_text=WORDS).count() == 1
    assert await bo.locator(".line.bot", has_text=number).count() == 1
    await say(bo, "我们也是，二单元")
    await bo.locator(".line.mine", has_text="我们也是").wait_for()
    await site.check(bo)
    await site.shot(bo, f"s1-{name}-1-group", full=False)

    # In private: the page.
    await open_chat(lan, "lan", "公众号")
    await open_latest_link(lan)
    await lan.wait_for_url("**/cases/*")
    await lan.get_by_text("2 人").wait_for()
    await site.check(lan)
    await site.shot(lan, f"s1-{name}-2-case")

    # The property company does it; both are asked.
    case_id = case_of(site).id
    as_clerk(site, sign, case_id)
    as_clerk(site, report_done, case_id, text="换了曳引绳")
    await lan.reload()
    await lan.get_by_role("heading", name="解决了吗？").wait_for()
    await lan.get_by_text("没解决，说说情况").click()
    await lan.get_by_label("哪里还没解决").fill("早上又停了一次")
    await site.check(lan)
    await site.shot(lan, f"s1-{name}-3-not-solved")
    await lan.get_by_role("button", name="退回重办").click()
    await lan.get_by_text("已退回重办").wait_for()
    assert case_of(site).phase is Phase.IN_PROGRESS

    # Done again; both say yes; it closes and asks for a rating once.
    as_clerk(site, report_done, case_id, text="换了控制板")
    await lan.reload()
    await lan.get_by_role("button", name="确认解决了").click()
    await lan.get_by_text("还在等另外 1 人回话").wait_for()
    await open_chat(bo, "bo", "公众号")
    await open_latest_link(bo)
    await bo.get_by_role("button", name="确认解决了").click()
    await bo.get_by_role("heading", name="办得怎么样？").wait_for()
    assert case_of(site).phase is Phase.CLOSED
    await lan.reload()
    await lan.get_by_role("button", name="5 分").click()
    await lan.get_by_text("您打了 5 分").wait_for()
    await site.check(lan)
    await site.shot(lan, f"s1-{name}-4-closed")

    # The board tells it without a name or a word of theirs.
    await lan.get_by_role("link", name="公示栏").click()
    await lan.get_by_text("已解决").first.wait_for()
    assert WORDS not in await lan.content()
    assert "王兰" not in await lan.content()
    await site.check(lan)
    await site.shot(lan, f"s1-{name}-5-board")


async def test_s1_without_scripts(site):
    lan = await site.page(PHONE, scripts=False)
    await open_chat(lan, "lan", "幸福里3栋群")
    await say(lan, WORDS)
    await lan.locator(".line.bot").wait_for()
    number = case_of(site).number

    await site.sign_in(lan, site.cast.lan_identity)
    await lan.get_by_text(WORDS).click()
    await lan.get_by_role("heading", name=number).wait_for()
    await lan.get_by_text("补充一句").click()
    await lan.get_by_label("要补充的话").fill("还困着人")
    await lan.get_by_role("button", name="发送").click()

    await lan.get_by_text("还困着人").wait_for()
    await site.shot(lan, "s1-without-scripts")
