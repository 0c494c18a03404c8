"""My matters, and one of them: what waits for me, what is being done, and my say in it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from sqlalchemy import func, or_, select
from sqlmodel import col

from bot.web.answers import see_other, show
from bot.web.forms import Fields, FormTrouble, Posted, Upload, path_id
from bot.web.keys import HOUSE, VISITOR
from bot.web.pictures import ACCEPT, PHOTO_BYTES_MAX, Photo, keep_photo
from bot.web.resident.story import PHASE_IN_WORDS, Entry, latest_words, story
from cases import proxy, steps
from cases.access import access_case, party_of
from cases.clocks import REOPEN_WINDOW
from cases.merging import party_count, undo_endorsement
from cases.queries import CaseLine, attachments, latest_event, my_cases, timeline
from cases.rules import ENDED, OPEN, Phase
from cases.tables import Attachment, Case, Party, PartyRole, Stage
from community.tables import Agency
from core.errors import NotFound, Refusal
from core.transaction import Transaction

Form = TypeVar("Form")

REASON_MAX = 500
WORDS_MAX = 1_000
PHOTOS_MAX = 9
STAGE_WORDS = {Stage.BEFORE: "办之前", Stage.AFTER: "办之后", Stage.EVIDENCE: "凭证"}
INFO_PHASES = frozenset({Phase.NEED_INFO_INTAKE, Phase.NEED_INFO_HANDLING})
ASKING_PHASES = INFO_PHASES | {Phase.VERIFYING, Phase.ANSWERED}


class CaseOver(Refusal):
    code = "case_over"
    text = "{number} 已经结束，不能再补充。没解决的话，请在页面上点“重新打开”。"
    status = 409


class OthersStandBehind(Refusal):
    code = "case_others_stand_behind"
    text = "{number} 已经有别人附议，会继续办，不能整件撤回。"
    status = 409


class PhotosFull(Refusal):
    code = "photos_full"
    text = "一件事最多 {most} 张照片，已经够看清楚了。"
    status = 409


@dataclass(frozen=True, slots=True)
class MyCases:
    """My matters in three heaps, newest first in each."""

    waiting: Sequence[CaseLine]  # for a word of mine
    going_on: Sequence[CaseLine]
    over: Sequence[CaseLine]


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything one matter's page shows."""

    case: Case
    agency: str | None
    mine: Party | None
    people_count: int
    waiting_count: int  # of those asked "is it solved?" who have not answered
    entries: Sequence[Entry]
    question: str  # what was asked or said last that waits for an answer
    files: Mapping[Stage, Sequence[Attachment]]
    latest: int
    merged_into: str | None
    word: str
    is_open: bool
    is_late: bool
    can_withdraw: bool
    can_undo: bool
    only_joined: bool
    can_reopen: bool


async def show_my_cases(request: web.Request) -> web.Response:
    """What waits for me, what is being done by whom until when, what is over."""
    actor = request[VISITOR].person()
    mine = await request.app[HOUSE].db.read(actor, _my_cases)
    return show(request, "resident/cases.html", mine=mine, words=PHASE_IN_WORDS)


async def show_case(request: web.Request) -> web.Response:
    """One matter with its timeline and what I may do now."""
    return await _show(request)


async def confirm(request: web.Request) -> web.Response:
    """Solved, or not and why; a photo of how it looks now may come with either."""

    def read(data: Posted) -> tuple[bool, str, Upload | None]:
        fields = Fields(data)
        is_solved = fields.choice("solved", "解决了没有", ("yes", "no")) == "yes"
        reason = fields.text("reason", "哪里还没解决", most=REASON_MAX, required=not is_solved)
        name = "after" if is_solved else "proof"
        upload = fields.upload(name, "照片", bytes_max=PHOTO_BYTES_MAX)
        fields.check()
        return is_solved, reason, upload

    async def act(case_id: int, form: tuple[bool, str, Upload | None]) -> str:
        is_solved, reason, upload = form
        photo = None
        if upload is not None:
            await _read(request, _check_room_for_photo, case_id)
            photo = await keep_photo(request.app[HOUSE].files, upload)
        await _run(request, _confirm, case_id, solved=is_solved, reason=reason, photo=photo)
        return "confirmed" if is_solved else "sent_back"

    return await _take(request, read, act)


