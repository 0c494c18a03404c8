"""The report form: what, where, a photo; and what becomes of it."""

import hashlib
import json
from dataclasses import dataclass, replace

from aiohttp import web

from bot.hearing import Neighbourhood, neighbourhood
from bot.paging import page_duty
from bot.web.answers import see_other, show
from bot.web.forms import Fields, FormTrouble, Posted
from bot.web.keys import HOUSE, VISITOR
from bot.web.pictures import ACCEPT, PHOTO_BYTES_MAX, NotAPhoto, Photo, PhotoTooLarge, keep_photo
from bot.web.resident.places import likely_places
from cases.desk import Report, open_case
from cases.merging import endorse, likely_duplicate
from cases.steps import attach, say
from cases.tables import Disposition, Request, Source, Urgency
from core.columns import new_id
from core.once import once
from core.signing import new_token
from core.transaction import Transaction
from nlp.reading import Context, Intent, Reading, read

WHAT_MAX = 2_000
PLACE_MAX = 60
KEY_MAX = 64
OTHER = "其他"
ELSEWHERE = "elsewhere"
# Below this a clerk looks at the category before anybody is sent.
CATEGORY_SURE_MIN = 0.45
# What is asked or suggested is answered by a person, not handled.
FOR_A_PERSON = frozenset({Intent.QUESTION, Intent.SUGGESTION, Intent.HELP})
# Matters that somebody has to go to.
PLACE_BOUND = frozenset({"住房与物业", "城乡建设", "环境保护", "治安安全", "农村农业"})


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What was typed; `key` recognises the same form sent twice."""

    what: str
    place: str
    key: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of a reporter's surroundings before they say anything."""

    community_id: int
    places: tuple[str, ...]
    around: Neighbourhood


async def show_form(request: web.Request) -> web.Response:
    """The empty form, with likely places to choose from."""
    return await _form_page(request)


async def guess(request: web.Request) -> web.Response:
    """The field for the place, with what the words so far say about it."""
    house, visitor = request.app[HOUSE], request[VISITOR]
    actor = visitor.person()
    fields = Fields(await request.post())
    what = fields.text("what", "什么事", most=WHAT_MAX, required=False)
    ground = await house.db.read(actor, _ground)
    reading = _reading(what, ground)
    return show(
        request,
        "resident/report_place.html",
        places=_offered(ground, reading.place),
        guessed=reading.place or "",
        is_danger=reading.urgency == "emergency",
        typed=fields.typed,
    )


async def send(request: web.Request) -> web.Response:
    """Open a case for it, or join the open one it repeats; the same form twice is one report."""
    house, visitor = request.app[HOUSE], request[VISITOR]
    actor = visitor.person()
    ground = await house.db.read(actor, _ground)
    data = await request.post()
    try:
        form, reading = _read(data, ground)
        photo = await _photo(request, data)
    except FormTrouble as trouble:
        return await _form_page(request, trouble)
    stored = await house.db.run(
        actor, _file_once, ground, form, reading, photo, hook=bool(house.settings.duty_hook_url)
    )
    case_id, done = json.loads(stored)
    return see_other(f"/cases/{case_id}", done=done)


async def _form_page(request: web.Request, trouble: FormTrouble | None = None) -> web.Response:
    house, visitor = request.app[HOUSE], request[VISITOR]
    ground = await house.db.read(visitor.person(), _ground)
    typed = trouble.typed if trouble else {}
    reading = _reading(typed.get("what", ""), ground)
    return show(
        request,
        "resident/report.html",
        status=trouble.status if trouble else 200,
        errors=trouble.errors if trouble else {},
        typed=typed,
        places=_offered(ground, reading.place),
        guessed=reading.place or "",
        is_danger=reading.urgency == "emergency",
        key=typed.get("key") or new_token(),
        accept=ACCEPT,
        photo_bytes_max=PHOTO_BYTES_MAX,
        elsewhere=ELSEWHERE,
    )


def _read(data: Posted, ground: Ground) -> tuple[ReportForm, Reading]:
    """The form and what its words say; FormTrouble when something must be put right."""
    fields = Fields(data)
    what = fields.text("what", "什么事", most=WHAT_MAX)
    chosen = fields.text("place", "在哪里", most=PLACE_MAX, required=False)
    written = fields.text("place_other", "在哪里", most=PLACE_MAX, required=False)
    key = fields.text("key", "表单", most=KEY_MAX, required=False)
    reading = _reading(what, ground)
    place = written if chosen in ("", ELSEWHERE) else chosen
    place = place or reading.place or ""
    if what and not place and _needs_place(reading):
        fields.wrong("place", "请选一下在哪里，或者写一写，办的人才找得到。")
    fields.check()
    return ReportForm(what, place, key), reading


def _reading(what: str, ground: Ground) -> Reading:
    """What the words say. Who fills in this form asks for something, however it sounds."""
    words, around = what[:WHAT_MAX], ground.around
    reading = read(words, Context(gazetteer=around.gazetteer))
    if not reading.concerns_us:
        reading = read(words, Context(gazetteer=around.gazetteer, addressed=True))
    meant = around.nicknames.get(reading.place or "")
    return replace(reading, place=meant) if meant else reading


