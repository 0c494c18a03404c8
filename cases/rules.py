"""The life of a case as a table, and the checker that proves it has no dead end and no short cut.

Phases and events follow the closed loop of city management (collect, register, dispatch, handle,
feed back, verify, evaluate). Pure: no database, no clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import Refusal


class Phase(StrEnum):
    COLLECTED = "collected"
    TRIAGE = "triage"
    NEED_INFO_INTAKE = "need_info_intake"
    ANSWERED = "answered"
    DECLINED = "declined"
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    DISPUTED = "disputed"
    IN_PROGRESS = "in_progress"
    NEED_INFO_HANDLING = "need_info_handling"
    SUSPENDED = "suspended"
    FEEDBACK = "feedback"
    VERIFYING = "verifying"
    CLOSED = "closed"
    EVALUATED = "evaluated"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"
    ARCHIVED = "archived"


PHASE_WORDS: Mapping[Phase, str] = {
    Phase.COLLECTED: "已采集",
    Phase.TRIAGE: "待受理",
    Phase.NEED_INFO_INTAKE: "待补充",
    Phase.ANSWERED: "已答复",
    Phase.DECLINED: "不予受理",
    Phase.REGISTERED: "已立案待派",
    Phase.DISPATCHED: "已派待签",
    Phase.DISPUTED: "派单争议",
    Phase.IN_PROGRESS: "办理中",
    Phase.NEED_INFO_HANDLING: "待补充（办理）",
    Phase.SUSPENDED: "挂账",
    Phase.FEEDBACK: "已反馈待核",
    Phase.VERIFYING: "请您确认",
    Phase.CLOSED: "已结案",
    Phase.EVALUATED: "已评价",
    Phase.MERGED: "并案",
    Phase.WITHDRAWN: "已撤回",
    Phase.DISCARDED: "不是诉求",
    Phase.ARCHIVED: "已归档",
}

ENDED = frozenset(
    {
        Phase.ANSWERED,
        Phase.DECLINED,
        Phase.CLOSED,
        Phase.EVALUATED,
        Phase.MERGED,
        Phase.WITHDRAWN,
        Phase.DISCARDED,
        Phase.ARCHIVED,
    }
)
OPEN = frozenset(Phase) - ENDED


class Who(StrEnum):
    RESIDENT = "resident"
    PROXY = "proxy"
    BOT = "bot"
    DESK = "desk"
    DISPATCHER = "dispatcher"
    AGENCY = "agency"
    GRID_WORKER = "grid_worker"
    VERIFIER = "verifier"
    ARBITRATOR = "arbitrator"
    SUPERVISOR = "supervisor"
    EVALUATOR = "evaluator"
    AUDITOR = "auditor"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Move:
    """An event of a case: the phases it leads between, who may cause it, and its Chinese name."""

    name: str
    word: str
    edges: tuple[tuple[Phase, Phase], ...]
    who: frozenset[Who]
    built: bool = True
    both: bool = False  # needs every one of `who` together, not any one of them


def _move(
    name: str,
    word: str,
    origins: Iterable[Phase],
    targets: Iterable[Phase] | None,
    who: Iterable[Who],
    *,
    built: bool = True,
    both: bool = False,
) -> Move:
    ends = None if targets is None else tuple(targets)
    edges = tuple((o, t) for o in origins for t in ((o,) if ends is None else ends))
    return Move(name, word, edges, frozenset(who), built, both)


_HANDLED = (Phase.REGISTERED, Phase.DISPATCHED, Phase.DISPUTED, Phase.IN_PROGRESS)
_BEFORE_FEEDBACK = (Phase.TRIAGE, *_HANDLED)
_WITHDRAWABLE = (
    Phase.COLLECTED,
    Phase.TRIAGE,
    Phase.NEED_INFO_INTAKE,
    *_HANDLED,
    Phase.NEED_INFO_HANDLING,
    Phase.SUSPENDED,
    Phase.FEEDBACK,
    Phase.VERIFYING,
)
_P = Phase
_W = Who

MOVES: tuple[Move, ...] = (
    _move(
        "discard_noise", "不是诉求", [_P.COLLECTED, _P.TRIAGE], [_P.DISCARDED], [_W.BOT, _W.DESK]
    ),
    _move("restore", "恢复", [_P.DISCARDED], [_P.TRIAGE], [_W.AUDITOR]),
    _move("classify", "分类", [_P.COLLECTED], [_P.TRIAGE], [_W.BOT, _W.DESK]),
    _move("ask_info_intake", "请补充", [_P.TRIAGE], [_P.NEED_INFO_INTAKE], [_W.BOT, _W.DESK]),
    _move("info_given_intake", "已补充", [_P.NEED_INFO_INTAKE], [_P.TRIAGE], [_W.RESIDENT]),
    _move(
        "info_timeout_intake",
        "逾期未补充",
        [_P.NEED_INFO_INTAKE],
        [_P.DECLINED],
        [_W.TIMER],
        built=False,
    ),
    _move("answer", "直接答复", [_P.TRIAGE], [_P.ANSWERED], [_W.BOT, _W.DESK]),
    _move("ack_answer", "认可答复", [_P.ANSWERED], [_P.CLOSED], [_W.RESIDENT, _W.TIMER]),
    _move("not_answered", "没答到点上", [_P.ANSWERED], [_P.REGISTERED], [_W.RESIDENT]),
    _move("accept", "立案", [_P.TRIAGE], [_P.REGISTERED], [_W.BOT, _W.DESK]),
    _move(
        "decline",
        "不予受理",
        [_P.TRIAGE],
        [_P.DECLINED],
        [_W.DESK, _W.SUPERVISOR],
        built=False,
        both=True,
    ),
    _move("appeal", "申诉", [_P.DECLINED], [_P.TRIAGE], [_W.RESIDENT], built=False),
    _move("merge", "并案", _BEFORE_FEEDBACK, [_P.MERGED], [_W.DESK, _W.DISPATCHER]),
    _move(
        "unmerge", "撤销并案", [_P.MERGED], [_P.REGISTERED], [_W.DESK, _W.DISPATCHER], built=False
    ),
    _move("dispatch", "派单", [_P.REGISTERED], [_P.DISPATCHED], [_W.BOT, _W.DISPATCHER]),
    _move("self_handle", "自办", [_P.REGISTERED], [_P.IN_PROGRESS], [_W.GRID_WORKER], built=False),
    _move("sign", "签收", [_P.DISPATCHED], [_P.IN_PROGRESS], [_W.AGENCY]),
    _move("deem_signed", "视为签收", [_P.DISPATCHED], [_P.IN_PROGRESS], [_W.TIMER]),
    _move("reject", "拒签", [_P.DISPATCHED], [_P.DISPUTED], [_W.AGENCY], built=False),
    _move(
        "arbitrate_assign",
        "裁定改派",
        [_P.DISPUTED],
        [_P.DISPATCHED],
        [_W.ARBITRATOR],
        built=False,
    ),
    _move(
        "arbitrate_lead", "裁定主办", [_P.DISPUTED], [_P.IN_PROGRESS], [_W.ARBITRATOR], built=False
    ),
    _move(
        "arbitrate_timeout",
        "逾期未裁定",
        [_P.DISPUTED],
        [_P.IN_PROGRESS],
        [_W.TIMER],
        built=False,
    ),
    _move(
        "escalate",
        "升级",
        (_P.TRIAGE, _P.REGISTERED, _P.DISPUTED, _P.IN_PROGRESS),
        [_P.REGISTERED],
        [_W.GRID_WORKER, _W.DISPATCHER, _W.TIMER],
        built=False,
    ),
    _move(
        "devolve",
        "下沉",
        [_P.TRIAGE, _P.REGISTERED, _P.DISPUTED, _P.IN_PROGRESS],
        [_P.REGISTERED],
        [_W.DISPATCHER],
        built=False,
    ),
    _move("whistle", "吹哨", [_P.IN_PROGRESS], None, [_W.AGENCY], built=False),
    _move("extend", "延期", [_P.IN_PROGRESS], None, [_W.SUPERVISOR], built=False),
    _move("suspend", "挂账", [_P.IN_PROGRESS], [_P.SUSPENDED], [_W.SUPERVISOR], built=False),
    _move(
        "resume",
        "恢复办理",
        [_P.SUSPENDED],
        [_P.IN_PROGRESS],
        [_W.SUPERVISOR, _W.TIMER],
        built=False,
    ),
    _move("ask_info_handling", "请补充", [_P.IN_PROGRESS], [_P.NEED_INFO_HANDLING], [_W.AGENCY]),
    _move(
        "info_given_handling", "已补充", [_P.NEED_INFO_HANDLING], [_P.IN_PROGRESS], [_W.RESIDENT]
    ),
    _move(
        "info_timeout_handling",
        "逾期未补充",
        [_P.NEED_INFO_HANDLING],
        [_P.IN_PROGRESS],
        [_W.TIMER],
    ),
    _move("report_done", "报告办结", [_P.IN_PROGRESS], [_P.FEEDBACK], [_W.AGENCY]),
    _move("start_verify", "开始核查", [_P.FEEDBACK], [_P.VERIFYING], [_W.VERIFIER, _W.TIMER]),
    _move(
        "rework",
        "退回重办",
        [_P.VERIFYING],
        [_P.IN_PROGRESS],
        [_W.VERIFIER, _W.RESIDENT, _W.PROXY],
    ),
    _move("resident_close", "居民确认解决", [_P.VERIFYING], [_P.CLOSED], [_W.RESIDENT, _W.PROXY]),
    _move(
        "confirm_close",
        "核查并确认",
        [_P.VERIFYING],
        [_P.CLOSED],
        [_W.VERIFIER, _W.RESIDENT],
        both=True,
    ),
    _move("silent_close", "无人回应结案", [_P.VERIFYING], [_P.CLOSED], [_W.VERIFIER], built=False),
    _move(
        "explained_close",
        "说明后结案",
        [_P.VERIFYING],
        [_P.CLOSED],
        [_W.VERIFIER, _W.SUPERVISOR],
        built=False,
        both=True,
    ),
    _move("withdraw", "撤回", _WITHDRAWABLE, [_P.WITHDRAWN], [_W.RESIDENT, _W.PROXY]),
    _move("undo_withdraw", "取消撤回", [_P.WITHDRAWN], [_P.REGISTERED], [_W.RESIDENT]),
    _move("evaluate", "评价", [_P.CLOSED], [_P.EVALUATED], [_W.RESIDENT, _W.TIMER, _W.EVALUATOR]),
    _move(
        "reopen",
        "重新打开",
        [_P.CLOSED, _P.EVALUATED],
        [_P.REGISTERED],
        [_W.RESIDENT, _W.SUPERVISOR],
    ),
    _move(
        "archive",
        "归档",
        [_P.EVALUATED, _P.DECLINED, _P.MERGED, _P.WITHDRAWN, _P.DISCARDED],
        [_P.ARCHIVED],
        [_W.TIMER],
        built=False,
    ),
)

BY_NAME: Mapping[str, Move] = {move.name: move for move in MOVES}


class WrongPhase(Refusal):
    code = "case_wrong_phase"
    text = "{number} 现在是“{phase}”，不能“{move}”。"
    status = 409


class NotYetPossible(Refusal):
    code = "case_move_not_open"
    text = "“{move}”这一步还没有开通，请联系社区。"
    status = 409


class UnknownMove(Refusal):
    code = "case_unknown_move"
    text = "没有“{move}”这一步。"
    status = 400


def check_move(number: str, phase: Phase, name: str, target: Phase | None = None) -> Phase:
    """The phase the event leads to from this one; a Refusal when it leads nowhere from here.

    `target` chooses among several ends of one event; it may be left out where there is one.
    """
    move = BY_NAME.get(name)
    if move is None:
        raise UnknownMove(move=name)
    if not move.built:
        raise NotYetPossible(move=move.word)
    ends = [end for origin, end in move.edges if origin is phase and target in (None, end)]
    if not ends:
        raise WrongPhase(number=number, phase=PHASE_WORDS[phase], move=move.word)
    assert len(ends) == 1, f"{name} from {phase} needs a target"
    return ends[0]


def fold(names: Iterable[str]) -> Phase:
    """The phase a case is in after these events, from its collection on."""
    phase = Phase.COLLECTED
    for name in names:
        phase = check_move("", phase, name)
    return phase


def flaws(moves: Iterable[Move] = MOVES) -> list[str]:
    """What is wrong with a table of moves, in words; empty when it can be used.

    Checked: every phase can be reached from `collected`, every phase can reach `archived`, no
    way from `registered` to `closed` avoids `verifying`, and nobody who handles a case, nor the
    bot or the clock alone, can close one that was registered. A proxy takes down what a resident
    said and never handles the case (cases/access.py: hats).
    """
    moves = tuple(moves)
    edges = {edge for move in moves for edge in move.edges}
    found = []
    reached = _reachable(edges, Phase.COLLECTED)
    found += [f"{phase} cannot be reached" for phase in Phase if phase not in reached]
    found += [
        f"{phase} never ends" for phase in Phase if Phase.ARCHIVED not in _reachable(edges, phase)
    ]
    around = {(a, b) for a, b in edges if Phase.VERIFYING not in (a, b)}
    if Phase.CLOSED in _reachable(around, Phase.REGISTERED):
        found.append("a registered case can be closed without verifying")
    independent = {Who.RESIDENT, Who.PROXY, Who.VERIFIER}
    for move in moves:
        closes = any(o is Phase.VERIFYING and t is Phase.CLOSED for o, t in move.edges)
        alone = move.who - independent
        if closes and alone and not (move.both and move.who & independent):
            found.append(f"{move.name} lets {', '.join(sorted(alone))} close alone")
    return found


def _reachable(edges: Iterable[tuple[Phase, Phase]], start: Phase) -> set[Phase]:
    edges = tuple(edges)
    seen = {start}
    while True:
        more = {t for o, t in edges if o in seen} - seen
        if not more:
            return seen
        seen |= more