async def rate(request: web.Request) -> web.Response:
    """One to five stars."""

    def read(data: Posted) -> int:
        fields = Fields(data)
        stars = fields.whole("stars", "评分", least=1, most=5)
        fields.check()
        return stars

    async def act(case_id: int, stars: int) -> str:
        await _run(request, steps.rate, case_id, stars=stars)
        return "rated"

    return await _take(request, read, act)


async def say(request: web.Request) -> web.Response:
    """Add a word, or the answer to what was asked."""

    async def act(case_id: int, words: str) -> str:
        await _run(request, _say, case_id, words)
        return "said"

    return await _take(request, _words("text", "要补充的话", WORDS_MAX), act)


async def take_answer(request: web.Request) -> web.Response:
    """Whether the direct answer was one."""

    def read(data: Posted) -> bool:
        fields = Fields(data)
        is_good = fields.choice("good", "答复行不行", ("yes", "no")) == "yes"
        fields.check()
        return is_good

    async def act(case_id: int, is_good: bool) -> str:
        await _run(request, steps.take_answer, case_id, good=is_good)
        return "answered" if is_good else "sent_back"

    return await _take(request, read, act)


async def withdraw(request: web.Request) -> web.Response:
    """Take one's own report back: the whole case, or, of one others stand behind, one's part."""
    actor = request[VISITOR].person()
    case_id = path_id(request.match_info["id"])
    is_gone = await request.app[HOUSE].db.run(actor, _withdraw, case_id)
    if is_gone:
        return see_other("/me/cases", done="unjoined")
    return see_other(f"/cases/{case_id}", done="withdrawn")


async def reopen(request: web.Request) -> web.Response:
    """It is not solved after all."""

    async def act(case_id: int, reason: str) -> str:
        await _run(request, steps.reopen, case_id, reason=reason)
        return "reopened"

    return await _take(request, _words("again", "哪里又不行了", REASON_MAX), act)


async def add_photo(request: web.Request) -> web.Response:
    """Add a photo; it is cleaned before it is kept."""
    house = request.app[HOUSE]
    actor = request[VISITOR].person()
    case_id = path_id(request.match_info["id"])
    await house.db.read(actor, _check_room_for_photo, case_id)
    fields = Fields(await request.post())
    try:
        stages = [stage.value for stage in Stage]
        stage = fields.choice("stage", "这张照片是什么", stages, required=False) or Stage.BEFORE
        upload = fields.upload("photo", "照片", bytes_max=PHOTO_BYTES_MAX)
        if upload is None:
            fields.wrong("photo", "请先选一张照片。")
        fields.check()
        assert upload is not None
        photo = await keep_photo(house.files, upload)
        await house.db.run(actor, _attach, case_id, photo, Stage(stage))
    except FormTrouble as trouble:
        return await _show(request, trouble)
    return see_other(f"/cases/{case_id}", done="photo")


async def undo_withdraw(request: web.Request) -> web.Response:
    """It is to be done after all."""

    async def act(case_id: int, _: None) -> str:
        await _run(request, proxy.undo_withdraw, case_id)
        return "undone"

    return await _take(request, lambda _: None, act)


async def show_latest(request: web.Request) -> web.Response:
    """The number of the latest thing that happened: the page asks for it to see whether to read
    itself again.
    """
    latest = await _read(request, _latest, path_id(request.match_info["id"]))
    return web.Response(text=str(latest), headers={"Cache-Control": "no-store"})


