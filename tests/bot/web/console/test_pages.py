"""Who sees which page of the console, and that lists cost the same however long they are."""

import re

import pytest

from community.households import add_household
from community.people import actor_of_resident
from community.residents import Particulars, register
from core.actor import SYSTEM
from core.errors import NotFound
from core.sealing import last_seals, seal_key, seal_new
from tests.bot.web.conftest import count_queries

# Every page with a place in the rail or under 更多: who has it and who has not.
PAGES = [
    ("/console", {"wu", "ding", "guo"}),
    ("/console/requests", {"wu"}),
    ("/console/cases", {"wu", "ding", "guo"}),
    ("/console/cases/new", {"wu"}),
    ("/console/people", {"wu"}),
    ("/console/people/new", {"wu"}),
    ("/console/households", {"wu"}),
    ("/console/places", {"wu"}),
    ("/console/groups", {"wu"}),
    ("/console/codes", {"wu"}),
    ("/console/roster", {"wu"}),
    ("/console/roster/template.xlsx", {"wu"}),
    ("/console/more", {"wu", "ding", "guo"}),
    ("/console/me", {"wu", "ding", "guo"}),
    ("/console/roles", {"wu"}),
    ("/console/agencies", {"wu"}),
    ("/console/duties", {"wu"}),
    ("/console/shifts", {"wu"}),
    ("/console/history", {"wu"}),
    ("/console/areas", {"wu"}),
    ("/console/learning", set()),
    ("/console/topics", {"wu", "ding"}),
    ("/console/drafts", {"wu"}),
    ("/console/setup", {"wu"}),
    ("/console/find?q=x", {"wu", "ding", "guo"}),
]


@pytest.mark.parametrize("name", ["wu", "ding", "guo"])
async def test_page_is_there_for_whom_it_is(staff_browser, name):
    browser = staff_browser(name)
    shown, hidden = [], []

    for path, _ in PAGES:
        await browser.get(path)
        if browser.status == 200:
            shown.append(path)
        elif browser.status == 404 and NotFound.text in browser.page:
            hidden.append(path)

    assert shown == [path for path, allowed in PAGES if name in allowed]
    assert hidden == [path for path, allowed in PAGES if name not in allowed]


async def test_every_form_that_changes_carries_its_token_and_nothing_is_inline(
    wu, house, cast, report_of, heard
):
    heard()
    case_id = report_of(is_sure=False).case_id
    paths = [path for path, _ in PAGES if not path.endswith(".xlsx")]

    for path in (*paths, f"/console/cases/{case_id}", f"/console/people/{cast.lan}"):
        await wu.get(path)

        forms = re.findall(r'<form[^>]*method="post".*?</form>', wu.page, re.DOTALL)
        assert [form for form in forms if 'name="csrf"' not in form] == [], path
        assert not re.search(r"<(?:script(?! src)|style)\b|\s(?:style|on\w+)=", wu.page), path


async def test_form_of_another_site_changes_nothing(wu, house, report_of):
    case_id = report_of(is_sure=False).case_id
    await wu.get(f"/console/cases/{case_id}")

    await wu.post(f"/console/cases/{case_id}/do/note", csrf=False, text="不是我写的")

    assert wu.status == 403
    await wu.get(f"/console/cases/{case_id}")
    assert "不是我写的" not in wu.page


async def test_page_asks_strangers_to_sign_in(browser):
    asked = []

    for path, _ in PAGES:
        await browser.get(path)
        asked.append(browser.url.path)

    assert asked == ["/console/login"] * len(PAGES)


async def test_resident_with_a_chat_link_is_no_staff(browser, cast):
    await browser.sign_in(cast.lan_identity)

    await browser.get("/console/people")

    assert browser.url.path == "/console/login"


async def test_rail_shows_what_one_may_use(wu, guo):
    await wu.get("/console")
    await guo.get("/console")

    assert 'href="/console/requests"' in wu.page
    assert 'class="station" href="/console/people"' in wu.page
    assert 'href="/console/requests"' not in guo.page
    assert 'class="station" href="/console/people"' not in guo.page


async def test_forbidden_case_looks_like_an_absent_one(ding, house, cast, report_of):
    elsewhere = report_of(
        community_id=cast.hyc, identity_id=cast.chen_identity, resident_id=cast.chen
    )

    await ding.get(f"/console/cases/{elsewhere.case_id}")
    forbidden = ding.status, NotFound.text in ding.page
    await ding.get("/console/cases/12345")

    assert forbidden == (ding.status, NotFound.text in ding.page) == (404, True)


LISTS = [
    ("/console/cases", "report"),
    ("/console", "report"),
    ("/console", "heard"),
    ("/console/requests", "heard"),
    ("/console/people", "resident"),
    ("/console/history", "report"),
    ("/console/households", "household"),
]


@pytest.mark.parametrize(("path", "kind"), LISTS)
async def test_list_takes_as_many_queries_for_three_rows_as_for_one(
    wu, house, cast, report_of, heard, path, kind
):
    def add(number):
        if kind == "report":
            report_of(text=f"第{number}件：楼道灯坏了", place=f"{number}号", is_sure=False)
        elif kind == "heard":
            heard(text=f"第{number}句话")
        elif kind == "resident":
            house.db.run_now(_secretary(house, cast), _register, house.vault, cast.xfl, number)
        else:
            house.db.run_now(_secretary(house, cast), _household, cast.xfl, number)

    add(1)
    await wu.get(path)  # whatever is loaded once is loaded now
    with count_queries(house) as one:
        await wu.get(path)
    add(2)
    add(3)
    with count_queries(house) as three:
        await wu.get(path)

    assert len(three) == len(one)


def _secretary(house, cast):
    return house.db.read_now(SYSTEM, actor_of_resident, cast.wu)


def _register(tx, vault, community_id, number):
    register(
        tx,
        vault,
        community_id=community_id,
        number=f"T{number}",
        particulars=Particulars(name=f"张{number}"),
    )


def _household(tx, community_id, number):
    add_household(tx, community_id=community_id, number=f"T-{number}")


async def test_history_shows_how_far_it_is_sealed(wu, house, report_of):
    await wu.get("/console/history")
    assert "已封存到" not in wu.page

    report_of()
    await seal_new(house.db, seal_key(house.signer))
    await wu.get("/console/history")

    root = house.db.read_now(SYSTEM, last_seals)[0].root
    assert "幸福里社区，第 1 道封条" in wu.page
    assert " ".join(root[at : at + 8] for at in range(0, 64, 8)) in wu.page
