"""The only way to a case from outside the package: load it and check who asks."""

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy import select as core_select
from sqlmodel import col, select

from cases.rules import BY_NAME, MOVES, Move, Phase, Who
from cases.tables import Case, Confirmation, Party
from core.actor import EVERYWHERE, Actor
from core.errors import NotAllowed, NotFound
from core.transaction import Transaction


def access_case(tx: Transaction, case_id: int, *, to_change: bool = False) -> Case:
    """The case, if it exists and the actor may see it; otherwise NotFound.

    With `to_change` the row stays locked until the transaction ends.
    """
    query = select(Case).where(col(Case.id) == case_id, visible(tx.actor))
    case = tx.exec(query.with_for_update() if to_change else query).first()
    if case is None:
        raise NotFound
    return case


def access_case_numbered(tx: Transaction, number: str) -> Case:
    """The case with this number (in any letter case), by the same rule."""
    query = select(Case).where(col(Case.number) == number.strip().upper(), visible(tx.actor))
    case = tx.exec(query).first()
    if case is None:
        raise NotFound
    return case


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition on Case that holds for what the actor may see.

    A party sees its own cases, an agency's people the cases given to the agency, staff those of
    the communities where they hold `case.see`.
    """
    if actor.places("case.see") >= EVERYWHERE:
        return true()
    return or_(its_own(actor), in_charge(actor))


def in_charge(actor: Actor) -> ColumnElement[bool]:
    """The condition on Case for the lists people work by: `visible` without their own matters.

    Those stand in my_cases; a list over one index answers as fast with a hundred times the cases.
    """
    places, agencies = actor.places("case.see"), actor.member_of("agency")
    if places >= EVERYWHERE:
        return true()
    where: list[ColumnElement[bool]] = []
    if agencies and actor.can("case.handle"):
        where.append(col(Case.agency_id).in_(agencies))
    if places:
        where.append(col(Case.community_id).in_(places))
    return or_(*where) if where else false()


def its_own(actor: Actor) -> ColumnElement[bool]:
    """The condition on Case that holds for cases the actor is a party of."""
    mine: list[ColumnElement[bool]] = []
    if actor.identity_id is not None:
        mine.append(col(Party.identity_id) == actor.identity_id)
    if actor.id is not None:
        mine.append(col(Party.resident_id) == actor.id)
    if not mine:
        return false()
    return col(Case.id).in_(core_select(col(Party.case_id)).where(or_(*mine)))


def party_of(tx: Transaction, case_id: int) -> Party | None:
    """The actor's own part in the case, or None."""
    mine: list[ColumnElement[bool]] = []
    if tx.actor.identity_id is not None:
        mine.append(col(Party.identity_id) == tx.actor.identity_id)
    if tx.actor.id is not None:
        mine.append(col(Party.resident_id) == tx.actor.id)
    if not mine:
        return None
    query = select(Party).where(col(Party.case_id) == case_id, or_(*mine))
    return tx.exec(query.order_by(col(Party.id))).first()


def hats(tx: Transaction, case: Case) -> frozenset[Who]:
    """In which parts the actor may act on this case."""
    actor, place = tx.actor, case.community_id
    if actor.kind == "system":
        return frozenset({Who.TIMER, Who.BOT})
    found = set()
    if party_of(tx, case.id) is not None:
        found.add(Who.RESIDENT)
    handles = case.agency_id in actor.member_of("agency")
    if handles and actor.can("case.handle"):
        found.add(Who.AGENCY)
    # Who handles a case never verifies it.
    if actor.can("case.verify", place) and not handles:
        found.add(Who.VERIFIER)
    # Who speaks for a resident never handles the case either.
    if actor.can("case.desk", place) and not handles:
        found.add(Who.PROXY)
    for capability, hat in (
        ("case.desk", Who.DESK),
        ("case.dispatch", Who.DISPATCHER),
        ("case.supervise", Who.SUPERVISOR),
    ):
        if actor.can(capability, place):
            found.add(hat)
    return frozenset(found)


def check_hat(tx: Transaction, case: Case, move: str) -> Who:
    """The part in which the actor causes this move; NotAllowed when in none."""
    allowed = hats(tx, case) & BY_NAME[move].who
    if not allowed:
        raise NotAllowed(capability=move)
    return min(allowed)


def moves_open(tx: Transaction, case: Case) -> tuple[Move, ...]:
    """The steps this actor may take on this case now; what may not be done is not listed."""
    mine = hats(tx, case)
    return tuple(
        move
        for move in MOVES
        if move.built
        and not move.both
        and mine & move.who
        and any(origin is case.phase for origin, _ in move.edges)
        and _fits(case, move)
    )


def _fits(case: Case, move: Move) -> bool:
    if move.name == "resident_close":
        return case.confirmation is Confirmation.RESIDENT
    return move.name != "ack_answer" or case.phase is Phase.ANSWERED
