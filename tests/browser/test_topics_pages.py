"""大家在说什么 and 协商草稿 in Chromium: no look has a fault of accessibility; and a walk."""

from datetime import timedelta

import pytest

from bot.web.answers import SESSION_COOKIE
from bot.web.session import begin_session
from cases.desk import Report, open_case
from cases.tables import Case
from community.tables import Account
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = {
    "desk": {"size": DESK},
    "phone": {"size": PHONE},
    "dark": {"size": DESK, "dark": True},
}
TALK = (
    ("3栋2单元楼道的路灯坏了一个月没人修", "3栋2单元", 25),
    ("3栋楼道路灯又不亮了，老人晚上怕摔", "3栋1单元", 12),
    ("3栋路灯坏了晚上看不见，请修一下楼道路灯", "3栋", 2),
    ("3栋楼道路灯还是没人修，" + "说了很多次，物业每次都说已经报上去了，" * 6, "3栋3单元", 1),
    ("东门烧烤摊半夜油烟呛人，窗户都不敢开", "东门", 9),
    ("东门口烧烤油烟味太大，小孩一直咳", "东门", 8),
    ("地下车库充电桩不够，电动车排队充电", "地下车库", 5),
    ("电动车充电桩太少，大家把电动车推进楼道充电", "5栋", 4),
    ("想问问乒乓球台什么时候装好", "中心广场", 3),
)


def _fill(tx, cast):
    for text, place, days in TALK:
        opened = open_case(
            tx,
            Report(
                community_id=cast.xfl,
                identity_id=cast.lan_identity,
                resident_id=cast.lan,
                text=text,
                category="住房与物业",
                place=place,
            ),
        )
        case = tx.get_one(Case, opened.case_id)
        case.collected_at = tx.now - timedelta(days=days)


def _open_session(tx, resident_id):
    account = Account(login="wu", password_hash="!", resident_id=resident_id, made_at=tx.now)
    tx.add(account)
    tx.flush()
    return begin_session(tx, lasts=timedelta(hours=1), account_id=account.id)


async def as_secretary(site, page):
    token = site.run(_open_session, site.cast.wu)
    await page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_in_every_look(site, look):
    page = await site.page(**LOOKS[look])
    await as_secretary(site, page)
    for name in ("topics", "drafts"):
        await page.goto(f"/console/{name}")
        await site.check(page)
        await site.shot(page, f"console-{name}-empty-{look}", full=False)
    site.run(_fill, site.cast)

    await page.goto("/console/topics")
    await site.check(page)
    await site.shot(page, f"console-topics-{look}")
    await page.get_by_text("看数字").click()
    await site.check(page)
    await page.get_by_role("button", name="拟成协商话题").first.click()
    await page.get_by_label("题目").wait_for()
    await site.check(page)
    await site.shot(page, f"console-draft-{look}")
    await page.get_by_text("删除草稿").first.click()
    await page.get_by_role("button", name="删除草稿").click()
    await page.get_by_text("要删除，请先打勾").first.wait_for()
    await site.check(page)
    await page.goto("/console/drafts")
    await site.check(page)
    await site.shot(page, f"console-drafts-{look}", full=False)


async def test_topic_becomes_a_draft_without_scripts(site):
    site.run(_fill, site.cast)
    page = await site.page(DESK, scripts=False)
    await as_secretary(site, page)
    await page.goto("/console/topics?days=90")
    await page.get_by_role("button", name="拟成协商话题").first.click()
    await page.get_by_label("题目").fill("楼道路灯怎么修")
    await page.get_by_role("button", name="保存").click()

    assert await page.get_by_label("题目").input_value() == "楼道路灯怎么修"
    assert await page.get_by_text("已保存").count() == 1
