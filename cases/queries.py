"""Lists and counts of cases and requests, by the rule of cases/access.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlalchemy import select as core_select
from sqlmodel import col, select

from cases.access import in_charge, its_own, visible
from cases.rules import BY_NAME, ENDED, OPEN, Phase
from cases.tables import (
    Attachment,
    Case,
    CaseNote,
    Disposition,
    Duty,
    Party,
    Request,
    Urgency,
)
from community.tables import Agency, Resident
from core.actor import EVERYWHERE
from core.transaction import EventRecord, Transaction

LIST_MAX = 50
BOARD_MAX = 50
ENDED_COUNTED = 1_000
SOON = timedelta(hours=4)

GROUPS: dict[str, frozenset[Phase]] = {
    "triage": frozenset({Phase.COLLECTED, Phase.TRIAGE, Phase.NEED_INFO_INTAKE}),
    "waiting": frozenset({Phase.REGISTERED, Phase.DISPATCHED, Phase.DISPUTED}),
    "working": frozenset({Phase.IN_PROGRESS, Phase.NEED_INFO_HANDLING, Phase.SUSPENDED}),
    "verifying": frozenset({Phase.FEEDBACK, Phase.VERIFYING}),
    "open": OPEN,
    "ended": ENDED,
}
GROUP_WORDS: dict[str, str] = {
    "open": "办理中的全部",
    "triage": "待受理",
    "waiting": "待派待签",
    "working": "办理中",
    "verifying": "等居民确认",
    "overdue": "超时",
    "ended": "已结束",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What to list; empty fields do not narrow."""

    group: str = "open"
    category: str = ""
    agency_id: int | None = None
    community_id: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of a list of cases."""

    id: int
    number: str
    text: str
    category: str
    place: str | None
    urgency: Urgency
    phase: Phase
    agency: str | None
    collected_at: datetime
    due_at: datetime | None
    party_count: int
    community_id: int
    agency_id: int | None
    step_due_at: datetime | None
    category2: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a case's timeline: a recorded step with the words that belong to it."""

    id: int
    at: datetime
    name: str  # name of the move, or collect, endorse, note
    word: str
    who: str
    by: str | None
    text: str | None
    is_public: bool


@dataclass(frozen=True, slots=True)
class Today:
    """What a day at the desk starts with; each a list of at most LIST_MAX lines."""

    emergencies: Sequence[CaseLine]
    due_soon: Sequence[CaseLine]
    overdue: Sequence[CaseLine]
    triage: Sequence[CaseLine]
    to_sign: Sequence[CaseLine]
    silent: Sequence[CaseLine]  # asked "is it solved?" and nobody has answered for days
    unsure: Sequence[Request]


_PARTIES = (
    core_select(func.count())
    .where(col(Party.case_id) == col(Case.id))
    .correlate(Case)
    .scalar_subquery()
)


# The id, spelled so that no index orders by it: where few of many are wanted, they are found by
# their phase and sorted, and the long list of all that ever was is not walked.
_BY_PHASE = col(Case.id) + 0


def visible_cases(
    tx: Transaction, wanted: CaseFilter, *, before: int | None = None, limit: int = LIST_MAX
) -> list[CaseLine]:
    """The cases the actor works on or watches, newest first; `before` is where a page ended."""
    where = [in_charge(tx.actor), *_conditions(tx, wanted)]
    if before is not None:
        where.append(col(Case.id) < before)
    grows = wanted.group in ("", "ended")
    order = col(Case.id).desc() if grows else _BY_PHASE.desc()
    return _lines(tx, where, order=order, limit=limit)


def case_counts(tx: Transaction, wanted: CaseFilter) -> dict[str, int]:
    """How many cases each saved filter holds for this actor: {group: count}.

    What has ended is counted up to ENDED_COUNTED: it only ever grows.
    """
    rest = CaseFilter(
        group="",
        category=wanted.category,
        agency_id=wanted.agency_id,
        community_id=wanted.community_id,
        text=wanted.text,
    )
    where = and_(in_charge(tx.actor), *_conditions(tx, rest))
    going_on = and_(where, col(Case.phase).in_(OPEN))
    rows = tx.look(core_select(col(Case.phase), func.count()).where(going_on).group_by(Case.phase))
    by_phase: dict[Phase, int] = dict(tuple(row) for row in rows)
    counts = {
        name: sum(n for phase, n in by_phase.items() if phase in phases)
        for name, phases in GROUPS.items()
    }
    over = core_select(col(Case.id)).where(where, col(Case.phase).in_(ENDED)).limit(ENDED_COUNTED)
    counts["ended"] = tx.look(core_select(func.count()).select_from(over.subquery())).scalar_one()
    late = and_(where, _is_overdue(tx.now))
    counts["overdue"] = tx.look(core_select(func.count()).where(late)).scalar_one()
    return counts


