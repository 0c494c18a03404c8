"""诉求: everything the bot heard, what it made of it and why, and the keys to put it right."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Row, Select, select
from sqlmodel import col

from bot.web.answers import see_other
from bot.web.console.shell import (
    before_of,
    row_id,
    show_console,
    staff,
    trouble_of,
)
from bot.web.console.why import DISPOSITION_WORDS, INTENT_WORDS, Piece, pieces, sure_word
from bot.web.forms import Fields
from bot.web.keys import HOUSE
from cases.requests import (
    ASKING,
    INTENTS,
    KIND_WORDS,
    PLACE_MAX,
    Correction,
    RequestFilter,
    access_request,
    correct,
    request_counts,
    visible_requests,
)
from cases.rules import Phase
from cases.tables import Case, Request
from community.people import local_day
from community.privacy import mask_name
from community.tables import Facility, Group, Identity, Resident
from core.errors import Refusal
from core.transaction import Transaction
from nlp.categories import CATEGORIES

PAGE = 40
PLACES_MAX = 60
INTENT_KEYS = ("request", "question", "suggestion", "help", "emergency", "chatter", "ad")
"""The intents offered as buttons, in the order of their keys; the rest are seldom wrong."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One line of the stream: what was said where, and what was made of it."""

    id: int
    at: datetime
    day: str
    text: str
    sender: str
    group: str | None
    community_id: int
    intent: str
    intent_word: str
    category: str | None
    place: str | None
    urgency: str
    confidence: float
    sure: str
    reasons: Sequence[str]
    made_of_it: str
    disposition: str
    corrected: bool
    read_as: str
    case_id: int | None
    number: str | None
    phase: Phase | None
    model: str
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True, slots=True)
class Inbox:
    """The page: the stream, its counts, and the line that is open."""

    lines: list[Heard]
    counts: dict[str, int]
    chosen: Heard | None
    more: int | None
    places: list[str]


async def show_requests(request: web.Request) -> web.Response:
    """The stream as heard."""
    return await _page(request, None)


async def show_request(request: web.Request) -> web.Response:
    """The stream with one line open."""
    return await _page(request, row_id(request, "request_id"))


async def correct_request(request: web.Request) -> web.Response:
    """Keep what a person says the message was; what the form leaves out stays as it was."""
    actor = staff(request, "request.correct")
    request_id = row_id(request, "request_id")
    fields = Fields(await request.post())
    typed = fields.typed
    intent = typed.get("intent", "")
    category = fields.choice("category", "类别", CATEGORIES, required=False)
    place = fields.text("place", "地点", most=PLACE_MAX, required=False)
    try:
        fields.check()
        done = await request.app[HOUSE].db.run(
            actor,
            _correct,
            request_id,
            intent=intent,
            category=category,
            place=place if "place" in typed else None,
        )
    except Refusal as refusal:
        return await _page(request, request_id, refusal=refusal)
    back = typed.get("next", "")
    target = back if back == "/console" else f"/console/requests/{request_id}{_same(request)}"
    return see_other(target, done=done.effect.value)


def _correct(
    tx: Transaction, request_id: int, *, intent: str, category: str, place: str | None
) -> Correction:
    request = access_request(tx, request_id, to_change=True)
    now = request.corrected or {
        "intent": request.intent,
        "category": request.category,
        "place": request.place,
    }
    wanted = intent or now["intent"]
    # Whoever says what kind of matter it is says that it is one.
    if category and not intent and wanted not in ASKING:
        wanted = "request"
    return correct(
        tx,
        request_id,
        intent=wanted,
        category=category or now["category"],
        place=now["place"] if place is None else place,
    )


