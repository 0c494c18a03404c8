"""From what someone wrote to a case: open it, join one that is open, or ask back once."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlmodel import col

from bot.dialogue.turn import Turn, forget, quiet, remember, say
from bot.messages import Answer
from bot.outbox import tell_identity
from bot.wording import say_time, shorten
from cases.access import access_case
from cases.desk import Opened, Report, open_case
from cases.merging import (
    Likely,
    endorse,
    likely_duplicate,
    party_count,
    undo_endorsement,
)
from cases.rules import OPEN, Phase
from cases.steps import accept, dispatch, withdraw, write_note
from cases.steps import say as say_on_case
from cases.tables import Case, Disposition, Request, Urgency
from community.tables import Agency, Dwelling, Household, Resident
from core.actor import SYSTEM
from core.columns import new_id
from core.errors import Refusal
from core.prepared import Prepared
from core.transaction import Transaction
from nlp.reading import Intent, Reading

UNDO_WITHIN = timedelta(minutes=10)
WHERE_WAIT = timedelta(minutes=30)
# Below the first the bot only notes what it heard; below the second a clerk looks first.
ACT_MIN = 0.3
CATEGORY_SURE_MIN = 0.5
SHORT_TEXT_MAX = 40
CHOICES_MAX = 3
# Matters that happen at a place somebody has to go to.
PLACE_BOUND = frozenset({"住房与物业", "城乡建设", "环境保护", "治安安全", "农村农业"})
# What opens a case by itself; help between neighbours and the rest is noted for the staff.
OPENS = frozenset({Intent.REQUEST, Intent.EMERGENCY, Intent.COMMAND})
TRIAGED = frozenset({Intent.QUESTION, Intent.SUGGESTION, Intent.HELP})


class NothingToUndo(Refusal):
    code = "nothing_to_undo"
    text = "最近十分钟里没有可以撤销的诉求。要撤回更早的，请发编号给我，或打开“我的事”。"


def report(tx: Transaction, turn: Turn) -> Answer:
    """Open a case for what was said, or join the open one it repeats."""
    reading = turn.reading
    if turn.joined_case is not None:
        joined = _join(tx, turn, turn.joined_case)
        if joined is not None:
            return joined
    if not _is_sure_enough(turn):
        note_request(tx, turn, Disposition.UNSURE, None)
        return _unsure(turn)
    category = reading.category or "其他"
    likely = likely_duplicate(
        tx,
        community_id=turn.community_id,
        category=category,
        category2=reading.category2,
        place=reading.place,
        text=turn.text,
    )
    if likely is not None:
        joined = _join(tx, turn, likely.case_id)
        if joined is not None:
            return joined
    if _needs_place(turn):
        return _ask_where(tx, turn)
    return _open(tx, turn)


def undo(tx: Transaction, turn: Turn) -> Answer:
    """Take back what the bot opened or joined for this person in the last UNDO_WITHIN."""
    query = (
        select(Request)
        .where(
            col(Request.identity_id) == turn.known.identity_id,
            col(Request.at) > tx.now - UNDO_WITHIN,
            col(Request.case_id).is_not(None),
            col(Request.disposition) != Disposition.UNDONE,
        )
        .order_by(col(Request.id).desc())
        .limit(1)
    )
    request = tx.execute(query).scalars().first()
    if request is None or request.case_id is None:
        raise NothingToUndo
    case = access_case(tx, request.case_id, to_change=True)
    if request.disposition is Disposition.JOINED:
        undo_endorsement(
            tx,
            community_id=case.community_id,
            case_id=case.id,
            identity_id=turn.known.identity_id,
        )
    elif party_count(tx, case.id) > 1:
        # Others stand behind it by now: their matter goes on.
        return say(f"{case.number} 已经有别人附议，会继续办。", "undo_refused", number=case.number)
    else:
        withdraw(tx, case.id, outcome="not_a_matter")
    request.disposition = Disposition.UNDONE
    tx.add(request)
    tx.flush()
    forget(tx, turn.incoming)
    return say(f"好的，{case.number} 已撤销。打扰了。", "undone", number=case.number)


def me_too(tx: Transaction, turn: Turn) -> Answer | None:
    """Join the matter that was spoken of last in this group; None when there is none."""
    if turn.joined_case is None:
        return None
    return _join(tx, turn, turn.joined_case)


def place_given(tx: Transaction, turn: Turn) -> Answer | None:
    """The answer to "where is it?": the case it belongs to goes on its way."""
    memory = turn.memory
    assert memory is not None
    place = chosen_place(turn.text, memory.data["choices"]) or turn.reading.place
    if place is None and len(turn.text) > 20:
        return None  # something else; the question stays open
    place = place or shorten(turn.text, 20)
    case_id = int(memory.data["case_id"])
    case = access_case(tx, case_id, to_change=True)
    forget(tx, turn.incoming)
    if case.phase is not Phase.TRIAGE:
        return say(f"{case.number} 已经在办了，谢谢。", "place_late", number=case.number)
    case.place = place
    tx.add(case)
    tx.flush()
    note_request(tx, turn, Disposition.JOINED, case.id)
    likely = _same_place(tx, turn, case)
    actor, tx.actor = tx.actor, SYSTEM
    try:
        if likely is None:
            accept(tx, case.id)
            case = dispatch(tx, case.id)
    finally:
        tx.actor = actor
    opened = Opened(case.id, case.number, case.phase, case.agency_id, None, case.due_at)
    return say(_receipt(tx, turn, opened), "place_given", number=case.number)


def chosen_place(text: str, choices: list[str]) -> str | None:
    """Which of the numbered choices the text names: "2", "２", "第二个"."""
    digits = {"1": 0, "一": 0, "2": 1, "二": 1, "3": 2, "三": 2}
    bare = text.strip().removeprefix("第").removesuffix("个").removesuffix("。")
    bare = bare.translate(str.maketrans("１２３①②③", "123123"))
    index = digits.get(bare)
    return choices[index] if index is not None and index < len(choices) else None


def note_request(tx: Transaction, turn: Turn, disposition: Disposition, case_id: int | None) -> int:
    """Keep what was heard and what was made of it; returns the row's id."""
    request_id, reading = new_id(), turn.reading
    tx.write(
        Request,
        {
            "id": request_id,
            "community_id": turn.community_id,
            "group_id": turn.group.id if turn.group else None,
            "identity_id": turn.known.identity_id,
            "message_id": f"{turn.incoming.channel}:{turn.incoming.message_id}"[:200],
            "text": turn.text,
            "at": tx.now,
            "intent": reading.intent.value,
            "category": reading.category,
            "place": reading.place,
            "urgency": reading.urgency,
            "confidence": reading.confidence,
            "reasons": list(reading.reasons),
            "model": reading.model,
            "disposition": disposition,
            "case_id": case_id,
        },
    )
    return request_id


