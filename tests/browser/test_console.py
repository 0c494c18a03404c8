"""The console in Chromium: every page in every look without a fault of accessibility, its keys,
and that it works without scripts.
"""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.tables import Outgoing
from bot.web.answers import SESSION_COOKIE
from bot.web.session import begin_session
from cases.desk import Report, open_case
from cases.steps import sign
from cases.tables import Case, Disposition, Request, Urgency
from community.grants import grant_role
from community.people import actor_of_resident
from community.tables import Account
from core.actor import SYSTEM
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OFFICE = (1366, 768)
TABLET = (1024, 768)
LOOKS = {
    "office": {"size": OFFICE},
    "desk": {"size": DESK},
    "tablet": {"size": TABLET},
    "phone": {"size": PHONE},
    "dark": {"size": OFFICE, "dark": True},
}
LONG = "楼上半夜装修，" + "已经连续一个星期，老人心脏不好受不了，物业说管不了，" * 8
REPORTS = (
    ("3栋电梯里的灯坏了三天了", "住房与物业", "3栋2单元", Urgency.NORMAL, True, 30),
    ("东门道闸坏了，早高峰车都堵在门口", "交通运输", "东门", Urgency.TODAY, True, -3),
    (LONG, "邻里纠纷", "8栋", Urgency.NORMAL, True, 2),
    ("想问问居家养老补贴怎么申请", "民政救助", None, Urgency.NORMAL, False, None),
    ("车棚充电桩冒烟了", "治安安全", "地下车库", Urgency.EMERGENCY, True, 1),
)


def _fill(tx, cast):
    """A working day: cases in every state, things unsure, messages that did not arrive."""
    now, made = tx.now, []
    for text, category, place, urgency, is_sure, hours in REPORTS:
        opened = open_case(
            tx,
            Report(
                community_id=cast.xfl,
                identity_id=cast.lan_identity,
                resident_id=cast.lan,
                text=text,
                category=category,
                place=place,
                urgency=urgency,
                group_id=cast.group3,
                is_sure=is_sure,
            ),
        )
        made.append(opened.case_id)
        case = tx.get_one(Case, opened.case_id)
        if hours is not None:
            case.due_at = now + timedelta(hours=hours)
        _hear(tx, cast, text, category, place, Disposition.OPENED, opened.case_id, 0.93)
    _hear(tx, cast, "12栋那边的路是不是该修修了", "城乡建设", None, Disposition.UNSURE, None, 0.46)
    for number, channel in enumerate(("wechat:main", "desk")):
        tx.add(
            Outgoing(
                key=f"dead-{number}",
                community_id=cast.xfl,
                channel=channel,
                recipient="x",
                text="您反映的事报办好了。解决了吗？",
                made_at=now,
                due_at=now,
                settled=True,
                dead_at=now,
                error="45015 回复时间超过限制",
            )
        )
    return made


def _hear(tx, cast, text, category, place, disposition, case_id, confidence):
    tx.add(
        Request(
            community_id=cast.xfl,
            group_id=cast.group3,
            identity_id=cast.lan_identity,
            message_id=f"test:{text[:30]}",
            text=text,
            at=tx.now,
            intent="request",
            category=category,
            place=place,
            urgency="normal",
            confidence=confidence,
            reasons=[],
            model="test",
            disposition=disposition,
            case_id=case_id,
        )
    )


def _open_session(tx, resident_id):
    account = Account(
        login=f"staff{resident_id}", password_hash="!", resident_id=resident_id, made_at=tx.now
    )
    tx.add(account)
    tx.flush()
    return begin_session(tx, lasts=timedelta(hours=1), account_id=account.id)


async def as_staff(site, page, person):
    """Sign the page's browser in as somebody of the cast."""
    token = site.run(_open_session, person)
    await page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_in_every_look(site, look):
    page = await site.page(**LOOKS[look])
    await page.goto("/console/login")
    await site.check(page)
    await site.shot(page, f"console-login-{look}")
    await as_staff(site, page, site.cast.wu)
    for name in ("", "requests", "cases", "codes"):
        await page.goto(f"/console/{name}".rstrip("/"))
        await site.check(page)
        await site.shot(page, f"console-{name or 'today'}-empty-{look}", full=False)
    made = site.run(_fill, site.cast)
    site.run(grant_role, resident_id=site.cast.wu, role="operator", area_id=site.cast.district)

    for name, path in (
        ("today", "/console"),
        ("requests", "/console/requests"),
        ("cases", "/console/cases"),
        ("case-long", f"/console/cases/{made[2]}"),
        ("case-waiting", f"/console/cases/{made[3]}"),
        ("new-case", "/console/cases/new?who=王"),
        ("find", "/console/find?q=电梯"),
        ("people", "/console/people"),
        ("resident-masked", f"/console/people/{site.cast.lan}"),
        ("new-resident", "/console/people/new"),
        ("households", "/console/households"),
        ("places", "/console/places"),
        ("groups", "/console/groups"),
        ("roster", "/console/roster"),
        ("more", "/console/more"),
        ("me", "/console/me"),
        ("second-step", "/console/me/second-step"),
        ("roles", "/console/roles"),
        ("agencies", "/console/agencies"),
        ("duties", "/console/duties"),
        ("shifts", "/console/shifts"),
        ("history", "/console/history"),
        ("areas", "/console/areas"),
        ("learning", "/console/learning"),
        ("setup", "/console/setup"),
        ("not-found", "/console/cases/1"),
    ):
        await page.goto(path)
        await site.check(page)
        await site.shot(page, f"console-{name}-{look}", full=look == "phone")


