"""大家在说什么 and 协商草稿 in browsers without scripts."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.talk import Material, material, talk_of
from cases.recent import Brought, brought_up
from cases.tables import Case
from core.actor import SYSTEM
from core.transaction import EventRecord
from deliberation.tables import ConsultationDraft
from tests.bot.web.conftest import count_queries

LAMPS = (
    "3栋2单元楼道的路灯坏了一个月没人修",
    "3栋楼道路灯又不亮了，老人晚上怕摔",
    "3栋路灯坏了晚上看不见，请修一下楼道路灯，我叫赵铁柱电话13912345678",
)
DRAFT_ID = re.compile(r"/console/drafts/(\d+)")


@pytest.fixture
def talked(report_of):
    """Three cases of the lamps and one that nobody else speaks of."""

    def make():
        ids = [report_of(text=text, place=f"3栋{n}单元").case_id for n, text in enumerate(LAMPS, 1)]
        report_of(text="想问问乒乓球台什么时候装好", place="东门", category="教育文体")
        return ids

    return make


def drafts(house):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(ConsultationDraft)).all())


async def make_draft(browser):
    await browser.get("/console/topics")
    fields = dict(re.findall(r'name="(community|name|cases)" value="([^"]*)"', browser.page))
    await browser.post("/console/topics/draft?days=30", **fields)
    return browser.url.path


async def test_topic_shows_size_places_course_and_examples(wu, talked):
    ids = talked()

    await wu.get("/console/topics")

    assert wu.status == 200
    assert "4 件诉求，1 个话题" in wu.page
    assert "3 件、3 人次" in wu.page
    assert "路灯" in re.search(r'<li class="card talk".*?<h2>(.*?)</h2>', wu.page, re.DOTALL)[1]
    assert {str(found) for found in ids} == set(re.findall(r"/console/cases/(\d{6,})", wu.page))
    assert "乒乓球" not in wu.page


async def test_topic_shows_no_name_and_no_telephone(wu, talked):
    talked()

    await wu.get("/console/topics")

    assert "13912345678" not in wu.page
    assert "赵铁柱" not in wu.page


async def test_span_leaves_out_what_is_older(wu, house, talked):
    ids = talked()

    def age(tx):
        for case_id in ids:
            tx.get_one(Case, case_id).collected_at = tx.now - timedelta(days=20)

    house.db.run_now(SYSTEM, age)
    pages = {}
    for days in (7, 30):
        await wu.get(f"/console/topics?days={days}")
        pages[days] = "3 件、3 人次" in wu.page

    assert pages == {7: False, 30: True}


async def test_page_teaches_when_nothing_was_said(wu):
    await wu.get("/console/topics")

    assert "最近 30 天没有诉求" in wu.page


async def test_topics_of_another_community_are_absent(wu, cast):
    await wu.get(f"/console/topics?community={cast.hyc}")

    assert wu.status == 404


async def test_grid_worker_sees_topics_but_no_draft_button(ding, talked, cast):
    ids = talked()

    await ding.get("/console/topics")
    assert ding.status == 200
    assert "拟成协商话题" not in ding.page
    await ding.get("/console/me")
    await ding.post(
        "/console/topics/draft", community=cast.xfl, name="路灯", cases=",".join(map(str, ids))
    )

    assert ding.status == 404


async def test_topic_becomes_a_draft_once(wu, house, talked):
    ids = talked()

    first = await make_draft(wu)
    second = await make_draft(wu)

    assert first == second
    assert "已经有草稿" in wu.page
    (draft,) = drafts(house)
    assert sorted(draft.case_ids) == sorted(map(str, ids))
    assert draft.title.startswith("商量一下：")
    assert "3 件诉求" in draft.text
    assert "13912345678" not in draft.title + draft.text
    assert "赵铁柱" not in draft.title + draft.text


async def test_page_and_draft_show_no_room(wu, house, report_of):
    for text in ("楼上漏水把我家天花板泡坏了", "楼上又漏水，天花板全湿了"):
        report_of(text=text, place="3栋2单元501")

    await wu.get("/console/topics")
    assert "3栋2单元" in wu.page
    assert "501" not in re.sub(r"/console/\S+|value=\S+|XFL-\S+", "", wu.page)
    await make_draft(wu)

    (draft,) = drafts(house)
    assert "3栋2单元" in draft.text
    assert "501" not in draft.text


async def test_draft_takes_only_cases_of_its_community(wu, house, cast, report_of):
    elsewhere = report_of(
        community_id=cast.hyc, identity_id=cast.chen_identity, resident_id=cast.chen
    ).case_id

    await wu.get("/console/me")
    await wu.post("/console/topics/draft", community=cast.xfl, name="偷看", cases=str(elsewhere))

    assert wu.status == 404
    assert drafts(house) == []


async def test_draft_is_edited_and_history_holds_no_words(wu, house, talked):
    talked()
    path = await make_draft(wu)
    version = re.search(r'name="version" value="(\d+)"', wu.page)[1]

    await wu.post(path, title="路灯谁来修", text="请大家商量。", version=version)

    assert "已保存" in wu.page
    assert [(d.title, d.text, d.version) for d in drafts(house)] == [
        ("路灯谁来修", "请大家商量。", 2)
    ]

    def told(tx):
        query = select(EventRecord).where(col(EventRecord.name) == "draft.change")
        return [row.facts for row in tx.exec(query.order_by(col(EventRecord.id)))]

    assert house.db.read_now(SYSTEM, told) == [{"what": "made"}, {"what": "edited"}]


async def test_edit_over_another_keeps_what_was_typed(wu, house, talked):
    talked()
    path = await make_draft(wu)
    await wu.post(path, title="甲", text="一", version="1")

    await wu.post(path, title="乙", text="后写的", version="1")

    assert wu.status == 409
    assert "被别人改过" in wu.page
    assert "后写的" in wu.page
    assert [d.title for d in drafts(house)] == ["甲"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "请填写题目"),
        ({"title": "长" * 61}, "最多 60 个字"),
        ({"text": ""}, "请填写正文"),
        ({"text": "长" * 4001}, "最多 4000 个字"),
    ],
    ids=["no title", "long title", "no text", "long text"],
)
async def test_draft_says_what_is_wrong(wu, house, talked, changes, words):
    talked()
    path = await make_draft(wu)

    await wu.post(path, **{"title": "题", "text": "文", "version": "1", **changes})

    assert words in wu.page
    assert [d.version for d in drafts(house)] == [1]


async def test_draft_is_deleted_only_when_that_is_meant(wu, house, talked):
    talked()
    path = await make_draft(wu)

    await wu.post(f"{path}/remove")
    assert "要删除，请先打勾" in wu.page
    assert len(drafts(house)) == 1
    await wu.post(f"{path}/remove", sure="1")

    assert drafts(house) == []
    assert "还没有草稿" in wu.page


async def test_draft_is_absent_for_whoever_may_not_draft(wu, ding, talked):
    talked()
    path = await make_draft(wu)

    for address in (path, "/console/drafts"):
        await ding.get(address)
        assert ding.status == 404


async def test_lists_cost_the_same_with_one_topic_and_with_three(wu, house, report_of):
    counts = []
    for texts in (("路灯坏了没人修",) * 2, ("电梯停运三天了",) * 2 + ("垃圾桶满了没人清",) * 2):
        for text in texts:
            report_of(text=text)
        with count_queries(house) as queries:
            await wu.get("/console/topics")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_brought_up_leaves_out_discarded_and_others(house, cast, report_of):
    kept = report_of(text="路灯坏了").case_id
    gone = report_of(text="开个玩笑", place="8栋").case_id

    def discard(tx):
        tx.get_one(Case, gone).phase = "discarded"

    house.db.run_now(SYSTEM, discard)

    def look(tx):
        since = tx.now - timedelta(days=1)
        return [case.id for case in brought_up(tx, cast.xfl, since=since, limit=10)]

    assert house.db.read_now(SYSTEM, look) == [kept]


def test_bars_count_every_case_once(house, cast, talked):
    talked()

    found = house.db.read_now(SYSTEM, material, cast.xfl, 30)
    talk = talk_of(found)

    assert sum(talk.bars) == talk.case_count == 4
    assert len(talk.bars) == len(talk.starts) == 10
    assert [sum(one.bars) for one in talk.topics] == [3]


def test_case_at_the_very_edge_stands_in_the_first_bar(house, cast, talked):
    talked()
    found = house.db.read_now(SYSTEM, material, cast.xfl, 7)
    case = found.brought[0]
    edge = Brought(case.id, case.number, case.text, case.place, case.category, found.since)

    talk = talk_of(Material(found.since, found.until, 7, [edge] * 2, {}, (0,) * 7, cut=False))

    assert [topic.bars for topic in talk.topics] == [(2, 0, 0, 0, 0, 0, 0)]
