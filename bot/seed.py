"""Fill an empty database with the demonstration district (bot/demo.py)."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlmodel import SQLModel, col

from bot.article_exchange import take_in_all
from bot.demo import DISTRICT_PEOPLE, PLACES, PROGRESS, TALK, Person, Place
from bot.exchange import knowledge_coded
from bot.house import House
from bot.simulator import PRIVATE_PREFIX, speak
from cases.rules import Phase
from cases.steps import accept, confirm, dispatch, rate, report_done, sign
from cases.tables import Case, Duty, Party
from community.accounts import create_account
from community.article_file import read_articles
from community.passwords import NewPassword, prepare
from community.people import actor_of_resident, local_day
from community.tables import (
    Agency,
    Area,
    AreaKind,
    Building,
    DutyShift,
    Dwelling,
    Facility,
    Grid,
    Group,
    Household,
    Identity,
    Resident,
    RoleGrant,
)
from core.actor import SYSTEM, Actor
from core.transaction import Transaction
from core.vault import Vault

CHANNEL = "simulator"
PASSWORD_WORDS = 3
ARTICLES = Path(__file__).parent / "demo_articles"
_WORDS = (
    *("ling", "shan", "yun", "he", "song", "mei", "lan", "zhu", "hua", "niao"),
    *("xue", "yue", "feng", "lu", "cha", "qin", "shu", "jiang", "hai", "quan"),
)


async def seed(house: House, keep: Callable[[dict[str, str]], None]) -> bool:
    """Write the demo district; False when it is there already.

    `keep` is given {login: password} of the accounts as soon as they exist: only their hashes
    are in the database.
    """
    if await house.db.read(SYSTEM, _is_there):
        return False
    passwords = await asyncio.to_thread(_make_passwords)
    is_new = await house.db.run(SYSTEM, write_district, house.vault, passwords)
    if is_new:
        keep({login: password.words for login, password in passwords.items()})
        await _write_articles(house)
        await _talk(house)
    return is_new


def write_district(tx: Transaction, vault: Vault, passwords: Mapping[str, NewPassword]) -> bool:
    """Places and people, and accounts for who has a password ({login: password}).

    False, and nothing is written, when the demo is there.
    """
    if _is_there(tx):
        return False
    district = _add(tx, Area(kind=AreaKind.DISTRICT, name="示范区", code="QX"))
    street = _add(tx, Area(kind=AreaKind.STREET, name="幸福街道", code="XFJD", parent_id=district))
    for place in PLACES:
        _write_place(tx, vault, place, street, passwords)
    for person in DISTRICT_PEOPLE:
        _write_person(tx, vault, person, district, district, {}, {}, passwords)
    return True


def _is_there(tx: Transaction) -> bool:
    code = PLACES[0].code
    return tx.look(select(col(Area.id)).where(col(Area.code) == code)).first() is not None


def _make_passwords() -> dict[str, NewPassword]:
    """A password for everyone of the demo who signs in, made at random."""
    everyone = [*DISTRICT_PEOPLE, *(person for place in PLACES for person in place.people)]
    made = {}
    for login in [person.login for person in everyone if person.login]:
        words = "-".join(secrets.choice(_WORDS) for _ in range(PASSWORD_WORDS))
        made[login] = prepare(f"{words}-{secrets.randbelow(9000) + 1000}", login=login)
    return made


def _write_place(
    tx: Transaction, vault: Vault, place: Place, street: int, passwords: Mapping[str, NewPassword]
) -> None:
    community = _add(
        tx,
        Area(
            kind=AreaKind.COMMUNITY,
            name=place.name,
            code=place.code,
            parent_id=street,
            is_village=place.is_village,
        ),
    )
    grids = {
        code: _add(tx, Grid(community_id=community, code=code, name=name))
        for code, name in place.grids
    }
    buildings = {
        name: _add(
            tx,
            Building(
                community_id=community, grid_id=grids[grid], name=name, nicknames=list(nicknames)
            ),
        )
        for grid, name, nicknames in place.buildings
    }
    for name, nicknames in place.facilities:
        _add(tx, Facility(community_id=community, name=name, nicknames=list(nicknames)))
    households = {}
    for number, address, area in place.dwellings:
        building = next((b for name, b in buildings.items() if address.startswith(name)), None)
        dwelling = _add(
            tx,
            Dwelling(
                community_id=community, building_id=building, address=address, floor_area=area
            ),
        )
        households[number] = _add(
            tx, Household(community_id=community, dwelling_id=dwelling, number=number)
        )
    for chat, name, building_name in place.groups:
        _add(
            tx,
            Group(
                community_id=community,
                grid_id=next(iter(grids.values())),
                building_id=buildings.get(building_name),
                channel=CHANNEL,
                chat=chat,
                name=name,
            ),
        )
    agencies = {
        name: _add(tx, Agency(community_id=community, kind=kind, name=name))
        for name, kind in place.agencies
    }
    for category, agency in place.duties:
        _add(tx, Duty(community_id=community, category=category, agency_id=agencies[agency]))
    for person in place.people:
        _write_person(tx, vault, person, community, community, households, agencies, passwords)


def _write_person(
    tx: Transaction,
    vault: Vault,
    person: Person,
    community: int,
    area: int,
    households: dict[str, int],
    agencies: dict[str, int],
    passwords: Mapping[str, NewPassword],
) -> None:
    resident = _add(
        tx,
        Resident(
            community_id=community,
            household_id=households.get(person.household),
            number=person.number,
            name=person.name,
            residency=person.residency,
            city=person.city,
            time_zone=person.time_zone,
            birth_date=date.fromisoformat(person.born) if person.born else None,
            phone_sealed=vault.seal(person.phone) if person.phone else None,
            phone_hash=vault.index(person.phone) if person.phone else None,
        ),
    )
    if person.sender:
        _add(
            tx,
            Identity(
                channel=CHANNEL,
                sender=person.sender,
                community_id=community,
                resident_id=resident,
                bound_at=tx.now,
                first_at=tx.now,
            ),
        )
    if person.role:
        _add(
            tx,
            RoleGrant(
                community_id=community,
                resident_id=resident,
                role=person.role,
                area_id=area,
                agency_id=agencies.get(person.agency),
                from_date=local_day(tx.now),
            ),
        )
    if person.role in ("secretary", "grid_worker"):
        for weekday in range(7):
            _add(tx, DutyShift(community_id=community, resident_id=resident, weekday=weekday))
    password = passwords.get(person.login)
    if password is not None:
        create_account(tx, login=person.login, password=password, resident_id=resident)


async def _write_articles(house: House) -> None:
    """The invented articles of the district and of each place, from files named by their codes."""
    for path in sorted(ARTICLES.glob("*.md")):
        community_id, _ = await house.db.read(SYSTEM, knowledge_coded, path.stem)
        content = await asyncio.to_thread(path.read_bytes)
        found = read_articles(content, path.name, today=local_day(house.db.clock()))
        assert not found.problems, found.problems
        await take_in_all(house, SYSTEM, community_id, found.entries)


async def _talk(house: House) -> None:
    """Let the cast say what they say, then take each case as far as the demo shows it."""
    for number, (sender, chat, text) in enumerate(TALK):
        room = chat or PRIVATE_PREFIX + sender
        await speak(house, sender=sender, room=room, text=text, message_id=f"seed-{number}")
    for words, steps in PROGRESS:
        for step in steps:
            await house.db.run(SYSTEM, _take, words, step)


def _take(tx: Transaction, words: str, step: str) -> None:
    """One step of one case, by the person it belongs to."""
    case = tx.execute(select(Case).where(col(Case.text).contains(words))).scalars().first()
    if case is None:
        return
    name, _, detail = step.partition(":")
    if case.phase is Phase.TRIAGE:  # what the bot was not sure of, the demo's desk is
        accept(tx, case.id)
        dispatch(tx, case.id)
    if name in ("sign", "done"):
        tx.actor = _clerk_of(tx, case)
        if name == "sign":
            sign(tx, case.id)
        else:
            report_done(tx, case.id, text=detail)
        return
    query = (
        select(col(Identity.sender))
        .join(Party, col(Party.identity_id) == col(Identity.id))
        .where(col(Party.case_id) == case.id)
    )
    for row in tx.look(query).all():
        tx.actor = _actor(tx, row.sender)
        if name == "yes":
            confirm(tx, case.id, solved=True)
        else:
            rate(tx, case.id, stars=int(detail))


def _clerk_of(tx: Transaction, case: Case) -> Actor:
    """Someone of the agency that has the case."""
    query = select(col(RoleGrant.resident_id)).where(col(RoleGrant.agency_id) == case.agency_id)
    return actor_of_resident(tx, tx.look(query.limit(1)).scalar_one())


def _actor(tx: Transaction, sender: str) -> Actor:
    identity = tx.look(
        select(col(Identity.id), col(Identity.resident_id)).where(
            col(Identity.channel) == CHANNEL, col(Identity.sender) == sender
        )
    ).one()
    assert identity.resident_id is not None
    return actor_of_resident(tx, identity.resident_id, identity_id=identity.id)


def _add(tx: Transaction, row: SQLModel) -> int:
    tx.add(row)
    tx.flush()
    row_id: int = row.id  # type: ignore[attr-defined]  # every table here has an id
    return row_id
