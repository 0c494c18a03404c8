"""知识库 in Chromium: every page in every look without a fault of accessibility, and a walk."""

from datetime import date, timedelta

import pytest

from bot.web.answers import SESSION_COOKIE
from bot.web.session import begin_session
from community.article_content import Content
from community.article_tables import ArticleState
from community.articles import save_article
from community.questions import keep_question
from community.tables import DISTRICT, Account
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = {
    "desk": {"size": DESK},
    "phone": {"size": PHONE},
    "dark": {"size": DESK, "dark": True},
}
BODY = (
    "出省看病前，先办**异地就医备案**：\n\n"
    "- 打开“国家医保服务平台”\n- 选好去的城市\n- 持社保卡结算\n\n"
    "## 没来得及备案的\n先自费，回来后到街道窗口手工报销，详见 https://example.org/medical 。"
)


def _article(tx, place, title, *, state=ArticleState.PUBLISHED, until=None, **more):
    day = date(2026, 1, 5)
    values = {"body": BODY, "questions": ("医保异地报销怎么办", "外地看病怎么报"), **more}
    words = Content(
        title=title, source="区医保局", source_date=day, valid_from=day, valid_until=until, **values
    )
    return save_article(tx, place, words, state=state).id


def _fill(tx, cast):
    """Articles in every state, the district's own, and questions that wait."""
    made = [
        _article(tx, cast.xfl, "医保异地就医怎么报销"),
        _article(tx, cast.xfl, "去年的暖气通知" * 4, until=date(2026, 2, 1)),
        _article(tx, cast.xfl, "车位摇号（草稿）", state=ArticleState.DRAFT),
        _article(tx, DISTRICT, "社保卡丢了怎么补办"),
    ]
    for text in ("社区的乒乓球台在哪里", "乒乓球台在哪", "外地的医保卡在这边的药店能不能刷" * 3):
        keep_question(
            tx,
            community_id=cast.xfl,
            identity_id=cast.lan_identity,
            text=text,
            request_id=None,
            article_id=made[0] if "医保" in text else None,
            confidence=0.4,
            answered=False,
        )
    return made


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
    for name in ("knowledge", "questions"):
        await page.goto(f"/console/{name}")
        await site.check(page)
        await site.shot(page, f"console-{name}-empty-{look}", full=False)
    made = site.run(_fill, site.cast)

    for name, path in (
        ("knowledge", "/console/knowledge"),
        ("article", f"/console/knowledge/{made[0]}"),
        ("article-shared", f"/console/knowledge/{made[3]}"),
        ("article-new", "/console/knowledge/new"),
        ("knowledge-import", "/console/knowledge/import"),
        ("questions", "/console/questions"),
        ("listening", "/console/listening"),
        ("public-article", f"/articles/{made[0]}"),
        ("public-article-over", f"/articles/{made[1]}"),
        ("public-answers", "/answers/XFL"),
        ("public-answers-none", "/answers/XFL?q=护照"),
    ):
        await page.goto(path)
        await site.check(page)
        await site.shot(page, f"{name}-{look}")


async def test_secretary_writes_an_article_from_a_question_without_scripts(site):
    site.run(_fill, site.cast)
    page = await site.page(DESK, scripts=False)
    await as_secretary(site, page)

    await page.goto("/console/questions")
    await page.get_by_role("button", name="写成文章").first.click()
    await page.get_by_label("正文").fill("在中心花园西侧，**全天**开放。")
    await page.get_by_label("来源：谁说的").fill("社区居委会")
    await page.get_by_role("button", name="预览").click()
    await page.get_by_role("heading", name="预览（还没保存）").wait_for()
    await page.get_by_role("button", name="发布").click()

    await page.get_by_text("已发布，机器人现在就照它回答。").wait_for()
    await page.goto("/console/questions")
    assert await page.get_by_text("乒乓球").count() == 0
