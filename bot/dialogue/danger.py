"""Danger first: the numbers to call, the people on duty, and only then the paperwork."""

from sqlalchemy import bindparam, select
from sqlmodel import col

from bot.dialogue.report import note_request, report_of
from bot.dialogue.turn import Turn, say
from bot.messages import Answer
from bot.paging import page_duty
from cases.desk import open_case
from cases.merging import endorse, is_open, likely_duplicate
from cases.tables import Case, Disposition, Urgency
from core.prepared import Prepared
from core.transaction import Transaction

CALLS = {
    "fire": "先离开危险的地方，马上打 119。",
    "medical": "马上打 120，说清地址，有人请到路口接车。",
    "crime": "保护好自己，马上打 110。",
    "gas": "别开关电器，开窗离开，到外面打燃气公司和 119。",
}
ALL_CALLS = "火警 119 · 急救 120 · 报警 110，人身安全第一，先打电话。"
SELF_HARM = "selfharm"
# No case number and no officialese for somebody who may be about to give up.
GENTLE = (
    "我是社区机器人，看到您说的话，很担心您。已经请社区的人马上联系您。"
    "您也可以现在就打 12356（心理援助，24 小时）或 120，有人愿意听您说。"
)


def alarm(tx: Transaction, turn: Turn) -> Answer:
    """Show what to call, page who is on duty, and open an urgent case at once."""
    is_self_harm = turn.reading.danger == SELF_HARM
    joined = _same_danger(tx, turn)
    if joined is not None:
        note_request(tx, turn, Disposition.JOINED, joined[0])
        return say(f"{ALL_CALLS}已通知值班人员（{joined[1]}）。", "joined", number=joined[1])
    opened = open_case(tx, report_of(turn, is_sure=True))
    note_request(tx, turn, Disposition.OPENED, opened.case_id)
    paged = page_duty(
        tx,
        community_id=turn.community_id,
        case_id=opened.case_id,
        number=opened.number,
        place=turn.reading.place or (turn.group.name if turn.group else ""),
        text=turn.text,
        hook=turn.pages_hook,
    )
    facts = {"number": opened.number, "case_id": str(opened.case_id), "paged": str(paged)}
    if is_self_harm:
        return say(GENTLE, "opened", **facts)
    who = "已通知值班人员" if paged else "已报给社区"
    first = CALLS.get(turn.reading.danger or "", "")
    return say(f"{ALL_CALLS}{first}{who}，编号 {opened.number}。", "opened", **facts)


def _same_danger(tx: Transaction, turn: Turn) -> tuple[int, str] | None:
    """The case this danger already has, joined; a second cry must not open a second case."""
    if turn.reading.danger == SELF_HARM:
        return None
    likely = likely_duplicate(
        tx,
        community_id=turn.community_id,
        category=turn.reading.category or "治安安全",
        category2=turn.reading.category2,
        place=turn.reading.place,
        text=turn.text,
    )
    case_id = likely.case_id if likely else turn.joined_case
    if case_id is None:
        return None
    number = likely.number if likely else _open_number(tx, case_id)
    if number is None:
        return None
    endorse(
        tx,
        community_id=turn.community_id,
        case_id=case_id,
        number=number,
        identity_id=turn.known.identity_id,
        resident_id=turn.known.resident_id,
    )
    return case_id, number


_OPEN_NUMBER = Prepared(
    select(col(Case.number)).where(
        col(Case.id) == bindparam("case_id"),
        col(Case.urgency) == Urgency.EMERGENCY,
        is_open(),
    )
)


def _open_number(tx: Transaction, case_id: int) -> str | None:
    """The number of an urgent case that is still open, or None."""
    number = tx.look(_OPEN_NUMBER, {"case_id": case_id}).scalar()
    return str(number) if number else None
