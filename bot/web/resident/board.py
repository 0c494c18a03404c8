"""The public board of a community: what goes on, without names or anybody's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import func, or_, select
from sqlmodel import col

from bot.web.answers import see_other, show
from bot.web.forms import path_id
from bot.web.keys import HOUSE, VISITOR
from bot.web.resident.story import PHASE_IN_PUBLIC
from cases.merging import endorse
from cases.queries import CaseLine, public_board
from cases.rules import ENDED, OPEN, Phase
from cases.tables import Case, Party
from community.people import community_named
from community.tables import Area, AreaKind
from core.errors import NotFound, Refusal
from core.transaction import Transaction

SOLVED = (Phase.CLOSED, Phase.EVALUATED)


class NotHere(Refusal):
    code = "not_your_community"
    text = "这件事在别的社区，只有那里的居民能附议。"
    status = 403


@dataclass(frozen=True, slots=True)
class Board:
    """What goes on in a community; `mine` holds the cases I am already part of."""

    code: str
    name: str
    going_on: Sequence[CaseLine]
    over: Sequence[CaseLine]
    open_count: int
    solved_count: int
    mine: frozenset[int]
    can_join: bool


async def find_board(request: web.Request) -> web.Response:
    """Lead to the board of one's own community, or to the list of all."""
    code = await request.app[HOUSE].db.read(request[VISITOR].actor, _own_code)
    return see_other(f"/board/{code}" if code else "/#boards")


async def show_board(request: web.Request) -> web.Response:
    """The board, for anyone."""
    board = await request.app[HOUSE].db.read(
        request[VISITOR].actor, _board, request.match_info["code"].upper()
    )
    return show(request, "resident/board.html", board=board, words=PHASE_IN_PUBLIC)


async def join(request: web.Request) -> web.Response:
    """Me too."""
    actor = request[VISITOR].person()
    code = request.match_info["code"].upper()
    case_id = path_id(request.match_info["id"])
    is_new = await request.app[HOUSE].db.run(actor, _join, code, case_id)
    return see_other(f"/cases/{case_id}", done="joined" if is_new else "already")


def _own_code(tx: Transaction) -> str | None:
    home = tx.actor.home
    if home is None:
        return None
    row = tx.look(
        select(col(Area.code)).where(col(Area.id) == home, col(Area.kind) == AreaKind.COMMUNITY)
    ).first()
    return str(row.code) if row else None


def _board(tx: Transaction, code: str) -> Board:
    area = community_named(tx, code)
    lines = public_board(tx, area.id)
    counted = (
        col(Case.community_id) == area.id,
        col(Case.is_public).is_(True),
        col(Case.registered_at).is_not(None),
    )
    counts = tx.look(
        select(
            func.count().filter(col(Case.phase).in_(OPEN)).label("open"),
            func.count().filter(col(Case.phase).in_(SOLVED)).label("solved"),
        )
        .select_from(Case)
        .where(*counted)
    ).one()
    return Board(
        code=area.code,
        name=area.name,
        going_on=[line for line in lines if line.phase not in ENDED],
        over=[line for line in lines if line.phase in ENDED],
        open_count=counts.open,
        solved_count=counts.solved,
        mine=_mine(tx, [line.id for line in lines]),
        can_join=tx.actor.identity_id is not None and tx.actor.can("case.report", area.id),
    )


def _mine(tx: Transaction, case_ids: Sequence[int]) -> frozenset[int]:
    if tx.actor.identity_id is None:
        return frozenset()
    query = select(col(Party.case_id)).where(
        col(Party.case_id).in_(case_ids),
        or_(
            col(Party.identity_id) == tx.actor.identity_id,
            col(Party.resident_id) == tx.actor.id,
        ),
    )
    return frozenset(row.case_id for row in tx.look(query))


def _join(tx: Transaction, code: str, case_id: int) -> bool:
    area = community_named(tx, code)
    case = tx.get(Case, case_id)
    is_shown = (
        case is not None
        and case.community_id == area.id
        and case.is_public
        and case.registered_at is not None
        and case.phase in OPEN
    )
    if case is None or not is_shown:
        raise NotFound
    if not tx.actor.can("case.report", area.id):
        raise NotHere
    assert tx.actor.identity_id is not None
    return endorse(
        tx,
        community_id=area.id,
        case_id=case.id,
        number=case.number,
        identity_id=tx.actor.identity_id,
        resident_id=tx.actor.id,
    )
