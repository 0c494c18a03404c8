"""知识库, 没答上来的问题 and 听懂的门槛 in browsers without scripts."""

import re
from datetime import date

import pytest
from aiohttp import FormData
from sqlmodel import col, select

from community.article_content import Content
from community.article_tables import Article, ArticleState, ArticleVersion, Question, QuestionState
from community.articles import save_article
from community.questions import keep_question
from community.tables import DISTRICT
from community.thresholds import thresholds_of
from core.actor import SYSTEM
from core.transaction import EventRecord
from tests.bot.web.conftest import count_queries
from tests.cast import grant

DAY = date(2026, 11, 23)
FORM = {
    "title": "几点可以扔垃圾",
    "body": "每天 **7:00–9:00** 投放。\n<script>alert(1)</script>",
    "questions": "垃圾房几点开门\n什么时候倒垃圾",
    "source": "社区居委会",
    "source_date": "2026-11-01",
    "valid_from": "2026-11-01",
    "valid_until": "",
    "is_public": "1",
}
ARTICLE_ID = re.compile(r"/console/knowledge/(\d+)")


def content(title="几点可以扔垃圾", **changes):
    values = {
        "title": title,
        "body": "每天七点到九点投放。",
        "questions": (),
        "source": "社区居委会",
        "source_date": DAY,
        "valid_from": DAY,
        **changes,
    }
    return Content(**values)


@pytest.fixture
def put(house, cast):
    """put(content(…)): an article of the estate, published; other places and states by name."""

    def save(words, *, place=None, state=ArticleState.PUBLISHED):
        place = cast.xfl if place is None else place
        return house.db.run_now(SYSTEM, save_article, place, words, state=state).id

    return save


@pytest.fixture
def ask(house, cast):
    """ask("…"): a question of Lan's that nobody answered; its id."""

    def keep(text, **more):
        values = {
            "community_id": cast.xfl,
            "identity_id": cast.lan_identity,
            "article_id": None,
            "confidence": 0.0,
            "request_id": None,
            "answered": False,
            **more,
        }
        return house.db.run_now(SYSTEM, keep_question, text=text, **values)

    return keep


def rows(house, table, *where):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table).where(*where)).all())


async def test_secretary_writes_looks_publishes_changes_and_undoes(house, cast, wu, browser):
    page = await wu.get("/console/knowledge")
    assert "还没有文章" in page

    await wu.get("/console/knowledge/new")
    page = await wu.post("/console/knowledge/keep", community=cast.xfl, do="preview", **FORM)
    assert "预览（还没保存）" in page
    assert "<strong>7:00–9:00</strong>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert rows(house, Article) == []

    page = await wu.post("/console/knowledge/keep", community=cast.xfl, do="publish", **FORM)
    (article,) = rows(house, Article)
    assert (article.state, article.version) == (ArticleState.PUBLISHED, 1)
    assert article.questions == ["垃圾房几点开门", "什么时候倒垃圾"]
    assert "已发布，机器人现在就照它回答。" in page

    changed = {**FORM, "body": "改成八点到十点。"}
    await wu.post(
        "/console/knowledge/keep",
        community=cast.xfl,
        do="save",
        id=article.id,
        version=1,
        **changed,
    )
    assert rows(house, Article)[0].body == "改成八点到十点。"
    await wu.post(f"/console/knowledge/{article.id}/restore/1")
    (article,) = rows(house, Article)
    assert (article.body, article.version) == (FORM["body"], 3)
    assert len(rows(house, ArticleVersion)) == 3

    await browser.get(f"/articles/{article.id}")
    assert browser.status == 200
    assert "每天 <strong>7:00–9:00</strong> 投放。" in browser.page
    await wu.post(f"/console/knowledge/{article.id}/withdraw")
    await browser.get(f"/articles/{article.id}")
    assert browser.status == 410
    assert "已经撤下" in browser.page


