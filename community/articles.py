"""The knowledge base: articles of a community, and those the whole district shares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, func, or_, true
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.article_content import (
    Content,
    content_from,
    content_of,
    problems_of,
    tidy_body,
    tidy_line,
    tidy_questions,
)
from community.article_tables import (
    Article,
    ArticleStamp,
    ArticleState,
    ArticleVersion,
    Question,
    QuestionState,
)
from community.events import ArticleChanged
from community.people import local_day
from community.tables import DISTRICT, Area, AreaKind
from core.actor import EVERYWHERE, Actor
from core.columns import new_id
from core.errors import NotFound, Refusal
from core.prepared import Prepared, both
from core.transaction import Transaction, table_of

RIGHT = "knowledge.edit"
LIST_MAX = 200
VERSIONS_SHOWN_MAX = 50
ARTICLES_MAX = 20_000  # of one community, as they are read into memory
EXPIRED = "expired"
STATE_WORDS: Mapping[ArticleState, str] = {
    ArticleState.DRAFT: "草稿",
    ArticleState.PUBLISHED: "已发布",
    ArticleState.WITHDRAWN: "已撤下",
}

# What is told of a change of state alone.
MOVES: Mapping[ArticleState, str] = {
    ArticleState.DRAFT: "drafted",
    ArticleState.PUBLISHED: "published",
    ArticleState.WITHDRAWN: "withdrawn",
}


class ArticleWrong(Refusal):
    code = "article_wrong"
    text = "文章还不能保存：{why}。"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(why="；".join(words for _, words in problems))
        self.problems = tuple(problems)


class TitleTaken(Refusal):
    code = "article_title_taken"
    text = "已经有一篇叫“{title}”，请换个标题，或去改那一篇。"
    status = 409


class EditedMeanwhile(Refusal):
    code = "article_edited_meanwhile"
    text = "您打开以后，这篇文章被别人改过。您写的还在下面，请先看看新的内容再保存。"
    status = 409


class ArticleGone(Refusal):
    code = "article_gone"
    text = "这篇内容已经撤下。最新的说法请在聊天里问机器人，或问社区工作人员。"
    status = 410


@dataclass(frozen=True, slots=True)
class ArticleLine:
    """An article as a list shows it; the counts say how often it was the answer."""

    id: int
    community_id: int
    title: str
    source: str
    source_date: date
    valid_from: date
    valid_until: date | None
    state: ArticleState
    is_public: bool
    answered_count: int
    no_help_count: int


@dataclass(frozen=True, slots=True)
class Usable:
    """A published article as the index of questions needs it."""

    id: int
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFilter:
    """Which articles to list; empty fields do not narrow. `state` may also be EXPIRED."""

    state: str = ""
    text: str = ""


def may_edit(tx: Transaction, community_id: int) -> bool:
    """Whether the actor writes articles here; for DISTRICT, over the whole district."""
    if community_id != DISTRICT:
        return tx.actor.can(RIGHT, community_id)
    scope = tx.actor.places(RIGHT)
    if scope >= EVERYWHERE or not scope:
        return bool(scope)
    tops = select(Area.id).where(col(Area.kind) == AreaKind.DISTRICT)
    found = set(tx.exec(tops))
    return bool(found) and found <= scope


def access_article(tx: Transaction, article_id: int, *, to_change: bool = False) -> Article:
    """The article, for whoever writes in its community, or may read the district's there.

    With `to_change` only for whoever may write it, and the row is locked.
    """
    query = select(Article).where(col(Article.id) == article_id)
    article = tx.exec(query.with_for_update() if to_change else query).first()
    if article is None:
        raise NotFound
    if may_edit(tx, article.community_id):
        return article
    if to_change or article.community_id != DISTRICT or not tx.actor.can(RIGHT):
        raise NotFound
    return article


def open_article(tx: Transaction, article_id: int) -> Article:
    """A published article for anyone it is meant for; ArticleGone once it is withdrawn.

    What is not public is for people who live or work where it belongs; for others it is NotFound.
    """
    article = tx.get(Article, article_id)
    if article is None or article.state is ArticleState.DRAFT:
        raise NotFound
    if not article.is_public and not _belongs(tx.actor, article.community_id):
        raise NotFound
    if article.state is ArticleState.WITHDRAWN:
        raise ArticleGone
    return article


def visible_articles(
    tx: Transaction,
    community_id: int,
    wanted: ArticleFilter,
    *,
    skip: int = 0,
    limit: int = LIST_MAX,
) -> list[ArticleLine]:
    """The articles of one community (or DISTRICT) past `skip`, the last changed first."""
    if not may_edit(tx, community_id) and not (community_id == DISTRICT and tx.actor.can(RIGHT)):
        return []
    query = (
        core_select(
            col(Article.id),
            col(Article.community_id),
            col(Article.title),
            col(Article.source),
            col(Article.source_date),
            col(Article.valid_from),
            col(Article.valid_until),
            col(Article.state),
            col(Article.is_public),
            _asked(col(Question.state) == QuestionState.ANSWERED).label("answered_count"),
            _asked(col(Question.was_no_help).is_(True)).label("no_help_count"),
        )
        .where(col(Article.community_id) == community_id, *_narrowed(wanted, local_day(tx.now)))
        .order_by(col(Article.changed_at).desc(), col(Article.id).desc())
        .offset(skip)
        .limit(limit)
    )
    return [ArticleLine(*row) for row in tx.look(query)]


def article_counts(tx: Transaction, community_id: int) -> dict[str, int]:
    """How many articles each choice of ArticleFilter.state holds; "" is all of them."""
    today = local_day(tx.now)
    kinds = ("", *(state.value for state in ArticleState), EXPIRED)
    counted = [
        func.count()
        .filter(and_(true(), *_narrowed(ArticleFilter(state=kind), today)))
        .label(f"n{place}")
        for place, kind in enumerate(kinds)
    ]
    query = core_select(*counted).select_from(Article)
    row = tx.look(query.where(col(Article.community_id) == community_id)).one()
    return dict(zip(kinds, row, strict=True))


def save_article(
    tx: Transaction,
    community_id: int,
    content: Content,
    *,
    article_id: int | None = None,
    seen_version: int | None = None,
    state: ArticleState | None = None,
) -> Article:
    """Keep a new article, or with `article_id` change one; the same words change nothing.

    Without `state` a new one is a draft and an old one stays what it is. `seen_version` is what
    the writer had before them: EditedMeanwhile when it is old.
    """
    content = tidied(content)
    problems = problems_of(content)
    if problems:
        raise ArticleWrong(problems)
    if not may_edit(tx, community_id):
        raise NotFound
    _check_title(tx, community_id, content.title, article_id)
    if article_id is None:
        article = Article(
            community_id=community_id,
            **_columns(content),
            state=state or ArticleState.DRAFT,
            changed_at=tx.now,
        )
        return _keep(tx, article, "added")
    article = _own(tx, community_id, article_id)
    if seen_version not in (None, article.version):
        raise EditedMeanwhile
    is_same = content_of(article) == content
    if is_same and state in (None, article.state):
        return article
    _put(article, content)
    article.state = state or article.state
    article.version += 1
    return _keep(tx, article, MOVES[article.state] if is_same else "edited")


def publish_article(tx: Transaction, article_id: int) -> Article:
    """Let the bot answer with the article from now on, as far as it is valid."""
    return _move(tx, article_id, ArticleState.PUBLISHED)


def withdraw_article(tx: Transaction, article_id: int) -> Article:
    """Take the article back: nobody is answered with it and its page says that it is gone."""
    return _move(tx, article_id, ArticleState.WITHDRAWN)


def restore_version(tx: Transaction, article_id: int, number: int) -> Article:
    """Put an article back to an earlier version of its words, which becomes the newest."""
    article = access_article(tx, article_id, to_change=True)
    query = select(ArticleVersion).where(
        col(ArticleVersion.article_id) == article_id, col(ArticleVersion.number) == number
    )
    version = tx.exec(query).first()
    if version is None:
        raise NotFound
    content = content_from(version.content)
    if content_of(article) == content:
        return article
    _check_title(tx, article.community_id, content.title, article_id)
    _put(article, content)
    article.version += 1
    return _keep(tx, article, "restored")


def add_wording(tx: Transaction, article_id: int, wording: str) -> Article:
    """Let an article also answer to these words; nothing changes when it does already."""
    article = access_article(tx, article_id, to_change=True)
    content = content_of(article)
    changed = Content(**{**_columns(content), "questions": (*content.questions, wording)})
    return save_article(tx, article.community_id, changed, article_id=article_id)


def versions_of(tx: Transaction, article_id: int) -> Sequence[ArticleVersion]:
    """The versions of an article the actor may see, newest first."""
    access_article(tx, article_id)
    query = select(ArticleVersion).where(col(ArticleVersion.article_id) == article_id)
    newest = query.order_by(col(ArticleVersion.number).desc()).limit(VERSIONS_SHOWN_MAX)
    return tx.exec(newest).all()


def usable_articles(tx: Transaction, community_id: int) -> list[Usable]:
    """Every published article of one community (or DISTRICT), whatever its dates, by id."""
    query = (
        select(Article)
        .where(
            col(Article.community_id) == community_id, col(Article.state) == ArticleState.PUBLISHED
        )
        .order_by(col(Article.id))
        .limit(ARTICLES_MAX)
    )
    return [Usable(article.id, content_of(article)) for article in tx.exec(query)]


def all_articles(tx: Transaction, community_id: int) -> Sequence[Article]:
    """Every article of one community (or DISTRICT) for whoever writes there, by title."""
    if not may_edit(tx, community_id):
        raise NotFound
    query = select(Article).where(col(Article.community_id) == community_id)
    return tx.exec(query.order_by(col(Article.title)).limit(ARTICLES_MAX)).all()


def article_stamps(tx: Transaction, community_ids: Sequence[int]) -> dict[int, int]:
    """How often the articles of each community have changed; 0 where there never were any."""
    found = dict.fromkeys(community_ids, 0)
    for community_id in found:
        row = tx.look(_STAMP, {"community_id": community_id}).first()
        if row is not None:
            found[community_id] = row.version
    return found


def communities_with_articles(tx: Transaction) -> list[int]:
    """The communities (and DISTRICT) that have or had articles."""
    query = core_select(col(ArticleStamp.community_id)).order_by(col(ArticleStamp.community_id))
    return [row.community_id for row in tx.look(query)]


def tidied(content: Content) -> Content:
    """The same words without stray spaces and empty lines."""
    return Content(
        title=tidy_line(content.title),
        body=tidy_body(content.body),
        questions=tidy_questions(content.questions),
        source=tidy_line(content.source),
        source_date=content.source_date,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        is_public=content.is_public,
    )


def _move(tx: Transaction, article_id: int, state: ArticleState) -> Article:
    article = access_article(tx, article_id, to_change=True)
    if article.state is state:
        return article
    article.state = state
    article.version += 1
    return _keep(tx, article, MOVES[state])


def _keep(tx: Transaction, article: Article, what: str) -> Article:
    """Write the row, its version, the stamp and the event."""
    article.changed_at, article.changed_by = tx.now, tx.actor.id
    tx.add(article)
    tx.flush()
    tx.write(
        ArticleVersion,
        {
            "id": new_id(),
            "community_id": article.community_id,
            "article_id": article.id,
            "number": article.version,
            "content": {**content_of(article).as_document(), "state": article.state.value},
            "at": tx.now,
            "by_id": tx.actor.id,
        },
    )
    tx.look(_RAISE_STAMP, {"community_id": article.community_id, "version": 1})
    tx.emit(
        ArticleChanged(
            community_id=article.community_id,
            subject_id=article.id,
            what=what,
            version=article.version,
        )
    )
    return article


def _own(tx: Transaction, community_id: int, article_id: int) -> Article:
    article = access_article(tx, article_id, to_change=True)
    if article.community_id != community_id:
        raise NotFound
    return article


def _check_title(tx: Transaction, community_id: int, title: str, article_id: int | None) -> None:
    taken = select(Article.id).where(
        col(Article.community_id) == community_id, col(Article.title) == title
    )
    if tx.exec(taken).first() not in (None, article_id):
        raise TitleTaken(title=title)


def _columns(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "body": content.body,
        "questions": list(content.questions),
        "source": content.source,
        "source_date": content.source_date,
        "valid_from": content.valid_from,
        "valid_until": content.valid_until,
        "is_public": content.is_public,
    }


def _put(article: Article, content: Content) -> None:
    for name, value in _columns(content).items():
        setattr(article, name, value)


def _belongs(actor: Actor, community_id: int) -> bool:
    """Whether the actor lives or writes where the article belongs; DISTRICT: anywhere here."""
    lives_here = actor.id is not None and actor.home is not None
    if community_id == DISTRICT:
        return lives_here or actor.can(RIGHT)
    return (lives_here and actor.home == community_id) or actor.can(RIGHT, community_id)


def _narrowed(wanted: ArticleFilter, today: date) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.state == EXPIRED:
        where += [
            col(Article.state) == ArticleState.PUBLISHED,
            and_(col(Article.valid_until).is_not(None), col(Article.valid_until) < today),
        ]
    elif wanted.state:
        where.append(col(Article.state) == wanted.state)
    words = wanted.text.strip()
    if words:
        where.append(
            or_(
                *(
                    column.contains(words, autoescape=True)
                    for column in (col(Article.title), col(Article.body), col(Article.source))
                )
            )
        )
    return where


def _asked(which: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        core_select(func.count())
        .select_from(Question)
        .where(col(Question.article_id) == col(Article.id), which)
        .correlate(Article)
        .scalar_subquery()
    )


_STAMP = Prepared(
    core_select(col(ArticleStamp.version)).where(
        col(ArticleStamp.community_id) == bindparam("community_id")
    )
)


def _raise_stamp(insert: Callable[..., Any]) -> Any:
    fresh = insert(table_of(ArticleStamp))
    version = table_of(ArticleStamp).c.version
    return fresh.on_conflict_do_update(
        index_elements=["community_id"], set_={"version": version + 1}
    )


_RAISE_STAMP = Prepared(both(_raise_stamp), ("community_id", "version"))
