"""What residents ask about their own matters: list, one by number, is it solved, how was it."""

import re
from datetime import timedelta

from bot.dialogue.turn import Turn, forget, remember, say
from bot.messages import Answer
from bot.wording import say_left, say_time, shorten
from cases.access import access_case, access_case_numbered
from cases.queries import CaseLine, my_cases
from cases.rules import PHASE_WORDS, Phase
from cases.steps import confirm, give_info, rate, withdraw
from core.errors import Refusal
from core.transaction import Transaction

SHOWN_MAX = 5
ANSWER_WAIT = timedelta(days=3)
# Moved by the bot when it asks; see bot/reactions.py.
SOLVED_FLOW = "solved"
WHY_FLOW = "why"
RATE_FLOW = "rate"
INFO_FLOW = "info"
_NOT_YET = re.compile(r"^(?:还?没有?(?:解决|好|修好|弄好)?|没|不是|未解决|没解决)[，,。!！、 ]*")


class WhichCase(Refusal):
    code = "which_case"
    text = "您有几件事在等确认，请带上编号，例如“解决了 {number}”。"


class NothingWaits(Refusal):
    code = "nothing_waits"
    text = "现在没有等您确认的事。发“我的事”可以看进度。"


def list_mine(tx: Transaction, turn: Turn) -> Answer:
    """The sender's own matters; in a group only where to look."""
    if turn.group is not None:
        return say("请私信我发“我的事”，别人看不到。", "my_cases")
    lines = my_cases(tx, limit=SHOWN_MAX)
    if not lines:
        return say("您还没有反映过事情。有什么要办的，直接说就行。", "my_cases")
    listed = "\n".join(_line(tx, line) for line in lines)
    return say(f"您的事：\n{listed}\n全部：{turn.url('/me/cases')}", "my_cases")


def show_one(tx: Transaction, turn: Turn) -> Answer:
    """One case by its number, for those who may see it."""
    assert turn.match is not None
    case = access_case_numbered(tx, turn.match["number"])
    word = PHASE_WORDS[case.phase]
    if turn.group is not None:
        return say(f"{case.number}：{word}。详情请私信我发编号。", "case", number=case.number)
    due = f"，{say_left(case.due_at, tx.now)}" if case.due_at and case.closed_at is None else ""
    return say(
        f"{case.number}：{word}{due}。\n{shorten(case.text, 60)}\n"
        f"详情：{turn.url(f'/cases/{case.id}')}",
        "case",
        number=case.number,
    )


def solved(tx: Transaction, turn: Turn) -> Answer:
    """A party says it is solved: the case closes when nobody else is still to answer."""
    case_id = _asked_about(tx, turn)
    done = confirm(tx, case_id, solved=True)
    forget(tx, turn.incoming)
    if done.phase is Phase.CLOSED:
        remember(
            tx,
            turn.incoming,
            flow=RATE_FLOW,
            data={"case_id": str(case_id)},
            wait=ANSWER_WAIT,
        )
        return say(
            f"{done.number} 已结案，谢谢您确认。办得怎么样？回 1 到 5 分（5 最满意）。",
            "closed",
            number=done.number,
        )
    others = f"，还在等另外 {done.waiting_count} 位" if done.waiting_count else "，还要核查一次"
    return say(f"记下了，{done.number} 您已确认{others}。", "confirmed", number=done.number)


def not_solved(tx: Transaction, turn: Turn) -> Answer:
    """It is not solved: with a reason the case goes back to work, else the reason is asked."""
    case_id = _asked_about(tx, turn)
    reason = _NOT_YET.sub("", _without_number(turn)).strip(" ，,。")
    if not reason:
        remember(tx, turn.incoming, flow=WHY_FLOW, data={"case_id": str(case_id)}, wait=ANSWER_WAIT)
        return say("好的，哪里还没解决？说一句，我转给办理的人。", "why")
    return _back(tx, turn, case_id, reason)


def why_given(tx: Transaction, turn: Turn) -> Answer | None:
    """The reason that was asked for."""
    assert turn.memory is not None
    return _back(tx, turn, int(turn.memory.data["case_id"]), turn.text)


def rated(tx: Transaction, turn: Turn) -> Answer | None:
    """One to five after a case was closed."""
    assert turn.memory is not None
    match = re.fullmatch(r"([1-5１-５一二三四五])\s*(?:分|星|颗星)?[。!！]?", turn.text)
    if match is None:
        return None
    stars = "0一二三四五".find(match[1])
    stars = stars if stars > 0 else int(match[1])
    case = rate(tx, int(turn.memory.data["case_id"]), stars=stars)
    forget(tx, turn.incoming)
    return say(f"{case.number} 记下 {stars} 分，谢谢！", "rated", number=case.number)


def info_given(tx: Transaction, turn: Turn) -> Answer | None:
    """What the desk or the agency had asked for."""
    assert turn.memory is not None
    case_id = int(turn.memory.data["case_id"])
    case = access_case(tx, case_id)
    forget(tx, turn.incoming)
    if case.phase not in (Phase.NEED_INFO_INTAKE, Phase.NEED_INFO_HANDLING):
        return None
    case = give_info(tx, case_id, text=turn.text)
    return say(f"收到，已补充到 {case.number}，接着办。", "info_given", number=case.number)


def take_back(tx: Transaction, turn: Turn) -> Answer:
    """Withdraw a case of one's own by number."""
    assert turn.match is not None
    case = access_case_numbered(tx, turn.match["number"])
    withdraw(tx, case.id)
    return say(f"{case.number} 已按您的意思撤回。", "withdrawn", number=case.number)


def _back(tx: Transaction, turn: Turn, case_id: int, reason: str) -> Answer:
    done = confirm(tx, case_id, solved=False, reason=reason)
    forget(tx, turn.incoming)
    return say(
        f"知道了，{done.number} 退回接着办，原来的期限不变。", "reworked", number=done.number
    )


def _asked_about(tx: Transaction, turn: Turn) -> int:
    """The case that a bare yes or no is about: the number written, the one asked, the only one."""
    number = re.search(r"[A-Za-z]{2,8}-?\d{8}-?\d{4,}", turn.text)
    if number:
        return access_case_numbered(tx, number[0]).id
    if turn.memory is not None and turn.memory.flow == SOLVED_FLOW:
        return int(turn.memory.data["case_id"])
    waiting = [line for line in my_cases(tx) if line.phase is Phase.VERIFYING]
    if not waiting:
        raise NothingWaits
    if len(waiting) > 1:
        raise WhichCase(number=waiting[0].number)
    return waiting[0].id


def _without_number(turn: Turn) -> str:
    return re.sub(r"[A-Za-z]{2,8}-?\d{8}-?\d{4,}", "", turn.text).strip()


def _line(tx: Transaction, line: CaseLine) -> str:
    return (
        f"{line.number} {PHASE_WORDS[line.phase]}：{shorten(line.text, 16)}"
        f"（{say_time(line.collected_at, tx.now)}）"
    )