async def test_history_tells_who_changed_what_without_a_word_of_it(house, cast, wu):
    await wu.get("/console/knowledge/new")
    await wu.post("/console/knowledge/keep", community=cast.xfl, do="publish", **FORM)

    (event,) = rows(house, EventRecord, col(EventRecord.name) == "article.change")

    assert (event.actor_id, event.facts) == (cast.wu, {"what": "added", "version": 1})


async def test_two_who_edit_at_once_do_not_overwrite_each_other(house, cast, wu, put):
    article = put(content())
    house.db.run_now(
        SYSTEM, save_article, cast.xfl, content(body="书记先改好了。"), article_id=article
    )
    await wu.get(f"/console/knowledge/{article}")

    page = await wu.post(
        "/console/knowledge/keep", community=cast.xfl, do="save", id=article, version=1, **FORM
    )

    assert wu.status == 409
    assert "被别人改过" in page
    assert "什么时候倒垃圾" in page  # what was typed is still there
    assert rows(house, Article)[0].body == "书记先改好了。"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "请填写标题。"),
        ("body", "长" * 5_001, "正文太长了"),
        ("source", "", "请填写来源。"),
        ("source_date", "去年", "来源日期请写成 2026-03-01 这样。"),
        ("valid_until", "2026-10-01", "失效日期不能早于生效日期"),
        ("questions", "问" * 61, "一条问法最多 60 个字"),
    ],
)
async def test_wrong_fields_are_said_beside_them(house, cast, wu, field, value, words):
    await wu.get("/console/knowledge/new")

    page = await wu.post(
        "/console/knowledge/keep", community=cast.xfl, do="publish", **{**FORM, field: value}
    )

    assert wu.status == 422
    assert words in page
    assert rows(house, Article) == []


async def test_same_title_twice_is_refused_in_words(cast, wu, put):
    put(content(FORM["title"]))
    await wu.get("/console/knowledge/new")

    page = await wu.post("/console/knowledge/keep", community=cast.xfl, do="save", **FORM)

    assert (wu.status, "已经有一篇叫“几点可以扔垃圾”" in page) == (409, True)


async def test_district_articles_are_read_in_a_community_and_written_by_the_district(
    house, cast, wu, staff_browser, put
):
    shared = put(content("社保卡怎么补"), place=DISTRICT)

    page = await wu.get("/console/knowledge")
    assert "全区共用的" in page
    assert "社保卡怎么补" in page
    page = await wu.get(f"/console/knowledge/{shared}")
    assert "这里只能看" in page
    await wu.get("/console/knowledge/new")
    await wu.post("/console/knowledge/keep", community=0, id=shared, version=1, do="save", **FORM)
    assert wu.status == 404
    await wu.get("/console/knowledge/new")
    await wu.post(f"/console/knowledge/{shared}/withdraw")
    assert wu.status == 404

    house.db.run_now(
        SYSTEM, lambda tx: grant(tx, resident_id=cast.hua, role="dispatcher", area_id=cast.district)
    )
    hua = staff_browser("hua")
    page = await hua.get("/console/knowledge?community=0")
    assert (hua.status, "社保卡怎么补" in page) == (200, True)
    await hua.get(f"/console/knowledge/{shared}")
    await hua.post(f"/console/knowledge/{shared}/withdraw")
    assert rows(house, Article)[0].state is ArticleState.WITHDRAWN


async def test_others_community_and_the_clerk_see_nothing(house, cast, wu, guo, put):
    other = put(content("花园村的事"), place=cast.hyc)

    for path in (f"/console/knowledge/{other}", f"/console/knowledge?community={cast.hyc}"):
        await wu.get(path)
        assert wu.status == 404, path
    for path in ("/console/knowledge", "/console/questions", "/console/listening"):
        await guo.get(path)
        assert guo.status == 404, path


