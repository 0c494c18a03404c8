"""没答上来的问题: what people asked and no article answered, the same ones together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.web.answers import see_other
from bot.web.console.knowledge import Place, chosen_place, wanted_place
from bot.web.console.shell import show_console, staff
from bot.web.forms import path_id
from bot.web.keys import HOUSE
from community.article_tables import Article, Question
from community.articles import RIGHT, may_edit
from community.questions import (
    OPEN_MAX,
    add_to_article,
    dismiss_questions,
    open_questions,
)
from core.transaction import Transaction
from nlp.groups import grouped

GROUPS_MAX = 60
WORDINGS_MAX = 4
ASKED_MAX = 50


@dataclass(frozen=True, slots=True)
class Near:
    """The article that came nearest; `can_take` when the actor may write it."""

    id: int
    title: str
    can_take: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions that ask the same: the ids, different wordings, when last, and what came near."""

    ids: Sequence[int]
    count: int
    wordings: Sequence[str]
    last_at: datetime
    no_help_count: int
    near: Near | None


async def show_questions(request: web.Request) -> web.Response:
    """The open questions of a community, those asked most first."""
    actor = staff(request, RIGHT)
    area, among, rows, titles = await request.app[HOUSE].db.read(
        actor, _rows, wanted_place(request)
    )
    groups = await asyncio.to_thread(_groups, rows, titles)
    return show_console(
        request,
        "questions.html",
        here="more",
        area=area,
        among=among,
        groups=groups[:GROUPS_MAX],
        group_count=len(groups),
        waiting=len(rows),
        is_full=len(rows) == OPEN_MAX,
    )


async def dismiss(request: web.Request) -> web.Response:
    """Nobody needs to answer these."""
    actor = staff(request, RIGHT)
    data = await request.post()
    await request.app[HOUSE].db.run(actor, dismiss_questions, _ids(data))
    return see_other(_back(data), done="dismissed")


async def add_wordings(request: web.Request) -> web.Response:
    """Let an article answer these from now on."""
    actor = staff(request, RIGHT)
    data = await request.post()
    article_id = path_id(str(data.get("article", "")))
    await request.app[HOUSE].db.run(actor, add_to_article, _ids(data), article_id)
    return see_other(_back(data), done="wording")


def _rows(
    tx: Transaction, wanted: int | None
) -> tuple[Place, list[Place], Sequence[Question], dict[int, Near]]:
    area, among = chosen_place(tx, wanted)
    rows = open_questions(tx, area.id)
    titles: dict[int, Near] = {}
    for article_id in {row.article_id for row in rows if row.article_id is not None}:
        article = tx.get_one(Article, article_id)
        titles[article_id] = Near(article_id, article.title, may_edit(tx, article.community_id))
    return area, among, rows, titles


def _groups(rows: Sequence[Question], near: dict[int, Near]) -> list[Asked]:
    by_id = {row.id: row for row in rows}
    found = []
    for ids in grouped((row.id, row.text) for row in rows):
        members = [by_id[one] for one in ids]
        best = max(members, key=lambda row: (row.article_id is not None, row.confidence))
        found.append(
            Asked(
                ids=ids[:ASKED_MAX],
                count=len(ids),
                wordings=list(dict.fromkeys(row.text for row in members))[:WORDINGS_MAX],
                last_at=members[0].at,
                no_help_count=sum(row.was_no_help for row in members),
                near=near.get(best.article_id or 0),
            )
        )
    return found


def _ids(data: Any) -> list[int]:
    values = data.getall("question", [])
    return [path_id(value) for value in values if isinstance(value, str) and path_id(value)]


def _back(data: Any) -> str:
    place = path_id(str(data.get("community", "")))
    return f"/console/questions?community={place}"
