"""One case: what happened, the facts, and the next steps that may be taken now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.web.answers import see_other
from bot.web.console.cases import Shelf, address_of, filter_of, same_list, shelf_of
from bot.web.console.shell import before_of, row_id, show_console, staff, trouble_of, typed_in
from bot.web.console.steps import (
    BY_KEY,
    OUTCOMES,
    WAYS,
    Filled,
    StepForm,
    quick_step,
    read_step,
    steps_open,
    take_step,
)
from bot.web.forms import Fields
from bot.web.keys import HOUSE
from bot.web.pictures import ACCEPT, Photo, keep_photo
from cases.access import access_case
from cases.duties import DutyRow, duty_for
from cases.queries import GROUP_WORDS as GROUPS
from cases.queries import (
    CaseFilter,
    Step,
    agencies_of,
    attachments,
    parties,
    timeline,
)
from cases.rules import ENDED
from cases.steps import attach
from cases.tables import Attachment, Case, PartyRole, Source, Stage, Urgency
from community.privacy import mask_name
from community.tables import Agency, Area, Group, Resident
from core.errors import NotFound, Refusal
from core.transaction import Transaction
from nlp.categories import CATEGORIES

MACHINES = frozenset({"bot", "timer", "system"})
STAFF_PARTS = frozenset(
    {"desk", "dispatcher", "agency", "grid_worker", "verifier", "arbitrator", "supervisor"}
)
AFTER_STEPS = frozenset({"report_done"})
WHO_WORDS = {
    "resident": "居民",
    "proxy": "代办人",
    "bot": "机器人",
    "desk": "社区",
    "dispatcher": "调度",
    "agency": "承办单位",
    "grid_worker": "网格员",
    "verifier": "核查",
    "arbitrator": "仲裁",
    "supervisor": "督查",
    "evaluator": "评估",
    "auditor": "审计",
    "timer": "到时自动",
    "system": "系统",
    "person": "",
    "nobody": "",
}
SOURCE_WORDS = {
    Source.CHAT: "聊天",
    Source.WEB: "网页",
    Source.PHONE: "电话",
    Source.DESK: "窗口",
    Source.PROXY: "代办",
    Source.IMPORT: "导入",
}
STAGE_WORDS = {Stage.BEFORE: "反映时", Stage.AFTER: "办后", Stage.EVIDENCE: "凭证"}
URGENCIES = (
    (Urgency.NORMAL.value, "一般"),
    (Urgency.TODAY.value, "今天办"),
    (Urgency.EMERGENCY.value, "紧急"),
)


@dataclass(frozen=True, slots=True)
class PartyLine:
    """Someone behind a case as the page shows it; the name is masked for who may not see it."""

    name: str
    resident_id: int | None
    word: str
    answer: str
    stars: int | None
    id: int = 0
    waits: bool = False  # for an answer to "is it solved?"


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything the page shows."""

    case: Case
    community: str
    agency: Agency | None
    group: str | None
    taken_by: str | None
    merged_into: Case | None
    duty: DutyRow | None
    timeline: Sequence[Step]
    photos: Sequence[Attachment]
    parties: list[PartyLine]
    steps: list[StepForm]
    agencies: Sequence[Agency]
    likely: list[tuple[str, str]]
    may_see_people: bool
    may_sign: bool


async def show_case(request: web.Request) -> web.Response:
    """The case beside the list it was found in."""
    return await _page(request)


async def take(request: web.Request) -> web.Response:
    """Take one step; a refusal shows the page again with everything that was typed."""
    actor = staff(request, "case.see", "case.handle")
    case_id = row_id(request, "case_id")
    step = BY_KEY.get(request.match_info["step"])
    if step is None:
        raise NotFound
    data = await request.post()
    try:
        filled = read_step(step, Fields(data))
        kept = await _kept(request, filled)
        await request.app[HOUSE].db.run(actor, _take, case_id, step.key, filled, kept)
    except Refusal as refusal:
        return await _page(request, step=step.key, refusal=refusal, typed=typed_in(data))
    done = "noted_case" if step.key in ("note", "classify") else "stepped"
    return see_other(f"/console/cases/{case_id}{same_list(request)}", done=done)


async def take_quickly(request: web.Request) -> web.Response:
    """Take a step that needs no words, from a list, and go back to it."""
    actor = staff(request, "case.see", "case.handle")
    case_id = row_id(request, "case_id")
    data = await request.post()
    key = request.match_info["step"]
    try:
        await request.app[HOUSE].db.run(actor, quick_step, case_id, key)
    except Refusal as refusal:
        return await _page(request, step=key, refusal=refusal)
    back = str(data.get("next", ""))
    target = back if back.startswith("/console") else f"/console/cases/{case_id}"
    return see_other(target, done="stepped")


async def show_photo(request: web.Request) -> web.StreamResponse:
    """A photo of a case, to whoever may see the case."""
    actor = staff(request, "case.see", "case.handle")
    house = request.app[HOUSE]
    photo = await house.db.read(
        actor, _photo, row_id(request, "case_id"), row_id(request, "photo_id")
    )
    headers = {
        "Content-Type": photo.media_type,
        "Cache-Control": "private, max-age=86400",
        "Content-Disposition": "inline",
    }
    return web.FileResponse(house.files.path(photo.sha256), headers=headers)