def _open(tx: Transaction, turn: Turn) -> Answer:
    opened = open_case(tx, report_of(turn, is_sure=_is_category_sure(turn)))
    note_request(tx, turn, Disposition.OPENED, opened.case_id)
    text = _receipt(tx, turn, opened)
    return say(text, "opened", number=opened.number, case_id=str(opened.case_id))


def report_of(turn: Turn, *, is_sure: bool) -> Report:
    """The report that a turn amounts to."""
    reading = turn.reading
    return Report(
        community_id=turn.community_id,
        identity_id=turn.known.identity_id,
        resident_id=turn.known.resident_id,
        text=turn.text,
        category=reading.category or "其他",
        category2=reading.category2,
        place=reading.place,
        urgency=Urgency(reading.urgency),
        grid_id=turn.group.grid_id if turn.group else None,
        group_id=turn.group.id if turn.group else None,
        model=reading.model,
        is_sure=is_sure,
    )


def _receipt(tx: Transaction, turn: Turn, opened: Opened) -> str:
    """One line: number, who has it, by when; the page follows in private."""
    page = f"/cases/{opened.case_id}"
    if opened.agency_id is None:
        line = f"收到，编号 {opened.number}，社区正在受理。"
    else:
        agency = opened.agency or _agency_name(tx, opened.agency_id)
        until = f"，{say_time(opened.due_at, tx.now)} 前答复" if opened.due_at else ""
        line = f"收到，编号 {opened.number}，{agency}办理{until}。"
    if turn.group is None:
        return f"{line}弄错了请回“撤销”。\n查看进度：{turn.url(page)}"
    _whisper(tx, turn, f"{line}\n随时看进度，补充照片和说明：", page, f"case:{opened.case_id}")
    return line


def _whisper(tx: Transaction, turn: Turn, text: str, page: str, key: str) -> None:
    if turn.can_whisper:
        tell_identity(
            tx,
            turn.known.identity_id,
            text,
            key=f"{key}:page",
            link=page,
            community_id=turn.community_id,
        )