async def test_list_flags_expired_and_searches(wu, put):
    put(content("去年的通知", valid_from=date(2025, 1, 1), valid_until=date(2025, 12, 31)))
    put(content("今年的通知"))

    page = await wu.get("/console/knowledge?state=expired")
    assert ("去年的通知" in page, "今年的通知" in page) == (True, False)
    assert "已过期（1）" in page
    page = await wu.get("/console/knowledge?words=今年")
    assert ("去年的通知" in page, "今年的通知" in page) == (False, True)


async def test_import_is_tried_first_and_twice_changes_nothing(house, cast, wu):
    text = (
        "# 食堂几点开饭\n\n来源：居委会\n来源日期：2026-11-01\n问法：食堂开到几点\n\n"
        "早上六点半。\n\n# 图书室\n\n来源：居委会\n来源日期：2026-11-01\n\n三楼。\n"
    )

    async def send(words):
        await wu.get("/console/knowledge/import")
        csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', wu.page)[1]
        form = FormData({"csrf": csrf, "community": str(cast.xfl)})
        form.add_field("file", words.encode(), filename="问答.md", content_type="text/markdown")
        async with wu.client.post("/console/knowledge/import", data=form) as response:
            return await wu._take(response)

    page = await send(text.replace("来源日期：2026-11-01\n\n三楼", "来源日期：昨天\n\n三楼"))
    assert "有 1 处要改" in page
    assert "不是日期" in page
    assert "导入这" not in page

    page = await send(text)
    assert "检查过了，没有错，还没有导入" in page
    assert rows(house, Article) == []
    held = re.search(r'name="held" value="([^"]+)"', page)[1]
    await wu.post("/console/knowledge/import/begin", held=held)
    assert [one.title for one in rows(house, Article)] == ["食堂几点开饭", "图书室"]
    await wu.get("/console/knowledge/import")
    await wu.post("/console/knowledge/import/begin", held=held)
    assert (wu.status, len(rows(house, ArticleVersion))) == (200, 2)

    async with wu.client.get("/console/knowledge/all.md") as response:
        exported = (await response.read()).decode()
    page = await send(exported)
    assert re.search(r"<strong>2</strong><span>没变", page)


async def test_held_file_of_somebody_else_cannot_be_forged(wu):
    await wu.get("/console/knowledge/import")

    await wu.post("/console/knowledge/import/begin", held="abc.def")

    assert wu.status in (400, 404, 410)


async def test_template_and_export_are_files(wu, put):
    put(content())
    for path in ("template.xlsx", "all.xlsx", "all.md"):
        await wu.get(f"/console/knowledge/{path}")
        assert wu.status == 200
        assert wu.headers["Content-Disposition"].startswith("attachment;")


async def test_same_questions_stand_together_and_become_an_article(house, cast, wu, ask):
    ids = [ask("社区的乒乓球台在哪里"), ask("乒乓球台在哪"), ask("怎么给宠物上户口")]

    page = await wu.get("/console/questions")
    assert page.index("乒乓球") < page.index("宠物")
    assert "2 次" in page
    page = await wu.get(f"/console/knowledge/new?question={ids[0]}&question={ids[1]}")
    assert "社区的乒乓球台在哪里\n乒乓球台在哪" in page

    form = {**FORM, "title": "乒乓球台在哪里"}
    await wu.post(
        "/console/knowledge/keep",
        community=cast.xfl,
        do="publish",
        question=ids[0],
        **form,
    )
    states = {one.id: one.state for one in rows(house, Question)}
    assert states == {
        ids[0]: QuestionState.WRITTEN,
        ids[1]: QuestionState.OPEN,
        ids[2]: QuestionState.OPEN,
    }
    await wu.get("/console/questions")
    await wu.post("/console/questions/dismiss", question=ids[2], community=cast.xfl)
    assert "宠物" not in wu.page