def _needs_place(reading: Reading) -> bool:
    return reading.urgency != "emergency" and reading.category in PLACE_BOUND


async def _photo(request: web.Request, data: Posted) -> Photo | None:
    fields = Fields(data)
    upload = fields.upload("photo", "照片", bytes_max=PHOTO_BYTES_MAX)
    photo = None
    if upload is not None:
        try:
            photo = await keep_photo(request.app[HOUSE].files, upload)
        except (NotAPhoto, PhotoTooLarge) as refusal:
            fields.wrong("photo", str(refusal))
    fields.check()
    return photo


def _offered(ground: Ground, guessed: str | None) -> list[str]:
    return list(dict.fromkeys([guessed, *ground.places] if guessed else ground.places))


def _ground(tx: Transaction) -> Ground:
    actor = tx.actor
    community_id = actor.home or 0
    return Ground(
        community_id,
        tuple(likely_places(tx, community_id, actor.id)),
        neighbourhood(tx, community_id),
    )


def _file_once(
    tx: Transaction,
    ground: Ground,
    form: ReportForm,
    reading: Reading,
    photo: Photo | None,
    *,
    hook: bool,
) -> str:
    """JSON of [case id, what to say]; sent again, the first answer and nothing done twice."""
    identity_id = tx.actor.identity_id
    content = "\0".join((form.what, form.place, photo.sha256 if photo else ""))
    mark = hashlib.sha256(content.encode()).hexdigest()
    key = f"report:{identity_id}:{form.key}"
    return once(tx, key, mark, lambda: json.dumps(_file(tx, ground, form, reading, photo, hook)))


def _file(
    tx: Transaction,
    ground: Ground,
    form: ReportForm,
    reading: Reading,
    photo: Photo | None,
    hook: bool,
) -> tuple[str, str]:
    case_id = _join(tx, ground, form, reading)
    done = "joined_report" if case_id is not None else "reported"
    if case_id is None:
        case_id = _open(tx, ground, form, reading, hook)
    if reading.urgency == "emergency":
        done = "danger"
    _note(tx, ground, form, reading, case_id, is_joined=done == "joined_report")
    if photo is not None:
        attach(tx, case_id, media_type=photo.media_type, sha256=photo.sha256, size=photo.size)
    return str(case_id), done


def _join(tx: Transaction, ground: Ground, form: ReportForm, reading: Reading) -> int | None:
    likely = likely_duplicate(
        tx,
        community_id=ground.community_id,
        category=reading.category or OTHER,
        category2=reading.category2,
        place=form.place or None,
        text=form.what,
    )
    if likely is None:
        return None
    assert tx.actor.identity_id is not None
    tx.require("case.report", ground.community_id)
    endorse(
        tx,
        community_id=ground.community_id,
        case_id=likely.case_id,
        number=likely.number,
        identity_id=tx.actor.identity_id,
        resident_id=tx.actor.id,
    )
    say(tx, likely.case_id, text=form.what)
    return likely.case_id


def _open(tx: Transaction, ground: Ground, form: ReportForm, reading: Reading, hook: bool) -> int:
    assert tx.actor.identity_id is not None
    is_sure = (
        reading.intent not in FOR_A_PERSON and reading.category_confidence >= CATEGORY_SURE_MIN
    )
    opened = open_case(
        tx,
        Report(
            community_id=ground.community_id,
            identity_id=tx.actor.identity_id,
            resident_id=tx.actor.id,
            text=form.what,
            category=reading.category or OTHER,
            category2=reading.category2,
            place=form.place or None,
            urgency=Urgency(reading.urgency),
            source=Source.WEB,
            model=reading.model,
            is_sure=is_sure,
        ),
    )
    if reading.urgency == "emergency":
        page_duty(
            tx,
            community_id=ground.community_id,
            case_id=opened.case_id,
            number=opened.number,
            place=form.place,
            text=form.what,
            hook=hook,
        )
    return opened.case_id


def _note(
    tx: Transaction,
    ground: Ground,
    form: ReportForm,
    reading: Reading,
    case_id: int,
    *,
    is_joined: bool,
) -> None:
    """Keep what was understood, so that a clerk can put it right as with words from chat."""
    request_id = new_id()
    tx.write(
        Request,
        {
            "id": request_id,
            "community_id": ground.community_id,
            "group_id": None,
            "identity_id": tx.actor.identity_id,
            "message_id": f"web:{request_id}",
            "text": form.what,
            "at": tx.now,
            "intent": reading.intent.value,
            "category": reading.category,
            "place": form.place or None,
            "urgency": reading.urgency,
            "confidence": reading.confidence,
            "reasons": list(reading.reasons),
            "model": reading.model,
            "disposition": Disposition.JOINED if is_joined else Disposition.OPENED,
            "case_id": case_id,
        },
    )