def _join(tx: Transaction, turn: Turn, case_id: int) -> Answer | None:
    """Add the sender, or the sender's further words, to an open case; None if it is not open."""
    row = tx.look(_CASE, {"case_id": case_id}).first()
    if row is None or row.phase not in OPEN or row.community_id != turn.community_id:
        return None
    likely = Likely(row.id, row.number)
    is_new = endorse(
        tx,
        community_id=turn.community_id,
        case_id=likely.case_id,
        number=likely.number,
        identity_id=turn.known.identity_id,
        resident_id=turn.known.resident_id,
    )
    note_request(tx, turn, Disposition.JOINED, likely.case_id)
    if not is_new:
        if not turn.text.startswith("["):
            say_on_case(tx, likely.case_id, text=turn.text)
        return quiet("followed", number=likely.number, case_id=str(likely.case_id))
    write_note(tx, tx.get_one(Case, likely.case_id), text=turn.text, event_id=0)
    count = party_count(tx, likely.case_id)
    line = f"已把您加进 {likely.number}（{count} 人反映），有进展会告诉您。"
    if turn.group is None:
        line = f"{line}\n查看进度：{turn.url(f'/cases/{likely.case_id}')}"
        return say(line, "joined", number=likely.number, case_id=str(likely.case_id))
    _whisper(
        tx,
        turn,
        f"{line}\n您自己的页面：",
        f"/cases/{likely.case_id}",
        f"case:{likely.case_id}:{turn.known.identity_id}",
    )
    if turn.can_whisper:
        return quiet("joined", number=likely.number, case_id=str(likely.case_id))
    return say(
        f"已并入 {likely.number}（{count} 人反映）。",
        "joined",
        number=likely.number,
        case_id=str(likely.case_id),
    )


def _ask_where(tx: Transaction, turn: Turn) -> Answer:
    """Open the case, keep it at the desk, and ask once where it is."""
    opened = open_case(tx, report_of(turn, is_sure=False))
    note_request(tx, turn, Disposition.ASKED, opened.case_id)
    choices = _likely_places(tx, turn)
    remember(
        tx,
        turn.incoming,
        flow="where",
        data={"case_id": str(opened.case_id), "choices": choices},
        wait=WHERE_WAIT,
    )
    numbered = "，".join(f"{n} {choice}" for n, choice in enumerate(choices, 1))
    hint = f"回数字或直接说地方：{numbered}" if choices else "请说一下楼栋、单元或附近的地方"
    return say(
        f"收到，编号 {opened.number}。请问在哪里？{hint}",
        "asked",
        number=opened.number,
        case_id=str(opened.case_id),
    )


def _likely_places(tx: Transaction, turn: Turn) -> list[str]:
    """Up to CHOICES_MAX places: the sender's own building, the group's, then the best known."""
    found: list[str] = []
    if turn.known.resident_id is not None:
        address = tx.look(_ADDRESS, {"resident_id": turn.known.resident_id}).scalar()
        if address:
            found.append(_without_room(address))
    if turn.group is not None and turn.group.building:
        found.append(turn.group.building)
    found += turn.gazetteer
    return list(dict.fromkeys(found))[:CHOICES_MAX]


def _without_room(address: str) -> str:
    """3栋2单元501 → 3栋2单元: a door number is nobody else's business."""
    return address.rstrip("0123456789室") or address


def _same_place(tx: Transaction, turn: Turn, case: Case) -> Likely | None:
    likely = likely_duplicate(
        tx,
        community_id=case.community_id,
        category=case.category,
        category2=case.category2,
        place=case.place,
        text=case.text,
    )
    return likely if likely is not None and likely.case_id != case.id else None


def _is_sure_enough(turn: Turn) -> bool:
    """Whether to act on a reading: always in private, and in a group when addressed or sure."""
    if turn.group is None or turn.incoming.addressed:
        return True
    return turn.reading.intent in OPENS and turn.reading.confidence >= turn.thresholds.get(
        "act", ACT_MIN
    )


def _is_category_sure(turn: Turn) -> bool:
    reading = turn.reading
    return reading.intent not in TRIAGED and (
        reading.category_confidence >= turn.thresholds.get("sure", CATEGORY_SURE_MIN)
        or reading.urgency == "emergency"
    )


def _needs_place(turn: Turn) -> bool:
    reading = turn.reading
    return (
        reading.place is None
        and reading.urgency != "emergency"
        and reading.intent in OPENS
        and reading.category in PLACE_BOUND
        and len(turn.text) <= SHORT_TEXT_MAX
    )


def _unsure(turn: Turn) -> Answer:
    return quiet("noted", intent=turn.reading.intent.value)


def as_request(reading: Reading) -> Reading:
    """The reading of someone who says in so many words that this is to be registered."""
    return replace(reading, intent=Intent.REQUEST, confidence=1.0)


_CASE = Prepared(
    select(col(Case.id), col(Case.number), col(Case.phase), col(Case.community_id)).where(
        col(Case.id) == bindparam("case_id")
    )
)
_ADDRESS = Prepared(
    select(col(Dwelling.address))
    .join(Household, col(Household.dwelling_id) == col(Dwelling.id))
    .join(Resident, col(Resident.household_id) == col(Household.id))
    .where(col(Resident.id) == bindparam("resident_id"))
)


def _agency_name(tx: Transaction, agency_id: int) -> str:
    return tx.get_one(Agency, agency_id).name
