"""Who is on duty, and how they are reached: chat, and a signed hook for SMS or telephone."""

from sqlalchemy import bindparam, select
from sqlmodel import col

from bot.outbox import tell, tell_resident
from bot.wording import shorten
from community.people import LOCAL
from community.tables import DutyShift
from core.prepared import Prepared
from core.transaction import Transaction

HOOK_CHANNEL = "hook"

_ON_DUTY = Prepared(
    select(col(DutyShift.resident_id)).where(
        col(DutyShift.community_id) == bindparam("community_id"),
        col(DutyShift.weekday) == bindparam("weekday"),
        col(DutyShift.from_minute) <= bindparam("minute"),
        col(DutyShift.until_minute) > bindparam("minute"),
    )
)


def on_duty(tx: Transaction, community_id: int) -> list[int]:
    """The people who are on the duty roster of a community now; ids of residents."""
    here = tx.now.astimezone(LOCAL)
    values = {
        "community_id": community_id,
        "weekday": here.weekday(),
        "minute": here.hour * 60 + here.minute,
    }
    return [row.resident_id for row in tx.look(_ON_DUTY, values)]


def page_duty(
    tx: Transaction,
    *,
    community_id: int,
    case_id: int,
    number: str,
    place: str,
    text: str,
    hook: bool,
) -> int:
    """Page everyone on duty and, with `hook`, the outgoing hook; returns how many people.

    The hook is told number, place and time, never the words or a name.
    """
    people = on_duty(tx, community_id)
    where = f"{place}：" if place else ""
    for resident_id in people:
        tell_resident(
            tx,
            resident_id,
            f"【紧急】{where}{shorten(text, 80)}\n{number}，请马上处置并回电。",
            key=f"case:{case_id}:page",
            link=f"/console/cases/{case_id}",
            community_id=community_id,
        )
    if not hook:
        return len(people)
    tell(
        tx,
        key=f"case:{case_id}:hook",
        channel=HOOK_CHANNEL,
        recipient="duty",
        text=f"{number} {place}".strip(),
        link=f"/console/cases/{case_id}",
        community_id=community_id,
    )
    return len(people)
