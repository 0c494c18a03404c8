"""The tree of areas: district, street or township, community or village."""

import re
from collections.abc import Sequence
from zoneinfo import available_timezones

from sqlmodel import col, select

from community.events import PlaceChanged
from community.tables import Area, AreaKind
from core.actor import EVERYWHERE, Actor
from core.errors import NotAllowed, NotFound, Refusal
from core.transaction import Transaction

LIST_MAX = 2_000
NAME_MAX = 60
_CODE = re.compile(r"[A-Z]{2,8}")
# Who works in a place knows its grids, buildings and groups.
STAFF_CAPABILITIES = ("places.edit", "people.see", "case.see", "case.desk", "operate")

_INSIDE = {AreaKind.STREET: AreaKind.DISTRICT, AreaKind.COMMUNITY: AreaKind.STREET}


class WrongName(Refusal):
    code = "place_wrong_name"
    text = "名称不能空，最多 {most} 个字。"


class NameTaken(Refusal):
    code = "place_name_taken"
    text = "“{name}”已经有了，请换一个，或者改原来那一条。"
    status = 409


class WrongCode(Refusal):
    code = "area_wrong_code"
    text = "代码用 2 到 8 个大写字母，例如 XFL；案件编号用它开头，定了就不能改。"


class WrongParent(Refusal):
    code = "area_wrong_parent"
    text = "社区和村在街道或镇下面，街道和镇在区下面，区最上面只有一个。"


class WrongTimeZone(Refusal):
    code = "wrong_time_zone"
    text = "不认识时区“{time_zone}”，请写成 Asia/Shanghai 这样。"


def access_area(tx: Transaction, area_id: int) -> Area:
    """The area, if the actor lives or works there; otherwise NotFound."""
    area = tx.get(Area, area_id)
    if area is None or not sees_place(tx.actor, area_id):
        raise NotFound
    return area


def visible_areas(tx: Transaction, *, kind: AreaKind | None = None) -> Sequence[Area]:
    """The areas where the actor lives or works, by name."""
    query = select(Area)
    places = frozenset().union(*(tx.actor.places(name) for name in STAFF_CAPABILITIES))
    if not places >= EVERYWHERE:
        mine = {tx.actor.home} if tx.actor.home is not None else set()
        query = query.where(col(Area.id).in_(places | mine))
    if kind is not None:
        query = query.where(col(Area.kind) == kind)
    return tx.exec(query.order_by(col(Area.name)).limit(LIST_MAX)).all()


def area_coded(tx: Transaction, code: str) -> Area:
    """The area with this code, in any letter case; NotFound when there is none."""
    area = tx.exec(select(Area).where(col(Area.code) == code.strip().upper())).first()
    if area is None:
        raise NotFound
    return area


def add_area(
    tx: Transaction,
    *,
    kind: AreaKind,
    name: str,
    code: str,
    parent_id: int | None = None,
    is_village: bool = False,
    time_zone: str = "Asia/Shanghai",
) -> Area:
    """A new area below its parent; needs `places.edit` there. The first district needs `operate`
    everywhere, as the command line has it.
    """
    _check_parent(tx, kind, parent_id)
    name, code = checked_name(name), code.strip().upper()
    if not _CODE.fullmatch(code):
        raise WrongCode
    check_time_zone(time_zone)
    if tx.exec(select(Area.id).where(col(Area.code) == code)).first() is not None:
        raise NameTaken(name=code)
    area = Area(
        kind=kind,
        name=name,
        code=code,
        parent_id=parent_id,
        is_village=is_village,
        time_zone=time_zone,
    )
    tx.add(area)
    tx.flush()
    place_changed(tx, area.id, area.id, "area", "added")
    return area


def edit_area(
    tx: Transaction,
    area_id: int,
    *,
    name: str,
    time_zone: str,
    bot_name: str,
    is_village: bool = False,
) -> Area:
    """Put right what an area is called; code and parent stay, since case numbers carry the code."""
    area = access_area(tx, area_id)
    tx.require("places.edit", area_id)
    check_time_zone(time_zone)
    area.name, area.time_zone = checked_name(name), time_zone
    area.bot_name, area.is_village = checked_name(bot_name, most=10), is_village
    tx.flush()
    place_changed(tx, area.id, area.id, "area", "edited")
    return area


def sees_place(actor: Actor, area_id: int) -> bool:
    """Whether the actor lives or works in this area."""
    return actor.home == area_id or any(actor.can(name, area_id) for name in STAFF_CAPABILITIES)


def check_edits_place(tx: Transaction, community_id: int) -> None:
    """Return if the actor may change places here; NotFound where the actor has no business."""
    if not sees_place(tx.actor, community_id):
        raise NotFound
    tx.require("places.edit", community_id)


def checked_name(name: str, *, most: int = NAME_MAX) -> str:
    """The name without stray spaces; WrongName when it is empty or longer than `most`."""
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= most:
        raise WrongName(most=most)
    return tidy


def check_time_zone(time_zone: str) -> None:
    """Return if this is the name of a time zone (IANA); otherwise WrongTimeZone."""
    if time_zone not in available_timezones():
        raise WrongTimeZone(time_zone=time_zone)


def place_changed(tx: Transaction, community_id: int, row_id: int, kind: str, what: str) -> None:
    """Record that a place was added, edited or removed."""
    tx.emit(PlaceChanged(community_id=community_id, subject_id=row_id, kind=kind, what=what))


def _check_parent(tx: Transaction, kind: AreaKind, parent_id: int | None) -> None:
    if kind is AreaKind.DISTRICT:
        if not tx.actor.places("operate") >= EVERYWHERE:
            raise NotAllowed(capability="operate")
        others = tx.exec(select(Area.id).where(col(Area.kind) == AreaKind.DISTRICT)).first()
        if parent_id is not None or others is not None:
            raise WrongParent
        return
    parent = tx.get(Area, parent_id) if parent_id is not None else None
    if parent is None or not sees_place(tx.actor, parent.id):
        raise NotFound
    tx.require("places.edit", parent.id)
    if parent.kind is not _INSIDE[kind]:
        raise WrongParent
