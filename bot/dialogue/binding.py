"""Tie the chat to a person: by a code from the desk or a household's letter, or by scanning it."""

from sqlmodel import col, select

from bot.dialogue.help import welcome
from bot.dialogue.turn import Turn, say
from bot.messages import Answer
from community.binding import bind
from community.tables import Area, AreaKind, Identity
from core.transaction import Transaction

SCENE_PREFIX = "bind-"
POSTER_PREFIX = "community-"


def bind_code(tx: Transaction, turn: Turn) -> Answer:
    """绑定 ABCD-2345 [姓名]: in private only, so that nobody reads the code over a shoulder."""
    assert turn.match is not None
    if turn.group is not None:
        return say("验证码别发在群里，请私信我发“绑定 验证码”。", "bind_refused")
    return _bind(tx, turn, turn.match["code"], turn.match["name"])


def scanned(tx: Transaction, turn: Turn) -> Answer:
    """Someone scanned a code with a scene: a binding letter, or a community's poster."""
    if turn.incoming.scene.startswith(SCENE_PREFIX):
        return _bind(tx, turn, turn.incoming.scene.removeprefix(SCENE_PREFIX), "")
    if turn.incoming.scene.startswith(POSTER_PREFIX) and turn.known.resident_id is None:
        _settle(tx, turn, turn.incoming.scene.removeprefix(POSTER_PREFIX))
    return welcome(tx, turn)


def how_to_bind(tx: Transaction, turn: Turn) -> Answer:
    """Where the code comes from."""
    if turn.known.resident_id is not None:
        return say("您已经绑定了，发“我的事”看看。", "bound")
    return say(
        "绑定后您有同样的投票、附议和看进度的权利。验证码在发到您家的绑定单上，"
        "也可以到社区服务台领。拿到后发：绑定 验证码",
        "how_to_bind",
    )


def _bind(tx: Transaction, turn: Turn, code: str, name: str) -> Answer:
    done = bind(tx, turn.signer, identity_id=turn.known.identity_id, code=code, name=name.strip())
    return say(done.text, done.action)


def _settle(tx: Transaction, turn: Turn, code: str) -> None:
    """Someone scanned a community's poster: from now on they count to it."""
    area = tx.exec(
        select(Area).where(col(Area.code) == code, col(Area.kind) == AreaKind.COMMUNITY)
    ).first()
    identity = tx.get_one(Identity, turn.known.identity_id)
    if area is not None:
        identity.community_id = area.id
