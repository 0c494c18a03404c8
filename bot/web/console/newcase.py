"""Cases that staff open for others: at the desk, on the telephone, on somebody's behalf."""

import asyncio
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.channels.desk import CHANNEL
from bot.paging import page_duty
from bot.web.answers import see_other
from bot.web.console.case import SOURCE_WORDS, URGENCIES
from bot.web.console.pick import WHO_MAX, Match, matches
from bot.web.console.shell import (
    chosen_community,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields, Posted, path_id
from bot.web.keys import HOUSE
from cases.desk import TEXT_MAX, Report, open_case
from cases.merging import Likely, endorse, likely_duplicate
from cases.steps import say
from cases.tables import Source, Urgency
from community.people import meet
from community.tables import Area, Facility, Identity, Resident
from core.columns import new_id
from core.errors import NotFound, Refusal
from core.transaction import Transaction
from core.vault import Vault
from nlp.categories import CATEGORIES
from nlp.reading import Context, Reading, read

PLACE_MAX = 60
SURE_MIN = 0.6
ANEW = "new"
DOORS = (Source.PHONE, Source.DESK, Source.PROXY)


@dataclass(frozen=True, slots=True)
class Filled:
    """What the clerk wrote down."""

    source: Source
    community_id: int | None
    resident_id: int | None
    who: str
    text: str
    category: str
    place: str
    urgency: Urgency
    same_as: str


class LikelySame(Refusal):
    """An open case seems to be the same thing: the clerk says whether it is."""

    code = "case_likely_same"
    text = "可能和 {number} 是同一件事。"
    status = 409


async def show_form(request: web.Request) -> web.Response:
    """The empty form; `?who=` looks somebody up in the register."""
    return await _page(request, {})


async def open_for_others(request: web.Request) -> web.Response:
    """Open the case, or ask first whether it is the one that is already open."""
    actor = staff(request, "case.desk")
    house = request.app[HOUSE]
    data = await request.post()
    if "find" in data:
        return await _page(request, typed_in(data))
    try:
        filled = _read_form(data)
        reading = await asyncio.to_thread(read, filled.text, Context())
        case_id = await house.db.run(
            actor, _open, filled, reading, hook=bool(house.settings.duty_hook_url)
        )
    except Refusal as refusal:
        return await _page(request, typed_in(data), refusal=refusal)
    return see_other(f"/console/cases/{case_id}", done="stepped")


def _read_form(data: Posted) -> Filled:
    fields = Fields(data)
    source = fields.choice("source", "来的方式", [door.value for door in DOORS])
    filled = Filled(
        source=Source(source) if source in DOORS else Source.PHONE,
        community_id=fields.row_id("community", "社区", required=False),
        resident_id=fields.row_id("resident", "居民", required=False),
        who=fields.text("who", "谁反映的", most=WHO_MAX, required=False),
        text=fields.text("text", "什么事", most=TEXT_MAX),
        category=fields.choice("category", "类别", CATEGORIES, required=False),
        place=fields.text("place", "地点", most=PLACE_MAX, required=False),
        urgency=fields.one_of("urgency", "缓急", Urgency),
        same_as=fields.typed.get("same_as", ""),
    )
    fields.check()
    return filled


def _open(tx: Transaction, filled: Filled, reading: Reading, *, hook: bool) -> int:
    """Open or join; returns the id of the case. LikelySame asks first."""
    area, _ = chosen_community(tx, filled.community_id, "case.desk")
    category = filled.category or reading.category or "其他"
    place = filled.place or reading.place
    likely = likely_duplicate(
        tx,
        community_id=area.id,
        category=category,
        category2=None,
        place=place,
        text=filled.text,
    )
    if likely is not None and filled.same_as not in (likely.number, ANEW):
        raise LikelySame(number=likely.number)
    identity_id, resident_id = _identity(tx, area.id, filled.resident_id)
    if likely is not None and filled.same_as == likely.number:
        return _join(tx, area.id, likely, identity_id, resident_id, filled.text)
    report = Report(
        community_id=area.id,
        identity_id=identity_id,
        resident_id=resident_id,
        text=filled.text if resident_id is not None else _with_name(filled),
        category=category,
        place=place,
        urgency=filled.urgency,
        source=filled.source,
        taken_by=tx.actor.id,
        model="" if filled.category else reading.model,
        is_sure=bool(filled.category) or reading.category_confidence >= SURE_MIN,
    )
    opened = open_case(tx, report)
    if filled.urgency is Urgency.EMERGENCY:
        page_duty(
            tx,
            community_id=area.id,
            case_id=opened.case_id,
            number=opened.number,
            place=place or "",
            text=filled.text,
            hook=hook,
        )
    return opened.case_id


def _join(
    tx: Transaction,
    community_id: int,
    likely: Likely,
    identity_id: int,
    resident_id: int | None,
    text: str,
) -> int:
    endorse(
        tx,
        community_id=community_id,
        case_id=likely.case_id,
        number=likely.number,
        identity_id=identity_id,
        resident_id=resident_id,
    )
    say(tx, likely.case_id, text=text)
    return likely.case_id


def _identity(
    tx: Transaction, community_id: int, resident_id: int | None
) -> tuple[int, int | None]:
    """The chat identity words will reach this person by, else one that only the desk reaches."""
    if resident_id is None:
        stranger = meet(tx, channel=CHANNEL, sender=f"visit-{new_id()}", community_id=community_id)
        return stranger.identity_id, None
    person = tx.get(Resident, resident_id)
    if person is None or person.left_at is not None or person.community_id != community_id:
        raise NotFound
    query = select(col(Identity.id)).where(col(Identity.resident_id) == resident_id)
    bound = tx.look(query.order_by(col(Identity.id))).first()
    if bound is not None:
        return bound.id, resident_id
    known = meet(tx, channel=CHANNEL, sender=f"resident-{resident_id}", community_id=community_id)
    identity = tx.get_one(Identity, known.identity_id)
    identity.resident_id, identity.bound_at = resident_id, tx.now
    tx.add(identity)
    tx.flush()
    return identity.id, resident_id


def _with_name(filled: Filled) -> str:
    """The words with whoever is named only in them, for people who are on no register."""
    return f"{filled.text}\n（{filled.who}）" if filled.who else filled.text


async def _page(
    request: web.Request, typed: dict[str, str], *, refusal: Refusal | None = None
) -> web.Response:
    actor = staff(request, "case.desk")
    same = refusal if isinstance(refusal, LikelySame) else None
    trouble = trouble_of(refusal) if refusal is not None and same is None else {}
    house = request.app[HOUSE]
    wanted = path_id(typed.get("community", "")) or wanted_community(request)
    who = typed.get("who", request.query.get("who", "")).strip()[:WHO_MAX]
    area, among, matches, places = await house.db.read(
        actor, _around, wanted, who, path_id(typed.get("resident", "")), house.vault
    )
    return show_console(
        request,
        "new_case.html",
        here="cases",
        **{
            "area": area,
            "among": among,
            "matches": matches,
            "who": who,
            "places": places,
            "doors": [(door.value, SOURCE_WORDS[door]) for door in DOORS],
            "urgencies": URGENCIES,
            "category_choices": [("", "由机器人判断"), *((name, name) for name in CATEGORIES)],
            "among_choices": [(one.id, one.name) for one in among],
            "same_as": str(same.facts["number"]) if same is not None else "",
            "anew": ANEW,
            "typed": typed,
            "status": 409 if same is not None else 200,
            **trouble,
        },
    )


def _around(
    tx: Transaction, wanted: int | None, who: str, chosen: int, vault: Vault
) -> tuple[Area, list[Area], list[Match], list[str]]:
    area, among = chosen_community(tx, wanted, "case.desk")
    query = select(col(Facility.name)).where(col(Facility.community_id) == area.id)
    places = [row.name for row in tx.look(query.order_by(col(Facility.name)).limit(60))]
    return area, among, matches(tx, vault, area.id, who, chosen=chosen), places
