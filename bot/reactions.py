"""What follows from what, across packages. One glance shows every consequence."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import bindparam, select
from sqlmodel import col

from bot.about_people import (
    take_over_cases,
    tell_other_chats,
    warn_of_lock,
    warn_of_wrong_passwords,
)
from bot.dialogue.my_cases import ANSWER_WAIT, INFO_FLOW, SOLVED_FLOW
from bot.dialogue.turn import remember_for
from bot.outbox import tell
from bot.wording import say_time, shorten
from cases.events import CaseMoved
from cases.tables import Case, CaseNote, Party
from community.events import BindingLocked, IdentityBound, SignInBlocked
from community.people import local_day
from community.tables import Identity, RoleGrant
from core.prepared import Prepared
from core.transaction import Reactions, Transaction

_CLERKS = Prepared(
    select(col(Identity.channel), col(Identity.sender), col(Identity.id))
    .join(RoleGrant, col(RoleGrant.resident_id) == col(Identity.resident_id))
    .where(
        col(RoleGrant.agency_id) == bindparam("agency_id"),
        col(RoleGrant.from_date) <= bindparam("today"),
        (col(RoleGrant.until_date).is_(None)) | (col(RoleGrant.until_date) >= bindparam("today")),
    )
)
_CASE = Prepared(
    select(
        col(Case.number), col(Case.text), col(Case.place), col(Case.due_at), col(Case.agency_id)
    ).where(col(Case.id) == bindparam("case_id"))
)
_PARTIES = Prepared(
    select(col(Identity.channel), col(Identity.sender), col(Identity.id))
    .join(Party, col(Party.identity_id) == col(Identity.id))
    .where(col(Party.case_id) == bindparam("case_id"))
    .order_by(col(Party.id))
)
_LAST_NOTE = Prepared(
    select(col(CaseNote.text))
    .where(col(CaseNote.case_id) == bindparam("case_id"), col(CaseNote.is_public).is_(True))
    .order_by(col(CaseNote.id).desc())
    .limit(1)
)


def notify_agency(tx: Transaction, event: CaseMoved) -> None:
    """Everyone of the agency hears of a case that is now theirs."""
    case = tx.look(_CASE, {"case_id": event.subject_id}).one()
    clerks = {"agency_id": event.agency_id, "today": local_day(tx.now)}
    place = f"{case.place}：" if case.place else ""
    due = f"，{say_time(case.due_at, tx.now)} 前办结" if case.due_at else ""
    for clerk in tx.look(_CLERKS, clerks):
        tell(
            tx,
            key=f"case:{event.subject_id}:dispatch:{tx.now.timestamp():.6f}:{clerk.id}",
            channel=clerk.channel,
            recipient=clerk.sender,
            text=f"【派单】{case.number} {place}{shorten(case.text, 60)}{due}。"
            f"回“签收 {case.number}”",
            link=f"/console/cases/{event.subject_id}",
            community_id=event.community_id,
        )


def notify_agency_of_rework(tx: Transaction, event: CaseMoved) -> None:
    """The agency hears that it is not solved yet, and why."""
    case = tx.look(_CASE, {"case_id": event.subject_id}).one()
    clerks = {"agency_id": case.agency_id, "today": local_day(tx.now)}
    for clerk in tx.look(_CLERKS, clerks):
        tell(
            tx,
            key=f"case:{event.subject_id}:rework:{tx.now.timestamp():.6f}:{clerk.id}",
            channel=clerk.channel,
            recipient=clerk.sender,
            text=f"【退回】{case.number} 居民说还没解决，请接着办，原期限不变。",
            link=f"/console/cases/{event.subject_id}",
            community_id=event.community_id,
        )


def ask_if_solved(tx: Transaction, event: CaseMoved) -> None:
    """Everyone who asked is asked alone, each in their own chat: is it solved?"""
    case = tx.look(_CASE, {"case_id": event.subject_id}).one()
    said = tx.look(_LAST_NOTE, {"case_id": event.subject_id}).scalar()
    what = f"办理情况：{shorten(said, 60)}\n" if said else ""
    text = (
        f"{case.number}（{shorten(case.text, 24)}）报办好了。{what}"
        "解决了吗？回“解决了”或“没解决，因为…”"
    )
    _tell_parties(tx, event, text, "solved?")
    for party in tx.look(_PARTIES, {"case_id": event.subject_id}).all():
        remember_for(
            tx,
            channel=party.channel,
            sender=party.sender,
            flow=SOLVED_FLOW,
            data={"case_id": str(event.subject_id)},
            wait=ANSWER_WAIT,
        )


def ask_for_info(tx: Transaction, event: CaseMoved) -> None:
    """The people who reported are asked for what is missing; their next words are the answer."""
    for party in tx.look(_PARTIES, {"case_id": event.subject_id}).all():
        remember_for(
            tx,
            channel=party.channel,
            sender=party.sender,
            flow=INFO_FLOW,
            data={"case_id": str(event.subject_id)},
            wait=ANSWER_WAIT,
        )


def _saying(text: str) -> Callable[[Transaction, CaseMoved], None]:
    def tell_them(tx: Transaction, event: CaseMoved) -> None:
        number = tx.look(_CASE, {"case_id": event.subject_id}).one().number
        _tell_parties(tx, event, text.format(number=number), event.move)

    return tell_them


# What follows each step of a case; a step that is not here concerns nobody at once.
FOLLOW: Mapping[str, Sequence[Callable[[Transaction, CaseMoved], None]]] = {
    "dispatch": (notify_agency,),
    "sign": (_saying("{number} 已有人接手，正在办。"),),
    "start_verify": (ask_if_solved,),
    "rework": (notify_agency_of_rework,),
    "ask_info_intake": (ask_for_info,),
    "ask_info_handling": (ask_for_info,),
    "answer": (_saying("{number} 有答复了，点开看看；没答到点上可以直接说。"),),
    "confirm_close": (_saying("{number} 已核查并结案，谢谢您。"),),
    "discard_noise": (
        _saying("{number} 社区看过，不作为诉求办理，原因在页面里。有不同意见请直接说。"),
    ),
    "merge": (_saying("{number} 和另一件是同一回事，已并案，进展照样告诉您。"),),
    "reopen": (_saying("{number} 已重新打开，接着办。"),),
}


def follow(tx: Transaction, event: CaseMoved) -> None:
    """Everything the step of a case leads to, from the table above."""
    for consequence in FOLLOW.get(event.move, ()):
        consequence(tx, event)


def _tell_parties(tx: Transaction, event: CaseMoved, text: str, what: str) -> None:
    for party in tx.look(_PARTIES, {"case_id": event.subject_id}).all():
        tell(
            tx,
            key=f"case:{event.subject_id}:{what}:{tx.now.timestamp():.6f}:{party.id}",
            channel=party.channel,
            recipient=party.sender,
            text=text,
            link=f"/cases/{event.subject_id}",
            identity_id=party.id,
            community_id=event.community_id,
        )


REACTIONS: Reactions = {
    CaseMoved: (follow,),
    IdentityBound: (take_over_cases, tell_other_chats),
    BindingLocked: (warn_of_lock,),
    SignInBlocked: (warn_of_wrong_passwords,),
}
