"""What the bot heard, put right by people: each correction is kept as an example to learn from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, true
from sqlalchemy import select as core_select
from sqlmodel import col, select

from cases.access import hats
from cases.desk import Opened, Report, open_case
from cases.events import RequestCorrected
from cases.merging import endorse, likely_duplicate, party_count
from cases.proxy import withdraw_for
from cases.rules import Phase, Who
from cases.steps import classify, discard
from cases.tables import Case, Disposition, Request, Urgency
from community.names import plain_name
from community.privacy import mask_text
from community.tables import Identity, Resident
from core.actor import EVERYWHERE
from core.errors import NotFound, Refusal
from core.transaction import Transaction

PLACE_MAX = 60
EXAMPLES_MAX = 20_000
NOT_A_REQUEST = "机器人弄错了：这不是诉求。"
# What a person wants who asks something of the community, and everything else that is said.
ASKING = ("request", "question", "suggestion", "emergency", "help")
TALK = ("notice", "thanks", "chatter", "ad", "chain", "command")
INTENTS = (*ASKING, *TALK)
UNTOUCHED = frozenset({Phase.COLLECTED, Phase.TRIAGE})
# Registered by the bot, perhaps sent on, and not signed by anybody.
UNSIGNED = frozenset({Phase.REGISTERED, Phase.DISPATCHED})


class UnknownIntent(Refusal):
    code = "request_unknown_intent"
    text = "没有这种意图，请从列出的里面选。"


class PlaceTooLong(Refusal):
    code = "request_place_too_long"
    text = "地点太长了，最多 {most} 个字。"


class CategoryNeeded(Refusal):
    code = "request_category_needed"
    text = "要立案请先选一个类别。"


class Effect(StrEnum):
    """What a correction led to besides being kept."""

    NOTED = "noted"  # the bot was right, or nothing had to be done
    OPENED = "opened"
    JOINED = "joined"
    RECLASSIFIED = "reclassified"
    DISCARDED = "discarded"
    TOO_LATE = "too_late"  # somebody already works on the case: it must be settled there


@dataclass(frozen=True, slots=True)
class Correction:
    """What became of a request that was put right; `number` of the case it touched, or None."""

    request_id: int
    effect: Effect
    case_id: int | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A corrected request as it leaves for training: masked words, what was said of them, what
    a person says of them.
    """

    text: str
    intent: str
    category: str | None
    place: str | None
    model: str
    corrected: dict[str, str | None]
    at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests to list; empty fields do not narrow."""

    kind: str = ""  # unsure, opened, quiet, corrected
    text: str = ""


KIND_WORDS = {
    "": "全部",
    "unsure": "拿不准",
    "opened": "已立案或并入",
    "quiet": "没有立案",
    "corrected": "纠正过",
}


def access_request(tx: Transaction, request_id: int, *, to_change: bool = False) -> Request:
    """The request, if it exists and the actor may see it; otherwise NotFound."""
    query = select(Request).where(col(Request.id) == request_id)
    request = tx.exec(query.with_for_update() if to_change else query).first()
    if request is None or not tx.actor.can("request.see", request.community_id):
        raise NotFound
    return request


def visible_requests(
    tx: Transaction, wanted: RequestFilter, *, before: int | None = None, limit: int = 50
) -> Sequence[Request]:
    """What was heard where the actor may look, newest first; `before` is where a page ended."""
    query = select(Request).where(_in_scope(tx), *_narrowed(wanted))
    if before is not None:
        query = query.where(col(Request.id) < before)
    return tx.exec(query.order_by(col(Request.id).desc()).limit(limit)).all()


def request_counts(tx: Transaction, kinds: Collection[str]) -> dict[str, int]:
    """How many requests each kind of RequestFilter holds for this actor: {kind: count}."""
    counted = [
        func.count().filter(*_narrowed(RequestFilter(kind=kind))).label(f"n{place}")
        for place, kind in enumerate(kinds)
    ]
    row = tx.look(core_select(*counted).select_from(Request).where(_in_scope(tx))).one()
    return dict(zip(kinds, row, strict=True))


def correct(
    tx: Transaction,
    request_id: int,
    *,
    intent: str,
    category: str | None,
    place: str | None,
) -> Correction:
    """Say what a message really was, keep it as an example, and do what follows.

    A request without a case gets one (or joins the open one it repeats); what was no request
    takes its case back as long as nobody has signed it: discarded before it is registered, and
    withdrawn after, which the person who spoke may undo. Saying the same as the bot agrees.
    """
    request = access_request(tx, request_id, to_change=True)
    tx.require("request.correct", request.community_id)
    if intent not in INTENTS:
        raise UnknownIntent
    place = (place or "").strip() or None
    if place is not None and len(place) > PLACE_MAX:
        raise PlaceTooLong(most=PLACE_MAX)
    before = {"intent": request.intent, "category": request.category, "place": request.place}
    after = {"intent": intent, "category": category or None, "place": place}
    request.corrected, request.corrected_at, request.corrected_by = after, tx.now, tx.actor.id
    tx.add(request)
    tx.flush()
    changed = [name for name, value in after.items() if before[name] != value]
    tx.emit(
        RequestCorrected(
            community_id=request.community_id,
            subject_id=request.id,
            field=",".join(changed) or "agreed",
        )
    )
    if intent in ASKING:
        return _settle_asked(tx, request)
    return _settle_talk(tx, request)


def training_examples(
    tx: Transaction,
    *,
    after: int = 0,
    limit: int = EXAMPLES_MAX,
    community_ids: Collection[int] | None = None,
) -> list[Example]:
    """Corrected requests where the actor may correct, oldest first, without names or numbers.

    `community_ids` narrows them; `after` is the id where the last page ended.
    """
    places = tx.actor.places("request.correct")
    query = (
        select(Request)
        .where(col(Request.corrected_at).is_not(None), col(Request.id) > after)
        .order_by(col(Request.id))
        .limit(limit)
    )
    if not places >= EVERYWHERE:
        query = query.where(col(Request.community_id).in_(places))
    if community_ids is not None:
        query = query.where(col(Request.community_id).in_(community_ids))
    requests = tx.exec(query).all()
    names = _names(tx, {request.community_id for request in requests})
    return [
        Example(
            text=without_names(mask_text(request.text), names.get(request.community_id, ())),
            intent=request.intent,
            category=request.category,
            place=request.place,
            model=request.model,
            corrected=dict(request.corrected or {}),
            at=request.at,
            id=request.id,
        )
        for request in requests
    ]


def without_names(text: str, names: Collection[str]) -> str:
    """The text with every one of these full names replaced by 某某."""
    for name in sorted(names, key=len, reverse=True):
        if len(plain_name(name)) > 1:
            text = text.replace(name, "某某")
    return text


def _settle_asked(tx: Transaction, request: Request) -> Correction:
    """See to it that what was asked for has a case, and that the case says the right thing."""
    assert request.corrected is not None
    category, place = request.corrected["category"], request.corrected["place"]
    if request.case_id is not None and request.disposition is not Disposition.UNDONE:
        case = tx.get_one(Case, request.case_id)
        differs = (case.category, case.place) != (category or case.category, place)
        if request.disposition is Disposition.JOINED or not differs:
            return Correction(request.id, Effect.NOTED, case.id, case.number)
        if case.phase not in UNTOUCHED:
            return Correction(request.id, Effect.TOO_LATE, case.id, case.number)
        classify(tx, case.id, category=category or case.category, place=place)
        return Correction(request.id, Effect.RECLASSIFIED, case.id, case.number)
    if not category:
        raise CategoryNeeded
    return _open_or_join(tx, request, category, place)


def _open_or_join(
    tx: Transaction, request: Request, category: str, place: str | None
) -> Correction:
    identity = tx.get_one(Identity, request.identity_id)
    likely = likely_duplicate(
        tx,
        community_id=request.community_id,
        category=category,
        category2=None,
        place=place,
        text=request.text,
    )
    if likely is not None:
        endorse(
            tx,
            community_id=request.community_id,
            case_id=likely.case_id,
            number=likely.number,
            identity_id=identity.id,
            resident_id=identity.resident_id,
        )
        request.case_id, request.disposition = likely.case_id, Disposition.JOINED
        return Correction(request.id, Effect.JOINED, likely.case_id, likely.number)
    opened = _open(tx, request, identity, category, place)
    request.case_id, request.disposition = opened.case_id, Disposition.OPENED
    return Correction(request.id, Effect.OPENED, opened.case_id, opened.number)


def _open(
    tx: Transaction, request: Request, identity: Identity, category: str, place: str | None
) -> Opened:
    assert request.corrected is not None
    urgency = Urgency(request.urgency)
    if request.corrected["intent"] == "emergency":
        urgency = Urgency.EMERGENCY
    # A question or suggestion waits at the desk for an answer; a request goes on its way.
    is_sure = request.corrected["intent"] in ("request", "emergency")
    return open_case(
        tx,
        Report(
            community_id=request.community_id,
            identity_id=identity.id,
            resident_id=identity.resident_id,
            text=request.text,
            category=category,
            place=place,
            urgency=urgency,
            group_id=request.group_id,
            taken_by=tx.actor.id,
            model=request.model,
            is_sure=is_sure,
        ),
    )


def _settle_talk(tx: Transaction, request: Request) -> Correction:
    """What was no request: its case, if it is its alone and untouched, is discarded."""
    if request.case_id is None or request.disposition is Disposition.UNDONE:
        return Correction(request.id, Effect.NOTED)
    case = tx.get_one(Case, request.case_id)
    if request.disposition is Disposition.JOINED:
        return Correction(request.id, Effect.NOTED, case.id, case.number)
    if case.phase not in UNTOUCHED | UNSIGNED or party_count(tx, case.id) > 1:
        return Correction(request.id, Effect.TOO_LATE, case.id, case.number)
    if case.phase in UNSIGNED and Who.PROXY not in hats(tx, case):
        return Correction(request.id, Effect.TOO_LATE, case.id, case.number)
    if case.phase in UNTOUCHED:
        discard(tx, case.id, reason=NOT_A_REQUEST)
    else:
        withdraw_for(tx, case.id, text=NOT_A_REQUEST, outcome="not_a_matter")
    request.disposition = Disposition.UNDONE
    return Correction(request.id, Effect.DISCARDED, case.id, case.number)


def _in_scope(tx: Transaction) -> ColumnElement[bool]:
    places = tx.actor.places("request.see")
    if places >= EVERYWHERE:
        return true()
    return col(Request.community_id).in_(places)


def _narrowed(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [true()]
    if wanted.kind == "unsure":
        where += [
            col(Request.disposition) == Disposition.UNSURE,
            col(Request.corrected_at).is_(None),
        ]
    elif wanted.kind == "opened":
        where.append(col(Request.disposition).in_((Disposition.OPENED, Disposition.JOINED)))
    elif wanted.kind == "quiet":
        where.append(col(Request.disposition).not_in((Disposition.OPENED, Disposition.JOINED)))
    elif wanted.kind == "corrected":
        where.append(col(Request.corrected_at).is_not(None))
    words = wanted.text.strip()
    if words:
        where.append(col(Request.text).contains(words, autoescape=True))
    return where


def _names(tx: Transaction, communities: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    query = core_select(col(Resident.community_id), col(Resident.name))
    for row in tx.look(query.where(col(Resident.community_id).in_(communities))):
        found.setdefault(row.community_id, []).append(row.name)
    return found
