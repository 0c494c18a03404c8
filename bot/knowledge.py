"""What this process knows of the knowledge base: an index in memory, kept up with the database."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam
from sqlalchemy import select as core_select
from sqlmodel import col

from bot.messages import Incoming
from community.article_content import Content
from community.articles import (
    Usable,
    article_stamps,
    communities_with_articles,
    usable_articles,
)
from community.people import local_day
from community.tables import DISTRICT, Identity, Resident
from core.actor import SYSTEM
from core.database import Database
from core.prepared import Prepared
from core.transaction import Transaction
from nlp.answers import AnswerIndex
from nlp.asking import is_asking, wants_action
from nlp.reading import Intent, Reading

FOUND_MAX = 3
# What only has the form of a question is looked up as well; what a request is called may be one.
MAY_ASK = frozenset(
    {
        Intent.QUESTION,
        Intent.CHATTER,
        Intent.SUGGESTION,
        Intent.REQUEST,
        Intent.COMMAND,
        Intent.HELP,
    }
)

ArticleKey = tuple[int, int]
"""Community and article."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article that may answer a question, and how sure that is (0 to 1)."""

    article_id: int
    community_id: int
    content: Content
    confidence: float


def is_question(incoming: Incoming, reading: Reading, joined_case: int | None) -> bool:
    """Whether to look an answer up: in a group only for what is clearly a question to all.

    A question that calls for somebody to come and do something is none: it is a request. In a
    group, what goes on about an open matter belongs to that.
    """
    if joined_case is not None and not incoming.is_private:
        return False
    if reading.intent not in MAY_ASK:
        return False
    speaks_to_us = incoming.is_private or incoming.addressed
    asks = reading.intent is Intent.QUESTION or (speaks_to_us and is_asking(incoming.text))
    return asks and not wants_action(incoming.text)


class Knowledge:
    """The articles this process has been asked for, by community; all of it can be lost."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._index: AnswerIndex[ArticleKey] = AnswerIndex()
        self._contents: dict[ArticleKey, Content] = {}
        self._stamps: dict[int, int] = {}
        self._asking = threading.Lock()
        self._updating = threading.Lock()

    async def warm(self) -> None:
        """Read every article in, so that the first question does not wait for it."""
        for community_id in await self._db.read(SYSTEM, communities_with_articles):
            await self._db.read(SYSTEM, self._keep_up, (community_id,))

    async def ask(self, incoming: Incoming, community_id: int) -> tuple[Found, ...]:
        """The articles that may answer a message, the surest first."""
        return await self._db.read(SYSTEM, self._ask, incoming, community_id)

    async def find(
        self, text: str, community_id: int, *, is_member: bool = False
    ) -> tuple[Found, ...]:
        """The articles of a community and its district that may answer these words."""
        return await self._db.read(SYSTEM, self._find, text, community_id, is_member)

    def _ask(self, tx: Transaction, incoming: Incoming, community_id: int) -> tuple[Found, ...]:
        is_member = not incoming.is_private
        if incoming.is_private:
            home = _home(tx, incoming)
            is_member = home is not None
            community_id = home or community_id
        return self._find(tx, incoming.text, community_id, is_member)

    def _find(
        self, tx: Transaction, text: str, community_id: int, is_member: bool
    ) -> tuple[Found, ...]:
        self._keep_up(tx, (DISTRICT, community_id))
        today = local_day(tx.now)

        def may(key: ArticleKey) -> bool:
            content = self._contents[key]
            is_here = key[0] in (DISTRICT, community_id)
            return is_here and content.holds_on(today) and (content.is_public or is_member)

        with self._asking:
            answers = self._index.find(text, may=may, top=FOUND_MAX)
            return tuple(
                Found(one.key[1], one.key[0], self._contents[one.key], one.confidence)
                for one in answers
            )

    def _keep_up(self, tx: Transaction, community_ids: Sequence[int]) -> None:
        """Read the articles of those communities again whose stamp has moved on."""
        # The stamps are read before the articles: what changes in between is seen next time.
        stamps = article_stamps(tx, community_ids)
        if all(self._stamps.get(one, 0) >= stamp for one, stamp in stamps.items()):
            return
        with self._updating:
            for community_id, stamp in stamps.items():
                if self._stamps.get(community_id, 0) < stamp:
                    self._take(community_id, usable_articles(tx, community_id))
                    self._stamps[community_id] = stamp

    def _take(self, community_id: int, articles: Iterable[Usable]) -> None:
        """Put what is new or changed and drop what is gone, letting questions in between."""
        fresh = {(community_id, article.id): article.content for article in articles}
        gone = [key for key in self._contents if key[0] == community_id and key not in fresh]
        for key in gone:
            with self._asking:
                self._index.drop(key)
                del self._contents[key]
        for key, content in fresh.items():
            if self._contents.get(key) == content:
                continue
            with self._asking:
                self._contents[key] = content
                self._index.put(
                    key, title=content.title, wordings=content.questions, body=content.body
                )


_HOME = Prepared(
    core_select(col(Resident.community_id))
    .join(Identity, col(Identity.resident_id) == col(Resident.id))
    .where(
        col(Identity.channel) == bindparam("channel"),
        col(Identity.sender) == bindparam("sender"),
        col(Resident.left_at).is_(None),
    )
)


def _home(tx: Transaction, incoming: Incoming) -> int | None:
    """Where the sender is bound, or None for a stranger."""
    row = tx.look(_HOME, {"channel": incoming.channel, "sender": incoming.sender}).first()
    return row.community_id if row is not None else None


def source_line(content: Content) -> str:
    """Who says so and when: 来源：区医保局，2026-03-01."""
    return f"来源：{content.source}，{say_date(content.source_date)}"


def say_date(day: date) -> str:
    """2026年3月1日"""
    return f"{day.year}年{day.month}月{day.day}日"
