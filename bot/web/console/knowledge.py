"""知识库: what the bot may tell people, written, looked at, put into force and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.article_text import as_html
from bot.web.answers import see_other
from bot.web.console.shell import (
    communities,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
)
from bot.web.forms import Fields, FormTrouble, path_id
from bot.web.keys import HOUSE
from community.article_content import (
    BODY_MAX,
    QUESTION_MAX,
    QUESTIONS_MAX,
    SOURCE_MAX,
    Content,
    content_from,
    content_of,
)
from community.article_file import day_of
from community.article_tables import TITLE_MAX, Article, ArticleState
from community.articles import (
    EXPIRED,
    RIGHT,
    STATE_WORDS,
    ArticleFilter,
    ArticleLine,
    ArticleWrong,
    access_article,
    article_counts,
    may_edit,
    restore_version,
    save_article,
    versions_of,
    visible_articles,
    withdraw_article,
)
from community.people import local_day
from community.questions import access_question, answer_questions, open_count
from community.tables import DISTRICT, Resident
from core.errors import NotFound, Refusal
from core.transaction import Transaction

PAGE = 100
WORDS_MAX = 60
ASKED_MAX = 50
SHARED = "全区共用"
STATE_TABS = {
    "": "全部",
    "published": "已发布",
    "draft": "草稿",
    EXPIRED: "已过期",
    "withdrawn": "已撤下",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where articles are written: a community, or DISTRICT for all of them."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The list: of one place, and for a community what it shares with the district."""

    area: Place
    among: Sequence[Place]
    lines: Sequence[ArticleLine]
    shared: Sequence[ArticleLine]
    counts: dict[str, int]
    today: date
    more: int | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier state of an article, and who made it."""

    number: int
    at: datetime
    who: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The editor: what is written, where, and what was before; `article` None for a new one."""

    area: Place
    article: Article | None
    content: Content
    versions: Sequence[Version]
    asked: Sequence[tuple[int, str]]
    may_edit: bool
    today: date


async def show_articles(request: web.Request) -> web.Response:
    """The articles of a place."""
    actor = staff(request, RIGHT)
    state = request.query.get("state", "")
    wanted = ArticleFilter(
        state=state if state in STATE_TABS else "",
        text=request.query.get("words", "").strip()[:WORDS_MAX],
    )
    skip = path_id(request.query.get("skip", ""))
    shelf = await request.app[HOUSE].db.read(
        actor, _shelf, wanted_place(request), wanted, skip=skip
    )
    return show_console(
        request,
        "knowledge.html",
        here="more",
        shelf=shelf,
        area=shelf.area,
        among=shelf.among,
        waiting=shelf.waiting,
        wanted=wanted,
        tabs=STATE_TABS,
        states=STATE_WORDS,
    )


async def show_new(request: web.Request) -> web.Response:
    """An empty article, or one that begins with what people asked."""
    return await _editor(request, None)


async def show_article(request: web.Request) -> web.Response:
    """An article with its editor, its preview and its versions."""
    return await _editor(request, row_id(request, "article_id"))


async def keep_article(request: web.Request) -> web.Response:
    """Show what an article would look like, or keep it, or keep and publish it."""
    actor = staff(request, RIGHT)
    data = await request.post()
    fields = Fields(data)
    typed = typed_in(data)
    article_id = path_id(typed.get("id", "")) or None
    wanted = typed.get("do", "preview")
    try:
        content = _read_content(fields, local_day(request.app[HOUSE].db.clock()))
        fields.check()
        if wanted == "preview":
            return await _editor(request, article_id, typed=typed, content=content)
        article = await request.app[HOUSE].db.run(
            actor,
            _keep,
            path_id(typed.get("community", "")),
            content,
            article_id=article_id,
            seen_version=path_id(typed.get("version", "")) or None,
            state=ArticleState.PUBLISHED if wanted == "publish" else None,
            asked=_asked_ids(data),
        )
    except ArticleWrong as wrong:
        found = FormTrouble({name: f"{words}。" for name, words in wrong.problems}, typed)
        return await _editor(request, article_id, refusal=found, typed=typed)
    except Refusal as refusal:
        return await _editor(request, article_id, refusal=refusal, typed=typed)
    done = "published" if wanted == "publish" else "saved"
    return see_other(f"/console/knowledge/{article.id}", done=done)


async def withdraw(request: web.Request) -> web.Response:
    """Take an article back."""
    actor = staff(request, RIGHT)
    article_id = row_id(request, "article_id")
    await request.app[HOUSE].db.run(actor, withdraw_article, article_id)
    return see_other(f"/console/knowledge/{article_id}", done="withdrawn_article")


async def restore(request: web.Request) -> web.Response:
    """Put an article back to an earlier version."""
    actor = staff(request, RIGHT)
    article_id, number = row_id(request, "article_id"), row_id(request, "number")
    try:
        await request.app[HOUSE].db.run(actor, restore_version, article_id, number)
    except Refusal as refusal:
        return await _editor(request, article_id, refusal=refusal)
    return see_other(f"/console/knowledge/{article_id}", done="restored")


def wanted_place(request: web.Request) -> int | None:
    """The place asked for in the address (DISTRICT is 0), or None."""
    asked = request.query.get("community", "")
    return DISTRICT if asked == str(DISTRICT) else path_id(asked) or None


def places_of(tx: Transaction) -> list[Place]:
    """Where the actor writes articles: communities by name, then the district as a whole."""
    found = [Place(area.id, area.name) for area in communities(tx, RIGHT)]
    if may_edit(tx, DISTRICT):
        found.append(Place(DISTRICT, SHARED))
    return found


