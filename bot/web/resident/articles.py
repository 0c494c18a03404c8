"""What people may know: one article, and all of a community's with a search over them."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup
from sqlmodel import col, select

from bot.article_text import as_html
from bot.dialogue.questions import HINT_MIN
from bot.knowledge import say_date
from bot.web.answers import show
from bot.web.forms import path_id
from bot.web.keys import HOUSE, VISITOR
from community.article_content import content_of
from community.article_tables import Article, ArticleState
from community.articles import open_article
from community.people import community_named, local_day
from community.tables import DISTRICT, Area, AreaKind
from core.transaction import Transaction

WORDS_MAX = 100
LIST_MAX = 200


@dataclass(frozen=True, slots=True)
class Page:
    """An article as anyone reads it; `code` of the community leads to the others."""

    title: str
    body: Markup
    source: str
    source_date: str
    valid: str
    is_over: bool
    is_early: bool
    whose: str
    code: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The articles of a community and its district that hold today: (id, title, source)."""

    community_id: int
    name: str
    code: str
    lines: Sequence[tuple[int, str, str]]
    is_member: bool


async def show_article(request: web.Request) -> web.Response:
    """One article, for anyone it is meant for."""
    article_id = path_id(request.match_info["id"])
    page = await request.app[HOUSE].db.read(request[VISITOR].actor, _page, article_id)
    return show(request, "resident/article.html", page=page)


async def show_articles(request: web.Request) -> web.Response:
    """What one can ask in a community; with words, the articles that may answer them."""
    house = request.app[HOUSE]
    shelf = await house.db.read(request[VISITOR].actor, _shelf, request.match_info["code"].upper())
    words = request.query.get("q", "").strip()[:WORDS_MAX]
    lines = shelf.lines
    if words:
        found = await house.knowledge.find(words, shelf.community_id, is_member=shelf.is_member)
        lines = [
            (one.article_id, one.content.title, one.content.source)
            for one in found
            if one.confidence >= HINT_MIN
        ]
    return show(request, "resident/articles.html", shelf=shelf, lines=lines, words=words)


def _page(tx: Transaction, article_id: int) -> Page:
    article = open_article(tx, article_id)
    content, today = content_of(article), local_day(tx.now)
    area = tx.get(Area, article.community_id) if article.community_id != DISTRICT else None
    home = tx.get(Area, tx.actor.home) if tx.actor.home is not None else None
    where = area or (home if home is not None and home.kind is AreaKind.COMMUNITY else None)
    until = f"到 {say_date(content.valid_until)}" if content.valid_until else "起一直有效"
    return Page(
        title=content.title,
        body=as_html(content.body),
        source=content.source,
        source_date=say_date(content.source_date),
        valid=f"{say_date(content.valid_from)}{until}",
        is_over=content.valid_until is not None and content.valid_until < today,
        is_early=today < content.valid_from,
        whose=area.name if area is not None else "全区",
        code=where.code if where is not None else "",
    )


def _shelf(tx: Transaction, code: str) -> Shelf:
    area = community_named(tx, code)
    today = local_day(tx.now)
    is_member = tx.actor.id is not None and tx.actor.home == area.id
    query = (
        select(Article)
        .where(
            col(Article.community_id).in_((DISTRICT, area.id)),
            col(Article.state) == ArticleState.PUBLISHED,
            col(Article.valid_from) <= today,
            (col(Article.valid_until).is_(None)) | (col(Article.valid_until) >= today),
        )
        .order_by(col(Article.community_id).desc(), col(Article.title))
        .limit(LIST_MAX)
    )
    if not is_member:
        query = query.where(col(Article.is_public).is_(True))
    lines = [(one.id, one.title, one.source) for one in tx.exec(query)]
    return Shelf(area.id, area.name, area.code, lines, is_member)