async def _kept(request: web.Request, filled: Filled) -> Photo | None:
    if filled.photo is None:
        return None
    return await keep_photo(request.app[HOUSE].files, filled.photo)


def _take(tx: Transaction, case_id: int, key: str, filled: Filled, kept: Photo | None) -> None:
    if kept is not None:
        attach(
            tx,
            case_id,
            media_type=kept.media_type,
            sha256=kept.sha256,
            size=kept.size,
            stage=Stage.AFTER if key in AFTER_STEPS else Stage.BEFORE,
        )
    take_step(tx, case_id, key, filled)


async def _page(
    request: web.Request,
    *,
    step: str = "",
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, "case.see", "case.handle")
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    house = request.app[HOUSE]
    wanted = filter_of(request)
    page, shelf = await house.db.read(
        actor, _read, row_id(request, "case_id"), wanted, before_of(request)
    )
    chosen = step or request.query.get("step", "")
    keys = [form.key for form in page.steps]
    return show_console(
        request,
        "case.html",
        here="cases",
        page=page,
        case=page.case,
        shelf=shelf,
        wanted=wanted,
        groups=GROUPS,
        same=same_list(request),
        address=address_of(request),
        chosen=chosen if chosen in keys else (keys[0] if keys else ""),
        attempted=BY_KEY[step] if step in BY_KEY and step not in keys else None,
        categories=CATEGORIES,
        urgencies=URGENCIES,
        accept=ACCEPT,
        outcomes=OUTCOMES,
        ways=WAYS,
        stages=STAGE_WORDS,
        who_words=WHO_WORDS,
        source_words=SOURCE_WORDS,
        ended=ENDED,
        now=house.db.clock(),
        **trouble,
    )


def _read(
    tx: Transaction, case_id: int, wanted: CaseFilter, before: int | None
) -> tuple[CasePage, Shelf]:
    case = access_case(tx, case_id)
    may_see = tx.actor.can("people.see", case.community_id)
    agency = tx.get(Agency, case.agency_id) if case.agency_id is not None else None
    group = tx.get(Group, case.group_id) if case.group_id is not None else None
    clerk = tx.get(Resident, case.taken_by) if case.taken_by is not None else None
    steps = steps_open(tx, case)
    page = CasePage(
        case=case,
        community=tx.get_one(Area, case.community_id).name,
        agency=agency,
        group=group.name if group is not None else None,
        taken_by=clerk.name if clerk is not None else None,
        merged_into=_merged(tx, case),
        duty=duty_for(
            tx, community_id=case.community_id, category=case.category, category2=case.category2
        ),
        timeline=[_named(step, may_see) for step in timeline(tx, case, for_staff=True)],
        photos=attachments(tx, case.id),
        parties=[
            PartyLine(
                name=(name if may_see else mask_name(name)) if name else "还没绑定的人",
                resident_id=party.resident_id,
                word="最先反映" if party.role is PartyRole.REPORTER else "附议",
                answer={True: "说解决了", False: "说没解决", None: ""}[party.is_solved]
                + ("（代记）" if party.answered_by is not None else ""),
                stars=party.rating,
                id=party.id,
                waits=party.is_solved is None,
            )
            for party, name in parties(tx, case.id)
        ],
        steps=steps,
        agencies=agencies_of(tx, case.community_id),
        likely=_likely(tx, case) if any(step.key == "merge" for step in steps) else [],
        may_see_people=may_see,
        may_sign=any(step.key == "sign" for step in steps),
    )
    return page, shelf_of(tx, wanted, before=before)


def _named(step: Step, may_see: bool) -> Step:
    """The step with the name of who took it: staff by name, residents masked for who may not see
    them, and nobody's for what the bot or the clock did.
    """
    if step.by is None or step.who in STAFF_PARTS or (may_see and step.who not in MACHINES):
        return step
    return replace(step, by=None if step.who in MACHINES else mask_name(step.by))


def _merged(tx: Transaction, case: Case) -> Case | None:
    """The case this one was joined to, if the actor may see it."""
    if case.merged_into is None:
        return None
    try:
        return access_case(tx, case.merged_into)
    except NotFound:
        return None


def _likely(tx: Transaction, case: Case) -> list[tuple[str, str]]:
    """Open cases of the community this one may repeat, the same place first: (number, text)."""
    query = (
        select(col(Case.number), col(Case.text), col(Case.place), col(Case.category))
        .where(
            col(Case.community_id) == case.community_id,
            col(Case.id) != case.id,
            col(Case.phase).not_in(ENDED),
        )
        .order_by(col(Case.id).desc())
        .limit(100)
    )
    rows = tx.look(query).all()
    near = sorted(rows, key=lambda r: (r.place != case.place, r.category != case.category))
    return [(row.number, row.text[:40]) for row in near[:20]]


def _photo(tx: Transaction, case_id: int, photo_id: int) -> Attachment:
    case = access_case(tx, case_id)
    photo = tx.get(Attachment, photo_id)
    if photo is None or photo.case_id != case.id:
        raise NotFound
    return photo
