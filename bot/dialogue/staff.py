"""What agencies can do without leaving the chat."""

from bot.dialogue.turn import Turn, say
from bot.messages import Answer
from cases.access import access_case_numbered
from cases.steps import report_done, sign
from core.transaction import Transaction


def sign_case(tx: Transaction, turn: Turn) -> Answer:
    """签收 XFL-20261122-0007"""
    assert turn.match is not None
    case = sign(tx, access_case_numbered(tx, turn.match["number"]).id)
    return say(f"{case.number} 已签收。办好后回“办结 {case.number} 怎么办的”。", "signed")


def finish_case(tx: Transaction, turn: Turn) -> Answer:
    """办结 XFL-20261122-0007 换了门机"""
    assert turn.match is not None
    case = access_case_numbered(tx, turn.match["number"])
    case = report_done(tx, case.id, text=turn.match["words"])
    return say(f"{case.number} 已反馈，正在请居民确认。", "reported")