async def test_refused_form_and_open_file_and_letters_have_no_fault(site):
    page = await site.page(OFFICE)
    await as_staff(site, page, site.cast.wu)
    await page.goto("/console/cases/new")
    await page.locator("#f-place").fill("三号楼后面")
    await page.eval_on_selector("textarea[name=text]", "field => field.removeAttribute('required')")
    await page.get_by_role("button", name="登记", exact=True).click()
    await page.get_by_text("请填写什么事").first.wait_for()
    await site.check(page)
    await site.shot(page, "console-new-case-wrong", full=False)

    await page.goto(f"/console/people/{site.cast.lan}")
    await page.get_by_role("button", name="看全部资料").click()
    await page.get_by_role("heading", name="王兰").wait_for()
    await site.check(page)
    await site.shot(page, "console-resident-file", full=False)


async def test_clerk_goes_through_a_case_with_the_keyboard(site):
    site.run(_fill, site.cast)
    page = await site.page(OFFICE)
    await as_staff(site, page, site.cast.guo)
    await page.goto("/console/cases")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/console/cases/\d+"))

    first = page.url
    await page.keyboard.press("j")
    await page.wait_for_url(lambda url: "/console/cases/" in url and url != first)
    await page.keyboard.press("k")
    await page.wait_for_url(first)
    await page.keyboard.press("e")
    await page.get_by_role("button", name="签收", exact=True).click()
    await page.get_by_text("办好了，相关的人会收到消息").wait_for()
    await page.keyboard.press("?")
    await page.get_by_role("heading", name="用键盘更快").wait_for()
    await site.shot(page, "console-help", full=False)
    await page.keyboard.press("?")
    await page.keyboard.press("/")

    assert await page.evaluate("document.activeElement.id") == "find"


async def test_secretary_puts_right_with_two_keys(site):
    site.run(_fill, site.cast)
    page = await site.page(OFFICE)
    await as_staff(site, page, site.cast.wu)
    await page.goto("/console/requests?kind=unsure")

    await page.keyboard.press("c")
    await page.keyboard.press("3")
    await page.get_by_text("记下了，已经立案").wait_for()
    await site.shot(page, "console-request-corrected", full=False)

    def corrected(tx):
        rows = tx.exec(select(Request).where(col(Request.corrected_at).is_not(None)))
        return [row.corrected["category"] for row in rows]

    assert site.house.db.read_now(SYSTEM, corrected) == ["交通运输"]


async def test_template_fills_the_words(site):
    made = site.run(_fill, site.cast)
    actor = site.house.db.read_now(SYSTEM, actor_of_resident, site.cast.guo)
    site.house.db.run_now(actor, sign, made[0])
    page = await site.page(OFFICE)
    await as_staff(site, page, site.cast.guo)
    await page.goto(f"/console/cases/{made[0]}")

    await page.get_by_role("button", name="已清理干净，并加了巡查。").click()

    assert await page.get_by_label("怎么办的").input_value() == "已清理干净，并加了巡查。"


async def test_everything_works_without_scripts(site):
    made = site.run(_fill, site.cast)
    page = await site.page(OFFICE, scripts=False)
    await as_staff(site, page, site.cast.guo)
    await page.goto("/console")
    await page.get_by_role("button", name=re.compile("签收")).first.click()
    await page.goto(f"/console/cases/{made[0]}")
    if await page.get_by_role("button", name="签收", exact=True).count():
        await page.get_by_role("button", name="签收", exact=True).click()
    await page.goto(f"/console/cases/{made[0]}")
    await page.get_by_text("内部备注", exact=True).click()
    await page.get_by_label("备注", exact=True).fill("联系过了")
    await page.get_by_role("button", name="记下").click()

    assert await page.get_by_text("联系过了").count() == 1
