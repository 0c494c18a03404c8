"""案件: the list with its saved filters, and the search box of the whole console."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlmodel import col, select

from bot.web.answers import see_other
from bot.web.console.home import Next, next_step
from bot.web.console.shell import before_of, show_console, staff
from bot.web.forms import path_id
from bot.web.keys import HOUSE
from cases.access import access_case_numbered
from cases.queries import GROUP_WORDS, CaseFilter, CaseLine, case_counts, visible_cases
from cases.rules import ENDED
from community.tables import Agency
from core.actor import EVERYWHERE
from core.errors import NotFound
from core.transaction import Transaction
from nlp.categories import CATEGORIES

PAGE = 50
TEXT_MAX = 60
AGENCIES_MAX = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of the list: its lines with their next steps, the counts, and where it goes on."""

    lines: list[tuple[CaseLine, Next]]
    counts: dict[str, int]
    more: int | None
    agencies: list[tuple[int, str]]


async def show_cases(request: web.Request) -> web.Response:
    """The list; a whole case number leads straight to its case."""
    actor = staff(request, "case.see", "case.handle")
    wanted = filter_of(request)
    house = request.app[HOUSE]
    if wanted.text:
        number = await house.db.read(actor, _numbered, wanted.text)
        if number is not None:
            return see_other(f"/console/cases/{number}")
    shelf = await house.db.read(actor, shelf_of, wanted, before=before_of(request))
    return show_console(
        request,
        "cases.html",
        here="cases",
        wanted=wanted,
        shelf=shelf,
        groups=GROUP_WORDS,
        categories=CATEGORIES,
        same=same_list(request),
        address=address_of(request),
        now=house.db.clock(),
        ended=ENDED,
        may_open=actor.can("case.desk"),
    )


def filter_of(request: web.Request) -> CaseFilter:
    """The filter in the address; what does not make sense there narrows nothing."""
    query = request.query
    group, category = query.get("group", ""), query.get("category", "")
    words = query.get("q", "").strip()[:TEXT_MAX]
    # Whoever looks for words looks everywhere unless told otherwise.
    default = "" if words else "open"
    return CaseFilter(
        group=group if group in GROUP_WORDS or group == "all" else default,
        category=category if category in CATEGORIES else "",
        agency_id=path_id(query.get("agency", "")) or None,
        text=words,
    )


def same_list(request: web.Request) -> str:
    """The filter as a query ("?group=…" or empty), kept while one goes from case to case."""
    kept = {
        k: v
        for k, v in request.query.items()
        if k in ("group", "category", "agency", "q", "before") and v
    }
    return f"?{urlencode(kept)}" if kept else ""


def address_of(request: web.Request) -> Callable[..., str]:
    """A function for templates: the list's address with some of its values changed."""

    def address(**values: object) -> str:
        kept = {k: v for k, v in request.query.items() if k in ("group", "category", "agency", "q")}
        kept.update({k: str(v) for k, v in values.items()})
        kept = {k: v for k, v in kept.items() if v}
        return f"/console/cases?{urlencode(kept)}" if kept else "/console/cases"

    return address


def shelf_of(tx: Transaction, wanted: CaseFilter, *, before: int | None) -> Shelf:
    """One page of the list, newest first."""
    found = visible_cases(tx, wanted, before=before, limit=PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return Shelf(
        lines=[(line, next_step(tx.actor, line)) for line in found[:PAGE]],
        counts=case_counts(tx, wanted),
        more=more,
        agencies=_agencies(tx),
    )


def _agencies(tx: Transaction) -> list[tuple[int, str]]:
    places = tx.actor.places("case.see")
    query = select(Agency.id, Agency.name).order_by(col(Agency.name)).limit(AGENCIES_MAX)
    if not places >= EVERYWHERE:
        query = query.where(col(Agency.community_id).in_({0, *places}))
    return [(row[0], row[1]) for row in tx.exec(query)] if places else []


def _numbered(tx: Transaction, words: str) -> int | None:
    try:
        return access_case_numbered(tx, words).id
    except NotFound:
        return None
