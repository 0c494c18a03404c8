"""大家在说什么: topics of the last days, and the drafts of consultations made from them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.talk import SPANS, TEXTS_MAX, TalkCache, TalkKey, draft_words, material, talk_key, talk_of
from bot.web.answers import see_other
from bot.web.console.shell import (
    chosen_community,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, path_id
from bot.web.keys import HOUSE
from cases.recent import Brought, those_of
from community.tables import Area
from core.errors import NotFound, Refusal
from core.transaction import Transaction
from deliberation.drafts import (
    RIGHT,
    DraftLine,
    access_draft,
    draft_titled,
    edit_draft,
    make_draft,
    remove_draft,
    visible_drafts,
)
from deliberation.tables import TEXT_MAX, TITLE_MAX, ConsultationDraft

SEE = "case.see"
NAME_MAX = 80
CASES_TEXT_MAX = 20_000
BAR_HEIGHT = 96
SMALL_BAR_HEIGHT = 28
BAR_STEP = 24

# Talks are the same for everyone who may see a community's cases, so one cache serves all.
_CACHE = TalkCache()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart, in the units of its picture."""

    x: int
    y: int
    width: int
    height: int
    count: int


@dataclass(frozen=True, slots=True)
class Desk:
    """A draft with the cases it came from."""

    draft: ConsultationDraft
    cases: Sequence[Brought]
    place: str


async def show_topics(request: web.Request) -> web.Response:
    """What people talked about in the last days."""
    actor = staff(request, SEE)
    days = span_of(request)
    db = request.app[HOUSE].db
    area, among, key, may_draft = await db.read(actor, _where, wanted_community(request), days)
    talk = _CACHE.get(key)
    if talk is None:
        found = await db.read(actor, material, area.id, days)
        talk = await asyncio.to_thread(talk_of, found)
        _CACHE.put(key, talk)
    return show_console(
        request,
        "topics.html",
        here="more",
        area=area,
        among=among,
        talk=talk,
        spans=SPANS,
        texts_max=TEXTS_MAX,
        chart=bars_of(talk.bars, BAR_HEIGHT),
        small={one.case_ids[0]: bars_of(one.bars, SMALL_BAR_HEIGHT) for one in talk.topics},
        may_draft=may_draft,
    )


async def draft_topic(request: web.Request) -> web.Response:
    """Make a draft of a topic; the same topic again leads to the draft there is."""
    actor = staff(request, RIGHT)
    fields = Fields(await request.post())
    name = fields.text("name", "话题", most=NAME_MAX)
    ids = fields.text("cases", "案件", most=CASES_TEXT_MAX)
    community_id = fields.row_id("community", "社区")
    fields.check()
    case_ids = [found for part in ids.split(",") if (found := path_id(part))]
    if community_id is None or not case_ids:
        raise NotFound
    days = span_of(request)
    draft_id, is_new = await request.app[HOUSE].db.run(
        actor, _draft, community_id, name=name, days=days, case_ids=case_ids
    )
    return see_other(f"/console/drafts/{draft_id}", done="drafted" if is_new else "draft_there")


async def show_drafts(request: web.Request) -> web.Response:
    """The drafts of a community."""
    actor = staff(request, RIGHT)
    area, among, lines = await request.app[HOUSE].db.read(actor, _drafts, wanted_community(request))
    return show_console(request, "drafts.html", here="more", area=area, among=among, lines=lines)


async def show_draft(request: web.Request) -> web.Response:
    """One draft, to be edited."""
    return await _draft_page(request)


async def keep_draft(request: web.Request) -> web.Response:
    """Keep a new title and text of a draft."""
    actor = staff(request, RIGHT)
    draft_id = row_id(request, "draft_id")
    data = await request.post()
    fields = Fields(data)
    try:
        title = fields.text("title", "题目", most=TITLE_MAX)
        text = fields.text("text", "正文", most=TEXT_MAX)
        version = fields.whole("version", "版本", least=1, most=2**31)
        fields.check()
        await request.app[HOUSE].db.run(
            actor, edit_draft, draft_id, title=title, text=text, seen_version=version
        )
    except Refusal as refusal:
        return await _draft_page(request, refusal=refusal, typed=typed_in(data))
    return see_other(f"/console/drafts/{draft_id}", done="saved")


async def drop_draft(request: web.Request) -> web.Response:
    """Delete a draft, once it was said that this is meant."""
    actor = staff(request, RIGHT)
    draft_id = row_id(request, "draft_id")
    fields = Fields(await request.post())
    if not fields.flag("sure"):
        fields.wrong("sure", "要删除，请先打勾。")
        try:
            fields.check()
        except Refusal as refusal:
            return await _draft_page(request, refusal=refusal)
    community_id = await request.app[HOUSE].db.run(actor, remove_draft, draft_id)
    return see_other(f"/console/drafts?community={community_id}", done="removed")


def span_of(request: web.Request) -> int:
    """The span asked for in days, 30 unless it is one of those offered."""
    asked = path_id(request.query.get("days", ""))
    return asked if asked in SPANS else 30


def bars_of(counts: Sequence[int], height: int) -> list[Bar]:
    """Bars of counts in a picture of this height; a count above zero shows at least two units."""
    most = max([*counts, 1])
    bars = []
    for number, count in enumerate(counts):
        tall = max(round(count / most * height), 2) if count else 0
        bars.append(Bar(number * BAR_STEP + 3, height - tall, BAR_STEP - 6, tall, count))
    return bars


async def _draft_page(
    request: web.Request, *, refusal: Refusal | None = None, typed: dict[str, str] | None = None
) -> web.Response:
    actor = staff(request, RIGHT)
    values = trouble_of(refusal) if refusal is not None else {}
    desk = await request.app[HOUSE].db.read(actor, _desk, row_id(request, "draft_id"))
    values = {"typed": typed or {}, "errors": {}, **values}
    return show_console(
        request,
        "draft.html",
        here="more",
        desk=desk,
        draft=desk.draft,
        title_max=TITLE_MAX,
        text_max=TEXT_MAX,
        **values,
    )


def _where(
    tx: Transaction, wanted: int | None, days: int
) -> tuple[Area, list[Area], TalkKey, bool]:
    area, among = chosen_community(tx, wanted, SEE)
    return area, among, talk_key(tx, area.id, days), tx.actor.can(RIGHT, area.id)


def _draft(
    tx: Transaction, community_id: int, *, name: str, days: int, case_ids: Sequence[int]
) -> tuple[int, bool]:
    if not tx.actor.can(RIGHT, community_id) or not tx.actor.can(SEE, community_id):
        raise NotFound
    title, text, kept = draft_words(tx, community_id, name=name, days=days, case_ids=case_ids)
    if not kept:
        raise NotFound
    there = draft_titled(tx, community_id, title)
    if there is not None:
        return there, False
    return make_draft(tx, community_id, title=title, text=text, case_ids=kept).id, True


def _drafts(tx: Transaction, wanted: int | None) -> tuple[Area, list[Area], list[DraftLine]]:
    area, among = chosen_community(tx, wanted, RIGHT)
    return area, among, visible_drafts(tx, area.id)


def _desk(tx: Transaction, draft_id: int) -> Desk:
    draft = access_draft(tx, draft_id)
    cases = those_of(tx, draft.community_id, [int(case_id) for case_id in draft.case_ids])
    area = tx.get_one(Area, draft.community_id)
    return Desk(draft, cases, area.name)