def my_cases(tx: Transaction, *, limit: int = LIST_MAX) -> list[CaseLine]:
    """The cases the actor asked for or joined, newest first."""
    return _lines(tx, [its_own(tx.actor)], order=col(Case.id).desc(), limit=limit)


def cases_of_resident(
    tx: Transaction, resident_id: int, *, limit: int = LIST_MAX
) -> list[CaseLine]:
    """The cases a person asked for or joined, as far as the actor may see them, newest first."""
    theirs = core_select(col(Party.case_id)).where(col(Party.resident_id) == resident_id)
    where = [visible(tx.actor), col(Case.id).in_(theirs)]
    return _lines(tx, where, order=col(Case.id).desc(), limit=limit)


def public_board(tx: Transaction, community_id: int, *, limit: int = BOARD_MAX) -> list[CaseLine]:
    """What goes on in a community: public cases without names, the newest first.

    Only registered cases appear: nothing is shown that nobody has looked at.
    """
    where = [
        col(Case.community_id) == community_id,
        col(Case.is_public).is_(True),
        col(Case.registered_at).is_not(None),
        col(Case.phase).not_in((Phase.WITHDRAWN, Phase.DISCARDED, Phase.MERGED, Phase.ARCHIVED)),
    ]
    return _lines(tx, where, order=col(Case.id).desc(), limit=limit)


def timeline(tx: Transaction, case: Case, *, for_staff: bool) -> list[Step]:
    """Everything that happened to a case, oldest first; residents see no inner notes or names."""
    notes = {
        note.event_id: note
        for note in tx.exec(select(CaseNote).where(col(CaseNote.case_id) == case.id))
    }
    query = (
        select(EventRecord, Resident.name)
        .outerjoin(Resident, col(Resident.id) == col(EventRecord.actor_id))
        .where(col(EventRecord.subject_id) == case.id)
        .order_by(col(EventRecord.id))
    )
    steps = []
    for record, name in tx.exec(query):
        note = notes.get(record.id)
        is_public = note is None or note.is_public
        if not is_public and not for_staff:
            continue
        what = str(record.facts.get("move") or record.facts.get("kind") or record.name[5:])
        move = BY_NAME.get(what)
        steps.append(
            Step(
                id=record.id,
                at=record.at,
                name=what,
                word=move.word if move else NOTE_WORDS.get(what, what),
                who=str(record.facts.get("who", record.actor_kind)),
                by=name if for_staff else None,
                text=note.text if note else None,
                is_public=is_public,
            )
        )
    return steps


def latest_event(tx: Transaction, case_id: int) -> int:
    """The id of the latest thing that happened to a case; 0 when nothing is recorded."""
    query = core_select(func.max(col(EventRecord.id))).where(col(EventRecord.subject_id) == case_id)
    return int(tx.look(query).scalar() or 0)


NOTE_WORDS = {
    "collect": "收到",
    "endorse": "有人附议",
    "endorse_undone": "撤回附议",
    "classified": "改了分类",
    "word": "留言",
    "photo": "加了照片",
    "confirmed": "确认已解决",
    "answer_recorded": "代记回话",
    "rated": "评分",
}


def attachments(tx: Transaction, case_id: int) -> Sequence[Attachment]:
    """Photos and voice notes of a case, oldest first."""
    query = select(Attachment).where(
        col(Attachment.case_id) == case_id, col(Attachment.sha256) != ""
    )
    return tx.exec(query.order_by(col(Attachment.id))).all()


def parties(tx: Transaction, case_id: int) -> list[tuple[Party, str | None]]:
    """Who stands behind a case, with the name where it is known."""
    query = (
        select(Party, Resident.name)
        .outerjoin(Resident, col(Resident.id) == col(Party.resident_id))
        .where(col(Party.case_id) == case_id)
        .order_by(col(Party.id))
    )
    return [(party, name) for party, name in tx.exec(query)]