async def _page(
    request: web.Request, request_id: int | None, *, refusal: Refusal | None = None
) -> web.Response:
    actor = staff(request, "request.see")
    trouble = trouble_of(refusal) if refusal is not None else {}
    kind = request.query.get("kind", "")
    wanted = RequestFilter(
        kind=kind if kind in KIND_WORDS else "", text=request.query.get("q", "")[:100]
    )
    inbox = await request.app[HOUSE].db.read(
        actor, _inbox, wanted, before=before_of(request), chosen_id=request_id
    )
    if inbox.chosen is not None:
        marked = await asyncio.to_thread(pieces, inbox.chosen.text, inbox.chosen.place)
        inbox = replace(inbox, chosen=replace(inbox.chosen, pieces=marked))
    return show_console(
        request,
        "requests.html",
        here="requests",
        inbox=inbox,
        wanted=wanted,
        kinds=KIND_WORDS,
        intents=[(name, INTENT_WORDS[name]) for name in INTENT_KEYS],
        categories=CATEGORIES,
        may_correct=actor.can("request.correct"),
        same=_same(request),
        **trouble,
    )


def _inbox(
    tx: Transaction, wanted: RequestFilter, *, before: int | None, chosen_id: int | None
) -> Inbox:
    rows = list(visible_requests(tx, wanted, before=before, limit=PAGE + 1))
    chosen = access_request(tx, chosen_id) if chosen_id is not None else None
    if chosen is None and before is None and rows:
        chosen = rows[0]
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    shown = rows[:PAGE]
    every = shown if chosen is None else [*shown, chosen]
    lines = _lines(tx, every)
    return Inbox(
        lines=lines[: len(shown)],
        counts=request_counts(tx, list(KIND_WORDS)),
        chosen=None if chosen is None else lines[-1],
        more=more,
        places=_places(tx, chosen.community_id) if chosen is not None else [],
    )


def _lines(tx: Transaction, requests: Sequence[Request]) -> list[Heard]:
    ids = {request.id for request in requests}
    query: Select[*tuple[Any, ...]] = (
        select(
            col(Request.id),
            col(Resident.name),
            col(Group.name).label("group"),
            col(Case.number),
            col(Case.phase),
        )
        .join(Identity, col(Identity.id) == col(Request.identity_id))
        .outerjoin(Resident, col(Resident.id) == col(Identity.resident_id))
        .outerjoin(Group, col(Group.id) == col(Request.group_id))
        .outerjoin(Case, col(Case.id) == col(Request.case_id))
        .where(col(Request.id).in_(ids))
    )
    around = {row.id: row for row in tx.look(query)}
    return [_line(tx, request, around[request.id]) for request in requests]


def _line(tx: Transaction, request: Request, around: Row[Any]) -> Heard:
    true = request.corrected or {}
    intent = str(true.get("intent", request.intent))
    may_name = tx.actor.can("people.see", request.community_id)
    name = around.name or "还没绑定的人"
    return Heard(
        id=request.id,
        at=request.at,
        day=local_day(request.at).isoformat(),
        text=request.text,
        sender=name if may_name or not around.name else mask_name(name),
        group=around.group,
        community_id=request.community_id,
        intent=intent,
        intent_word=INTENT_WORDS.get(intent, intent),
        category=true.get("category", request.category),
        place=true.get("place", request.place),
        urgency=request.urgency,
        confidence=request.confidence,
        sure=sure_word(request.confidence),
        reasons=request.reasons,
        made_of_it=DISPOSITION_WORDS[request.disposition.value],
        disposition=request.disposition.value,
        corrected=request.corrected_at is not None,
        read_as=INTENT_WORDS.get(request.intent, request.intent),
        case_id=request.case_id,
        number=around.number,
        phase=around.phase,
        model=request.model,
    )


def _places(tx: Transaction, community_id: int) -> list[str]:
    query = (
        select(col(Facility.name))
        .where(col(Facility.community_id) == community_id)
        .order_by(col(Facility.name))
        .limit(PLACES_MAX)
    )
    return [row.name for row in tx.look(query)]


def _same(request: web.Request) -> str:
    """The filter of the stream, kept while one goes through it: "?kind=…" or empty."""
    kept = {k: v for k, v in request.query.items() if k in ("kind", "q", "before") and v}
    return f"?{urlencode(kept)}" if kept else ""


assert set(INTENT_KEYS) <= set(INTENTS)