async def test_question_becomes_a_wording_of_an_article(house, cast, wu, ask, put):
    article = put(content())
    question = ask("倒垃圾到几点", article_id=article, confidence=0.5)
    page = await wu.get("/console/questions")
    assert "就用《几点可以扔垃圾》答" in page

    await wu.post("/console/questions/add", question=question, article=article, community=cast.xfl)

    assert rows(house, Article)[0].questions == ["倒垃圾到几点"]
    assert rows(house, Question)[0].state is QuestionState.WRITTEN


async def test_questions_of_another_community_cannot_be_settled(house, cast, wu, ask):
    question = ask("花园村的问题", community_id=cast.hyc)
    await wu.get("/console/knowledge/new")

    await wu.post("/console/questions/dismiss", question=question, community=cast.xfl)

    assert wu.status == 404
    assert rows(house, Question)[0].state is QuestionState.OPEN


async def test_thresholds_are_set_within_bounds_and_put_back(house, cast, wu):
    page = await wu.get("/console/listening")
    assert "听不听" in page
    own = {"gate": 36, "emergency": 24, "act": 30, "sure": 50, "answer": 70}

    await wu.post(f"/console/listening/{cast.xfl}", **{**own, "answer": 5})
    assert wu.status == 422
    assert "应在 30 到 95 之间" in wu.page
    await wu.post(f"/console/listening/{cast.xfl}", **{**own, "answer": 90, "gate": 50})
    assert house.db.read_now(SYSTEM, thresholds_of, cast.xfl) == {"answer": 0.9, "gate": 0.5}
    await wu.post(f"/console/listening/{cast.xfl}", reset="answer", **own)
    assert house.db.read_now(SYSTEM, thresholds_of, cast.xfl) == {"gate": 0.5}
    await wu.post(f"/console/listening/{cast.hyc}", reset="all")
    assert wu.status == 404

    events = rows(house, EventRecord, col(EventRecord.name) == "threshold.change")
    facts = sorted(
        (one.facts["name"], one.facts["before"] or 0, one.facts["after"] or 0) for one in events
    )
    assert facts == [("answer", 0, 0.9), ("answer", 0.9, 0), ("gate", 0, 0.5)]


async def test_article_for_members_is_hidden_from_strangers(cast, browser, put):
    private = put(content("门岗电话", is_public=False))

    await browser.get(f"/articles/{private}")
    assert browser.status == 404
    await browser.get("/answers/XFL")
    assert "门岗电话" not in browser.page
    await browser.sign_in(cast.chen_identity)
    await browser.get(f"/articles/{private}")
    assert browser.status == 404
    await browser.sign_in(cast.lan_identity)
    await browser.get(f"/articles/{private}")
    assert (browser.status, "门岗电话" in browser.page) == (200, True)


async def test_drafts_are_hidden_and_expired_ones_say_so(browser, put):
    draft = put(content("草稿"), state=ArticleState.DRAFT)
    old = put(content("旧的", valid_from=date(2025, 1, 1), valid_until=date(2025, 2, 1)))

    await browser.get(f"/articles/{draft}")
    assert browser.status == 404
    page = await browser.get(f"/articles/{old}")
    assert (browser.status, "已经过了有效期" in page) == (200, True)
    page = await browser.get("/answers/XFL")
    assert ("旧的" in page, "草稿" in page) == (False, False)


async def test_people_search_what_they_can_ask(browser, put):
    put(content("垃圾分类投放时间", questions=("几点可以扔垃圾",)))
    put(content("食堂开饭时间", questions=("食堂几点开饭",)))

    page = await browser.get("/answers/xfl?q=几点能扔垃圾")

    assert ("垃圾分类投放时间" in page, "食堂开饭时间" in page) == (True, False)


async def test_lists_ask_the_same_number_of_queries_for_one_and_for_three(
    house, wu, put, queries_of
):
    put(content("第一"))
    with queries_of() as first:
        await wu.get("/console/knowledge")
    put(content("第二"))
    put(content("第三"))
    with queries_of() as second:
        await wu.get("/console/knowledge")

    assert len(first) == len(second)


@pytest.fixture
def queries_of(house):
    return lambda: count_queries(house)
