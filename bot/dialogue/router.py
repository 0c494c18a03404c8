"""Which handler answers a message: ordered tables, first match wins."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.dialogue import binding, danger, help, my_cases, questions, report, staff
from bot.dialogue.turn import Turn, quiet, say
from bot.messages import Answer, Kind
from community.tables import DISTRICT
from core.transaction import Transaction
from nlp.reading import Intent

Handler = Callable[[Transaction, Turn], Answer]
MaybeHandler = Callable[[Transaction, Turn], Answer | None]

NUMBER = r"(?P<number>[A-Za-z]{2,8}-?\d{8}-?\d{4,})"

# Words residents have learned; a change is announced one release ahead.
ROUTES: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (re.compile(r"^(?:帮助|help|[?？]|菜单|你是谁|你会什么)[?？!！。]*$", re.I), help.show_help),
    (re.compile(r"^(?:撤销|取消|这不是诉求|弄错了|搞错了|不是诉求)[!！。]*$"), report.undo),
    (
        re.compile(r"^(?:我的事|我的案件|我的诉求|我的进度|进度|查进度)[?？。]*$"),
        my_cases.list_mine,
    ),
    (
        re.compile(r"^(?:绑定|bd)\s*(?P<code>[0-9A-Za-z-]{6,12})\s*(?P<name>\S{0,20})$", re.I),
        binding.bind_code,
    ),
    (re.compile(r"^(?:绑定|怎么绑定|我要绑定)[?？。]*$"), binding.how_to_bind),
    (re.compile(r"^(?:人工|找人工|转人工|找社区|找工作人员)[!！。]*$"), questions.call_person),
    (
        re.compile(r"^(?:没帮上忙?|没帮到我?|没有?帮助|没用上|答非所问|不是我要的)[,，!！。~]*$"),
        questions.no_help,
    ),
    (re.compile(rf"^(?:撤回|撤销)\s*{NUMBER}[。]*$"), my_cases.take_back),
    (re.compile(rf"^签收\s*{NUMBER}[。]*$"), staff.sign_case),
    (re.compile(rf"^办结\s*{NUMBER}\s*[，,:：]?\s*(?P<words>.+)$", re.S), staff.finish_case),
    (re.compile(rf"^(?:解决了|已解决|好了|确认)\s*{NUMBER}[。!！]*$"), my_cases.solved),
    (re.compile(rf"^(?:没解决|没有|还没)\s*{NUMBER}.*$", re.S), my_cases.not_solved),
    (re.compile(rf"^(?:查|查询|编号)?\s*{NUMBER}[?？。]*$"), my_cases.show_one),
)

# In private, a bare yes or no is about the case that was asked about.
PRIVATE_ROUTES: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (
        re.compile(
            r"^(?:是|是的|解决了|已解决|已经解决了?|好了|修好了|确认|确认解决了?)[，,。!！]*(?:谢谢)?[。!！]*$"
        ),
        my_cases.solved,
    ),
    (
        re.compile(
            r"^(?:没有|没|不是|没解决|还没有?|还没解决|未解决|没好|没修好)(?:[，,。!！、 ].*)?$",
            re.S,
        ),
        my_cases.not_solved,
    ),
)

# What an open dialogue is waiting for; a handler that returns None lets the message pass on.
FLOWS: Mapping[str, MaybeHandler] = {
    "where": report.place_given,
    my_cases.WHY_FLOW: my_cases.why_given,
    my_cases.RATE_FLOW: my_cases.rated,
    my_cases.INFO_FLOW: my_cases.info_given,
}

ME_TOO = re.compile(
    r"^(?:我也(?:是|遇到)|我们?家?也(?:是|这样|一样)|附议|同上|同问|[+＋]\s*1|me too"
    r"|俺家?也是|我哋都係)",
    re.I,
)

KINDS: Mapping[Kind, Handler] = {
    Kind.FOLLOW: help.welcome,
    Kind.UNKNOWN: help.unknown_kind,
    Kind.LINK: help.unknown_kind,
}

CLICKS: Mapping[str, Handler] = {
    "my_cases": my_cases.list_mine,
    "help": help.show_help,
    "person": questions.call_person,
    "bind": binding.how_to_bind,
}


# Commands that mean the bot even when nobody calls it by name in a group.
PLAIN_WORDS = tuple(
    pattern
    for pattern, handler in ROUTES
    if handler
    not in (help.show_help, questions.call_person, my_cases.list_mine, binding.how_to_bind)
)


def dispatch(tx: Transaction, turn: Turn) -> Answer:
    """Answer one message; a Refusal raised on the way undoes it all and is the answer."""
    kind = turn.incoming.kind
    if turn.community_id == DISTRICT and turn.reading.intent is Intent.EMERGENCY:
        return say(danger.ALL_CALLS, "calls_only")
    if kind is Kind.SCAN:
        return binding.scanned(tx, turn)
    if kind is Kind.CLICK:
        return CLICKS.get(turn.incoming.scene, help.show_help)(tx, turn)
    if kind in KINDS:
        return KINDS[kind](tx, turn)
    if turn.reading.intent is Intent.EMERGENCY:
        return danger.alarm(tx, turn)
    known = _first_match(tx, turn, ROUTES)
    if known is not None:
        return known
    if turn.memory is not None and turn.memory.flow in FLOWS:
        answer = FLOWS[turn.memory.flow](tx, turn)
        if answer is not None:
            return answer
    if turn.group is None:
        known = _first_match(tx, turn, PRIVATE_ROUTES)
        if known is not None:
            return known
    if turn.community_id == DISTRICT:
        return say("请先告诉我您住哪个社区：扫社区的二维码，或发“绑定 验证码”。", "no_community")
    return _by_meaning(tx, turn)


def _first_match(
    tx: Transaction, turn: Turn, routes: tuple[tuple[re.Pattern[str], Handler], ...]
) -> Answer | None:
    for pattern, handler in routes:
        if match := pattern.match(turn.text):
            return handler(tx, replace(turn, match=match))
    return None


def _by_meaning(tx: Transaction, turn: Turn) -> Answer:
    """No word we know: what the reading says it is."""
    if ME_TOO.match(turn.text):
        joined = report.me_too(tx, turn)
        if joined is not None:
            return joined
    if not turn.text:
        return picture_alone(tx, turn)
    answered = questions.answer(tx, turn)
    if answered is not None:
        return answered
    if turn.reading.intent is Intent.COMMAND or (
        turn.incoming.addressed and not turn.reading.concerns_us and turn.reading.category
    ):
        turn = replace(turn, reading=report.as_request(turn.reading))
    if turn.reading.concerns_us:
        return questions.handed_on(tx, turn, report.report(tx, turn))
    return questions.unknown(tx, turn)


def picture_alone(tx: Transaction, turn: Turn) -> Answer:
    """A picture or voice note without words: it belongs to what the sender said last, if open."""
    if turn.joined_case is not None:
        return quiet("followed", case_id=str(turn.joined_case))
    if turn.group is not None:
        return quiet("ignored")
    return Answer("收到。请再说一句是什么事、在哪里，我好登记。", {"action": "talk"})
