"""Chat groups: which community, grid and building a group belongs to."""

from collections.abc import Sequence

from sqlmodel import col, select

from community.areas import check_edits_place, checked_name, place_changed, sees_place
from community.places import access_building, access_grid
from community.tables import Group
from core.actor import EVERYWHERE
from core.errors import NotFound, Refusal
from core.transaction import Transaction

LIST_MAX = 2_000


class GroupElsewhere(Refusal):
    code = "group_elsewhere"
    text = "这个群已经归别的社区了，请先请那边的社区解除。"
    status = 409


def access_group(tx: Transaction, group_id: int) -> Group:
    """The group, if the actor lives or works in its community; otherwise NotFound."""
    group = tx.get(Group, group_id)
    if group is None or not sees_place(tx.actor, group.community_id):
        raise NotFound
    return group


def visible_groups(tx: Transaction, community_id: int) -> Sequence[Group]:
    """The chat groups of a community by name; none for who has no business there."""
    if not sees_place(tx.actor, community_id):
        return []
    query = select(Group).where(col(Group.community_id) == community_id)
    return tx.exec(query.order_by(col(Group.name)).limit(LIST_MAX)).all()


def bind_group(
    tx: Transaction,
    *,
    channel: str,
    chat: str,
    community_id: int,
    name: str,
    grid_id: int | None = None,
    building_id: int | None = None,
) -> Group:
    """Tie a chat to a community, and to a grid or building of it; a chat belongs to one only.

    A chat that is tied to another community moves only by somebody who edits both.
    """
    check_edits_place(tx, community_id)
    if grid_id is not None and access_grid(tx, grid_id).community_id != community_id:
        raise NotFound
    if building_id is not None and access_building(tx, building_id).community_id != community_id:
        raise NotFound
    query = select(Group).where(col(Group.channel) == channel, col(Group.chat) == chat)
    group = tx.exec(query.with_for_update()).first()
    is_new = group is None
    if group is None:
        group = Group(
            channel=checked_name(channel),
            chat=checked_name(chat, most=120),
            community_id=community_id,
            name=name,
        )
    elif group.community_id != community_id:
        places = tx.actor.places("places.edit")
        if not places >= EVERYWHERE and group.community_id not in places:
            raise GroupElsewhere
    group.community_id, group.name = community_id, checked_name(name)
    group.grid_id, group.building_id = grid_id, building_id
    tx.add(group)
    tx.flush()
    place_changed(tx, community_id, group.id, "group", "added" if is_new else "edited")
    return group


def mute_group(tx: Transaction, group_id: int, *, is_muted: bool) -> Group:
    """Whether the bot keeps silent in a group; it still hears requests and danger."""
    group = access_group(tx, group_id)
    tx.require("places.edit", group.community_id)
    group.is_muted = is_muted
    tx.flush()
    place_changed(tx, group.community_id, group.id, "group", "edited")
    return group