def today(tx: Transaction) -> Today:
    """What waits for this actor, each list most pressing first."""
    now, seen, by_due = tx.now, in_charge(tx.actor), col(Case.due_at).asc()
    is_open = col(Case.phase).in_(OPEN)
    desk = _in_places(tx, "case.desk")
    mine = col(Case.agency_id).in_(tx.actor.member_of("agency"))
    return Today(
        emergencies=_lines(
            tx, [seen, is_open, col(Case.urgency) == Urgency.EMERGENCY], order=by_due
        ),
        due_soon=_lines(
            tx,
            [seen, is_open, col(Case.due_at) >= now, col(Case.due_at) < now + SOON],
            order=by_due,
        ),
        overdue=_lines(tx, [seen, _is_overdue(now)], order=by_due),
        triage=_lines(
            tx,
            [desk, col(Case.phase).in_((Phase.TRIAGE, Phase.REGISTERED))],
            order=_BY_PHASE.asc(),
        ),
        to_sign=_lines(
            tx, [mine, col(Case.phase) == Phase.DISPATCHED], order=col(Case.step_due_at).asc()
        ),
        silent=_lines(
            tx,
            [desk, col(Case.phase) == Phase.VERIFYING, col(Case.step_due_at) < now],
            order=col(Case.step_due_at).asc(),
        ),
        unsure=requests_heard(tx, disposition=Disposition.UNSURE, uncorrected=True),
    )


def requests_heard(
    tx: Transaction,
    *,
    disposition: Disposition | None = None,
    uncorrected: bool = False,
    before: int | None = None,
    limit: int = LIST_MAX,
) -> Sequence[Request]:
    """What the bot heard and what was made of it, newest first, where the actor may look."""
    places = tx.actor.places("request.see")
    if not places:
        return []
    query = select(Request)
    if not places >= EVERYWHERE:
        query = query.where(col(Request.community_id).in_(places))
    if disposition is not None:
        query = query.where(col(Request.disposition) == disposition)
    if uncorrected:
        query = query.where(col(Request.corrected_at).is_(None))
    if before is not None:
        query = query.where(col(Request.id) < before)
    return tx.exec(query.order_by(col(Request.id).desc()).limit(limit)).all()


def agencies_of(tx: Transaction, community_id: int) -> Sequence[Agency]:
    """The agencies a case of this community can be given to."""
    where = col(Agency.community_id).in_((0, community_id))
    return tx.exec(select(Agency).where(where).order_by(col(Agency.name))).all()


def categories_of(tx: Transaction, community_id: int) -> list[str]:
    """The categories on a community's duty list."""
    query = core_select(col(Duty.category)).where(col(Duty.community_id) == community_id)
    return sorted({row.category for row in tx.look(query)})


def _lines(
    tx: Transaction,
    where: Sequence[ColumnElement[bool]],
    *,
    order: ColumnElement[Any],
    limit: int = LIST_MAX,
) -> list[CaseLine]:
    # First which, then what stands in them: a database that sorts would fetch it for all.
    chosen = core_select(col(Case.id)).where(*where).order_by(order).limit(limit).subquery()
    query = (
        core_select(
            col(Case.id),
            col(Case.number),
            col(Case.text),
            col(Case.category),
            col(Case.place),
            col(Case.urgency),
            col(Case.phase),
            col(Agency.name),
            col(Case.collected_at),
            col(Case.due_at),
            _PARTIES,
            col(Case.community_id),
            col(Case.agency_id),
            col(Case.step_due_at),
            col(Case.category2),
        )
        .join(chosen, chosen.c.id == col(Case.id))
        .outerjoin(Agency, col(Agency.id) == col(Case.agency_id))
        .order_by(order)
    )
    return [CaseLine(*tuple(row)) for row in tx.look(query)]


def _conditions(tx: Transaction, wanted: CaseFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.group == "overdue":
        where.append(_is_overdue(tx.now))
    elif wanted.group in GROUPS:
        where.append(col(Case.phase).in_(GROUPS[wanted.group]))
    if wanted.category:
        where.append(col(Case.category) == wanted.category)
    if wanted.agency_id is not None:
        where.append(col(Case.agency_id) == wanted.agency_id)
    if wanted.community_id is not None:
        where.append(col(Case.community_id) == wanted.community_id)
    words = wanted.text.strip()
    if words:
        where.append(
            or_(
                col(Case.number).contains(words.upper(), autoescape=True),
                col(Case.text).contains(words, autoescape=True),
                col(Case.place).contains(words, autoescape=True),
            )
        )
    return where


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    return and_(col(Case.phase).in_(OPEN), col(Case.due_at) < now)


def _in_places(tx: Transaction, capability: str) -> ColumnElement[bool]:
    places = tx.actor.places(capability)
    if places >= EVERYWHERE:
        return true()
    return col(Case.community_id).in_(places)