async def show_file(request: web.Request) -> web.StreamResponse:
    """A photo or voice note of a case, for whoever may see the case."""
    house, visitor = request.app[HOUSE], request[VISITOR]
    found = await house.db.read(
        visitor.actor,
        _file,
        path_id(request.match_info["id"]),
        path_id(request.match_info["file"]),
    )
    headers = {
        "Content-Type": found.media_type,
        "Cache-Control": "private, max-age=86400",
        "Content-Disposition": "inline",
    }
    return web.FileResponse(house.files.path(found.sha256), headers=headers)


def case_page(tx: Transaction, case_id: int) -> CasePage:
    """One matter as its party (or anyone else who may see it) sees it; else NotFound."""
    case = access_case(tx, case_id)
    mine = party_of(tx, case.id)
    agency = tx.get(Agency, case.agency_id) if case.agency_id is not None else None
    what_happened = timeline(tx, case, for_staff=False)
    files = [file for file in attachments(tx, case.id) if file.sha256]
    merged = tx.get(Case, case.merged_into) if case.merged_into is not None else None
    is_open = case.phase in OPEN
    people_count = party_count(tx, case.id)
    only_joined = mine is not None and mine.role is PartyRole.CO_REPORTER
    late_to_reopen = case.closed_at is None or tx.now > case.closed_at + REOPEN_WINDOW
    return CasePage(
        case=case,
        agency=agency.name if agency is not None else None,
        mine=mine,
        people_count=people_count,
        waiting_count=_waiting_count(tx, case),
        entries=story(what_happened, agency.name if agency is not None else None),
        question=latest_words(
            what_happened, "report_done", "answer", "ask_info_intake", "ask_info_handling"
        ),
        files={stage: [file for file in files if file.stage == stage] for stage in Stage},
        latest=latest_event(tx, case.id),
        merged_into=merged.number if merged is not None else None,
        word=_word(case, mine),
        is_open=is_open,
        is_late=is_open and case.due_at is not None and case.due_at < tx.now,
        can_undo=mine is not None and not only_joined and proxy.can_undo_withdraw(tx, case),
        can_withdraw=mine is not None and is_open and (only_joined or people_count == 1),
        only_joined=only_joined,
        can_reopen=mine is not None
        and case.phase in (Phase.CLOSED, Phase.EVALUATED)
        and not late_to_reopen,
    )


async def _show(request: web.Request, trouble: FormTrouble | None = None) -> web.Response:
    visitor = request[VISITOR]
    if not visitor.is_staff:
        visitor.person()
    page = await request.app[HOUSE].db.read(
        visitor.actor, case_page, path_id(request.match_info["id"])
    )
    return show(
        request,
        "resident/case.html",
        status=trouble.status if trouble else 200,
        errors=trouble.errors if trouble else {},
        typed=trouble.typed if trouble else {},
        page=page,
        case=page.case,
        accept=ACCEPT,
        photo_bytes_max=PHOTO_BYTES_MAX,
        info_phases=INFO_PHASES,
        stages=STAGE_WORDS,
        likely_stage=Stage.AFTER if page.case.phase in ASKING_PHASES else Stage.BEFORE,
    )


async def _take(
    request: web.Request,
    read: Callable[[Posted], Form],
    act: Callable[[int, Form], Awaitable[str]],
) -> web.Response:
    """Read the form, act on the case, go back to its page; wrong forms show the page again."""
    case_id = path_id(request.match_info["id"])
    try:
        form = read(await request.post())
    except FormTrouble as trouble:
        return await _show(request, trouble)
    return see_other(f"/cases/{case_id}", done=await act(case_id, form))


async def _read(request: web.Request, work: Callable[..., Any], case_id: int) -> Any:
    visitor = request[VISITOR]
    actor = visitor.actor if visitor.is_staff else visitor.person()
    return await request.app[HOUSE].db.read(actor, work, case_id)


async def _run(
    request: web.Request, work: Callable[..., Any], case_id: int, *args: Any, **kwargs: Any
) -> None:
    actor = request[VISITOR].person()
    await request.app[HOUSE].db.run(actor, work, case_id, *args, **kwargs)