def chosen_place(tx: Transaction, wanted: int | None) -> tuple[Place, list[Place]]:
    """The place one works in and those to choose among; NotFound where there is none."""
    among = places_of(tx)
    by_id = {place.id: place for place in among}
    if wanted is not None:
        if wanted not in by_id:
            raise NotFound
        return by_id[wanted], among
    if tx.actor.home in by_id:
        return by_id[tx.actor.home], among
    if not among:
        raise NotFound
    return among[0], among


def _shelf(tx: Transaction, wanted_id: int | None, wanted: ArticleFilter, *, skip: int) -> Shelf:
    area, among = chosen_place(tx, wanted_id)
    lines = visible_articles(tx, area.id, wanted, skip=skip, limit=PAGE + 1)
    shared: list[ArticleLine] = []
    if area.id != DISTRICT and not wanted.state and not skip:
        published = replace(wanted, state=ArticleState.PUBLISHED.value)
        shared = visible_articles(tx, DISTRICT, published, limit=PAGE)
    return Shelf(
        area=area,
        among=among,
        lines=lines[:PAGE],
        shared=shared,
        counts=article_counts(tx, area.id),
        today=local_day(tx.now),
        more=skip + PAGE if len(lines) > PAGE else None,
        waiting=open_count(tx, area.id),
    )


async def _editor(
    request: web.Request,
    article_id: int | None,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    content: Content | None = None,
) -> web.Response:
    """The page of one article; `content` is what to show a preview of instead of what is kept."""
    actor = staff(request, RIGHT)
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    place = wanted_place(request)
    if typed and "community" in typed:
        place = path_id(typed["community"])
    asked = _asked_ids(await request.post()) if typed else _asked_ids(request.query)
    desk = await request.app[HOUSE].db.read(actor, _desk, place, article_id, asked)
    shown = content or desk.content
    return show_console(
        request,
        "article.html",
        here="more",
        desk=desk,
        area=desk.area,
        content=desk.content,
        preview=_preview(shown) if shown.body else None,
        is_preview=content is not None,
        shown=shown,
        states=STATE_WORDS,
        most={
            "title": TITLE_MAX,
            "body": BODY_MAX,
            "source": SOURCE_MAX,
            "questions": QUESTIONS_MAX * (QUESTION_MAX + 1),
        },
        **trouble,
    )


def _desk(tx: Transaction, place: int | None, article_id: int | None, asked: Sequence[int]) -> Desk:
    today = local_day(tx.now)
    if article_id is None:
        area, _ = chosen_place(tx, place)
        questions = [(one, access_question(tx, one).text) for one in asked]
        wordings = tuple(dict.fromkeys(text[:QUESTION_MAX] for _, text in questions))
        title = wordings[0] if wordings else ""
        empty = Content(title, "", wordings, "", today, today)
        return Desk(area, None, empty, (), questions, True, today)
    article = access_article(tx, article_id)
    name = next((one.name for one in places_of(tx) if one.id == article.community_id), SHARED)
    return Desk(
        area=Place(article.community_id, name),
        article=article,
        content=content_of(article),
        versions=_versions(tx, article_id),
        asked=(),
        may_edit=may_edit(tx, article.community_id),
        today=today,
    )


def _versions(tx: Transaction, article_id: int) -> list[Version]:
    found = []
    for version in versions_of(tx, article_id):
        who = tx.get(Resident, version.by_id) if version.by_id is not None else None
        found.append(
            Version(
                number=version.number,
                at=version.at,
                who=who.name if who is not None else "系统",
                title=content_from(version.content).title,
                state=STATE_WORDS[ArticleState(version.content["state"])],
            )
        )
    return found


def _keep(
    tx: Transaction,
    community_id: int,
    content: Content,
    *,
    article_id: int | None,
    seen_version: int | None,
    state: ArticleState | None,
    asked: Sequence[int],
) -> Article:
    article = save_article(
        tx,
        community_id,
        content,
        article_id=article_id,
        seen_version=seen_version,
        state=state,
    )
    if asked:
        answer_questions(tx, asked, article.id)
    return article


def _read_content(fields: Fields, today: date) -> Content:
    source_date = _day(fields, "source_date", "来源日期")
    return Content(
        title=fields.text("title", "标题", most=TITLE_MAX),
        body=fields.text("body", "正文", most=BODY_MAX),
        questions=tuple(
            fields.text(
                "questions", "问法", most=QUESTIONS_MAX * (QUESTION_MAX + 1), required=False
            ).split("\n")
        ),
        source=fields.text("source", "来源", most=SOURCE_MAX),
        source_date=source_date or today,
        valid_from=_day(fields, "valid_from", "生效日期", required=False) or source_date or today,
        valid_until=_day(fields, "valid_until", "失效日期", required=False),
        is_public=fields.flag("is_public"),
    )


def _day(fields: Fields, name: str, label: str, *, required: bool = True) -> date | None:
    words = fields.text(name, label, most=20, required=required)
    day = day_of(words)
    if words and day is None:
        fields.wrong(name, f"{label}请写成 2026-03-01 这样。")
    return day


def _asked_ids(data: Any) -> list[int]:
    """The questions an article is written for, as the form or the address carries them."""
    values = data.getall("question", [])
    ids = [path_id(value) for value in values if isinstance(value, str)]
    return [one for one in ids if one][:ASKED_MAX]


def _preview(content: Content) -> Markup:
    return as_html(content.body)
