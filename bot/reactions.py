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
from bot.channels.desk import CHANNEL as DESK_CHANNEL
from bot.dialogue.my_cases import ANSWER_WAIT, INFO_FLOW, SOLVED_FLOW
from bot.dialogue.turn import remember_for
from bot.outbox import tell
from bot.wording import say_time, shorten
from cases.events import AnswerRecorded, CaseMoved
from cases.rules import Who
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
    ),
    steady=True,
    until=(RoleGrant,),  # whoever writes for the first time is nobody's clerk yet
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


def notify_agency_of_withdrawal(tx: Transaction, event: CaseMoved) -> None:
    """Whoever has the case hears that nothing is to be done any more."""
    case = tx.look(_CASE, {"case_id": event.subject_id}).one()
    if case.agency_id is None:
        return
    clerks = {"agency_id": case.agency_id, "today": local_day(tx.now)}
    for clerk in tx.look(_CLERKS, clerks):
        tell(
            tx,
            key=f"case:{event.subject_id}:withdraw:{tx.now.timestamp():.6f}:{clerk.id}",
            channel=clerk.channel,
            recipient=clerk.sender,
            text=f"【撤回】{case.number} 已撤回，不用再办。",
            link=f"/console/cases/{event.subject_id}",
            community_id=event.community_id,
        )


def tell_of_proxy_withdrawal(tx: Transaction, event: CaseMoved) -> None:
    """Whoever asked hears that somebody took it back for them, and how to object."""
    if event.who != Who.PROXY:
        return
    number = tx.look(_CASE, {"case_id": event.subject_id}).one().number
    text = (
        f"{number} 社区工作人员替您撤回了，原因在页面里。不是您的意思，72 小时内点开就能取消撤回。"
    )
    _tell_parties(tx, event, text, event.move)


def tell_whose_answer(tx: Transaction, event: AnswerRecorded) -> None:
    """Whoever has a chat sees what was taken down for them."""
    number = tx.look(_CASE, {"case_id": event.subject_id}).one().number
    said = "解决了" if event.is_solved else "还没解决"
    text = f"{number} 工作人员记下了您当面或在电话里说的：{said}。记得不对，点开说一声。"
    for party in tx.look(_PARTIES, {"case_id": event.subject_id}).all():
        # Who has no chat was just spoken with: nothing waits to be told by telephone.
        if party.id != event.identity_id or party.channel == DESK_CHANNEL:
            continue
        tell(
            tx,
            key=f"case:{event.subject_id}:recorded:{tx.now.timestamp():.6f}:{party.id}",
            channel=party.channel,
            recipient=party.sender,
            text=text,
            link=f"/cases/{event.subject_id}",
            identity_id=party.id,
            community_id=event.community_id,
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
    "withdraw": (notify_agency_of_withdrawal, tell_of_proxy_withdrawal),
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
    AnswerRecorded: (tell_whose_answer,),
    IdentityBound: (take_over_cases, tell_other_chats),
    BindingLocked: (warn_of_lock,),
    SignInBlocked: (warn_of_wrong_passwords,),
}