def _words(name: str, label: str, most: int) -> Callable[[Posted], str]:
    def read(data: Posted) -> str:
        fields = Fields(data)
        words = fields.text(name, label, most=most)
        fields.check()
        return words

    return read


def _my_cases(tx: Transaction) -> MyCases:
    lines = my_cases(tx)
    asked = [line.id for line in lines if line.phase is Phase.VERIFYING]
    answered = _answered(tx, asked)
    waiting = [line for line in lines if line.phase in ASKING_PHASES and line.id not in answered]
    rest = [line for line in lines if line not in waiting]
    return MyCases(
        waiting=waiting,
        going_on=[line for line in rest if line.phase not in ENDED],
        over=[line for line in rest if line.phase in ENDED],
    )


def _answered(tx: Transaction, case_ids: Sequence[int]) -> set[int]:
    """Which of these cases the actor has already said yes or no to."""
    mine = []
    if tx.actor.identity_id is not None:
        mine.append(col(Party.identity_id) == tx.actor.identity_id)
    if tx.actor.id is not None:
        mine.append(col(Party.resident_id) == tx.actor.id)
    query = select(col(Party.case_id)).where(
        col(Party.case_id).in_(case_ids), or_(*mine), col(Party.is_solved).is_not(None)
    )
    return {row.case_id for row in tx.look(query)}


def _waiting_count(tx: Transaction, case: Case) -> int:
    query = select(func.count()).where(
        col(Party.case_id) == case.id, col(Party.is_solved).is_(None)
    )
    return int(tx.look(query).scalar_one())


def _word(case: Case, mine: Party | None) -> str:
    if case.phase is Phase.VERIFYING and (mine is None or mine.is_solved is not None):
        return "等别人确认"
    return PHASE_IN_WORDS[case.phase]


def _say(tx: Transaction, case_id: int, words: str) -> None:
    case = access_case(tx, case_id)
    if case.phase in INFO_PHASES and party_of(tx, case_id) is not None:
        steps.give_info(tx, case_id, text=words)
        return
    if case.phase not in OPEN:
        raise CaseOver(number=case.number)
    steps.say(tx, case_id, text=words)


def _withdraw(tx: Transaction, case_id: int) -> bool:
    """Withdraw the case, or leave it (then True) when one only joined it."""
    case = access_case(tx, case_id, to_change=True)
    mine = party_of(tx, case_id)
    if mine is not None and mine.role is PartyRole.CO_REPORTER:
        undo_endorsement(
            tx,
            community_id=case.community_id,
            case_id=case_id,
            identity_id=mine.identity_id,
        )
        return True
    if party_count(tx, case_id) > 1:
        raise OthersStandBehind(number=case.number)
    steps.withdraw(tx, case_id)
    return False


def _check_room_for_photo(tx: Transaction, case_id: int) -> None:
    case = access_case(tx, case_id)
    if case.phase not in OPEN:
        raise CaseOver(number=case.number)
    if len(attachments(tx, case_id)) >= PHOTOS_MAX:
        raise PhotosFull(most=PHOTOS_MAX)


def _attach(tx: Transaction, case_id: int, photo: Photo, stage: Stage) -> None:
    _check_room_for_photo(tx, case_id)
    steps.attach(
        tx,
        case_id,
        media_type=photo.media_type,
        sha256=photo.sha256,
        size=photo.size,
        stage=stage,
    )


def _confirm(
    tx: Transaction, case_id: int, *, solved: bool, reason: str, photo: Photo | None
) -> None:
    """The answer, and how it looks now, which stand or fall together."""
    if photo is not None:
        _attach(tx, case_id, photo, Stage.AFTER)
    steps.confirm(tx, case_id, solved=solved, reason=reason)


def _latest(tx: Transaction, case_id: int) -> int:
    access_case(tx, case_id)
    return latest_event(tx, case_id)


def _file(tx: Transaction, case_id: int, file_id: int) -> Attachment:
    case = access_case(tx, case_id)
    found = tx.get(Attachment, file_id)
    if found is None or found.case_id != case.id or not found.sha256:
        raise NotFound
    return found
