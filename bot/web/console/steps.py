"""What staff can do with a case on its page: one table of forms, and what each of them does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlmodel import col, select

from bot.web.forms import Fields, FormTrouble, Upload
from bot.web.pictures import PHOTO_BYTES_MAX
from cases import proxy, steps
from cases.access import access_case, access_case_numbered, hats, moves_open
from cases.desk import TEXT_MAX
from cases.duties import duty_for
from cases.proxy import Way
from cases.rules import ENDED, Phase, Who
from cases.tables import Case, Confirmation, Party, PartyRole, Urgency
from core.errors import NotFound
from core.transaction import Transaction
from nlp.categories import CATEGORIES

PLACE_MAX = 60
NUMBER_MAX = 40
OUTCOMES: Mapping[str, str] = {"withdrawn": "本人说不用办了", "not_a_matter": "本来就不是诉求"}
WAYS: Mapping[Way, str] = {Way.PHONE: "来电", Way.DESK: "到场"}


@dataclass(frozen=True, slots=True)
class Filled:
    """What a step form may carry; a step reads only its own fields."""

    text: str = ""
    agency_id: int | None = None
    category: str = ""
    place: str = ""
    urgency: Urgency = Urgency.NORMAL
    into: str = ""
    photo: Upload | None = None
    party_id: int = 0
    answer: str = ""
    way: Way = Way.PHONE
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class StepForm:
    """One next step as a form: its words, its fields, and who is told what comes of it.

    `warns` names the consequence of what cannot be taken back; the form then asks for a tick.
    """

    key: str
    word: str
    button: str
    hint: str
    fields: tuple[str, ...] = ()
    warns: str = ""
    text_label: str = ""
    text_hint: str = ""
    templates: tuple[str, ...] = ()


STEPS: tuple[StepForm, ...] = (
    StepForm(
        "sign",
        "签收",
        "签收",
        "签收后由您单位办理，居民会收到“已有人接手”。",
    ),
    StepForm(
        "report_done",
        "反馈办结",
        "报告办好了",
        "会马上问居民“解决了吗”；居民说没解决就退回来接着办。",
        ("text", "photo"),
        text_label="怎么办的",
        text_hint="居民会看到这句话。写做了什么，不写套话。",
        templates=("已更换损坏部件，试过可以正常使用。", "已清理干净，并加了巡查。"),
    ),
    StepForm(
        "accept",
        "立案",
        "立案",
        "立案后对外的时限开始走，居民会知道谁在办、什么时候前办好。",
        ("category", "place", "urgency", "agency"),
    ),
    StepForm(
        "dispatch",
        "派单",
        "派给这家",
        "承办单位的人会马上收到消息。",
        ("agency",),
    ),
    StepForm(
        "answer",
        "直接答复",
        "发出答复",
        "不用派单的咨询，直接答给居民；居民说没答到点上会转为立案。",
        ("text",),
        text_label="答复",
        text_hint="居民会原样看到。",
    ),
    StepForm(
        "ask_info",
        "请居民补充",
        "发出问题",
        "机器人会私下问反映的人；最多等 72 小时。",
        ("text",),
        text_label="要问什么",
        templates=("请问具体在几栋几单元？", "方便拍一张照片吗？", "这种情况有多久了？"),
    ),
    StepForm(
        "confirm_both",
        "核查结案",
        "核查属实，结案",
        "居民已经确认；您到现场核过，这件事就结案。",
        ("text",),
        warns="结案后居民 30 天内可以重新打开。",
        text_label="核查情况",
    ),
    StepForm(
        "rework",
        "退回重办",
        "退回重办",
        "退给承办单位接着办，对外时限不变。",
        ("text",),
        text_label="哪里没解决",
    ),
    StepForm(
        "record_answer",
        "代记回话",
        "记下",
        "来电或到场的人说的，算他本人的回话，会标明是您代记；有聊天的人会收到您记了什么。",
        ("answer", "text"),
        text_label="他怎么说的",
        text_hint="照原话写一句。",
    ),
    StepForm(
        "reopen",
        "重新打开",
        "重新打开",
        "重新立案办理，会告诉当事人。",
        ("text",),
        text_label="为什么重新打开",
    ),
    StepForm(
        "say",
        "给居民留言",
        "发出",
        "反映和附议的人在自己的页面上能看到。",
        ("text",),
        text_label="留言",
    ),
    StepForm(
        "note",
        "内部备注",
        "记下",
        "只有工作人员和承办单位能看到。",
        ("text",),
        text_label="备注",
    ),
    StepForm(
        "classify",
        "改类别地点",
        "改好了",
        "只改记录，不改变办理的时限。",
        ("category", "place", "urgency"),
    ),
    StepForm(
        "merge",
        "并案",
        "并过去",
        "反映这一件的人都会跟着过去，进展照样告诉他们。",
        ("into",),
        warns="这一件到此为止，以后只在那一件里办。",
    ),
    StepForm(
        "withdraw",
        "替他撤回",
        "撤回",
        "派错了、听错了，或者本人说不用办了。承办单位和本人都会收到消息。",
        ("outcome", "text"),
        warns="这一件不再办；反映的人 72 小时内可以取消撤回。",
        text_label="为什么撤回",
        text_hint="反映的人会看到这句话。",
        templates=("已和本人通过电话，他说不用办了。", "机器人听错了，这不是要办的事。"),
    ),
    StepForm(
        "discard",
        "不是诉求",
        "作废",
        "会告诉当事人“社区看过，不作为诉求办理”，理由他看得到。",
        ("text",),
        warns="作废后这一件不再办理，记录留着。",
        text_label="理由",
        templates=("邻里闲聊，没有要办的事。", "转发的消息，不是本社区的事。"),
    ),
)
BY_KEY: Mapping[str, StepForm] = {step.key: step for step in STEPS}
OF_MOVE: Mapping[str, str] = {
    "sign": "sign",
    "report_done": "report_done",
    "accept": "accept",
    "dispatch": "dispatch",
    "answer": "answer",
    "ask_info_intake": "ask_info",
    "ask_info_handling": "ask_info",
    "merge": "merge",
    "rework": "rework",
    "reopen": "reopen",
    "discard_noise": "discard",
    "withdraw": "withdraw",
}
"""Which form belongs to a move of cases/rules.py; moves of residents and clocks have none."""
STAFF_OF: Mapping[str, frozenset[Who]] = {
    "rework": frozenset({Who.VERIFIER}),
    "reopen": frozenset({Who.SUPERVISOR}),
    "withdraw": frozenset({Who.PROXY}),
}
"""Steps that a resident may cause too: on the console they need one of these parts."""


def steps_open(tx: Transaction, case: Case) -> list[StepForm]:
    """The forms this actor may use on this case now, the likely one first."""
    mine = hats(tx, case)
    open_keys = {
        OF_MOVE[move.name]
        for move in moves_open(tx, case)
        if move.name in OF_MOVE and (move.name not in STAFF_OF or mine & STAFF_OF[move.name])
    }
    if case.phase is Phase.VERIFYING and Who.PROXY in mine and _waits_for_answer(tx, case):
        open_keys.add("record_answer")
    if _may_confirm(tx, case, mine):
        open_keys.add("confirm_both")
    if mine & {Who.DESK} and case.phase not in ENDED:
        open_keys.add("classify")
    if mine - {Who.RESIDENT}:
        open_keys |= {"say", "note"}
    return [step for step in STEPS if step.key in open_keys]


def read_step(step: StepForm, data: Fields) -> Filled:
    """What was filled in; FormTrouble when something must be put right."""
    label = step.text_label or "内容"
    filled = Filled(
        text=data.text("text", label, most=TEXT_MAX) if "text" in step.fields else "",
        agency_id=data.row_id("agency", "承办单位", required=step.key == "dispatch")
        if "agency" in step.fields
        else None,
        category=data.choice("category", "类别", CATEGORIES) if "category" in step.fields else "",
        place=data.text("place", "地点", most=PLACE_MAX, required=False)
        if "place" in step.fields
        else "",
        urgency=data.one_of("urgency", "缓急", Urgency)
        if "urgency" in step.fields
        else Urgency.NORMAL,
        into=data.text("into", "编号", most=NUMBER_MAX) if "into" in step.fields else "",
        photo=data.upload("photo", "照片", bytes_max=PHOTO_BYTES_MAX)
        if "photo" in step.fields
        else None,
        party_id=(data.row_id("party", "是谁说的") or 0) if "answer" in step.fields else 0,
        answer=data.choice("answer", "解决了没有", ("yes", "no"))
        if "answer" in step.fields
        else "",
        way=data.one_of("way", "怎么说的", Way) if "answer" in step.fields else Way.PHONE,
        outcome=data.choice("outcome", "撤回的缘由", OUTCOMES) if "outcome" in step.fields else "",
    )
    if step.warns and not data.flag("sure"):
        data.wrong("sure", "请先在“我知道”前打勾。")
    data.check()
    return filled


def take_step(tx: Transaction, case_id: int, key: str, filled: Filled) -> None:
    """Do the step; every right is checked by the domain itself."""
    _TAKE[key](tx, case_id, filled)


def quick_step(tx: Transaction, case_id: int, key: str) -> None:
    """Do a step that needs no words, from a list: sign, or dispatch to whom the duty list names."""
    if key == "dispatch":
        steps.dispatch(tx, case_id)
    elif key == "sign":
        steps.sign(tx, case_id)
    else:
        raise NotFound


def _accept(tx: Transaction, case_id: int, filled: Filled) -> None:
    """Register, with what the clerk put right, and give it on where somebody answers for it."""
    case = access_case(tx, case_id, to_change=True)
    before = (case.category, case.place, case.urgency)
    if before != (filled.category, filled.place or None, filled.urgency):
        _classify(tx, case_id, filled)
    case = steps.accept(tx, case_id)
    agency_id = filled.agency_id
    duty = duty_for(
        tx, community_id=case.community_id, category=case.category, category2=case.category2
    )
    if agency_id is None and duty is not None:
        agency_id = duty.agency_id
    if agency_id is not None and tx.actor.can("case.dispatch", case.community_id):
        steps.dispatch(tx, case_id, agency_id=agency_id)


def _classify(tx: Transaction, case_id: int, filled: Filled) -> None:
    case = access_case(tx, case_id)
    steps.classify(
        tx,
        case_id,
        category=filled.category,
        category2=case.category2 if filled.category == case.category else None,
        place=filled.place or None,
        urgency=filled.urgency,
    )


def _merge(tx: Transaction, case_id: int, filled: Filled) -> None:
    try:
        other = access_case_numbered(tx, filled.into)
    except NotFound:
        raise FormTrouble(
            {"into": "没有找到这个编号，请核对一下。"}, {"into": filled.into}
        ) from None
    steps.merge(tx, case_id, into=other.id)


def _waits_for_answer(tx: Transaction, case: Case) -> bool:
    query = select(Party.id).where(col(Party.case_id) == case.id, col(Party.is_solved).is_(None))
    return tx.exec(query.limit(1)).first() is not None


def _may_confirm(tx: Transaction, case: Case, mine: frozenset[Who]) -> bool:
    fits = case.phase is Phase.VERIFYING and case.confirmation is Confirmation.BOTH
    if not fits or Who.VERIFIER not in mine:
        return False
    query = select(Party.is_solved, Party.answered_by).where(
        col(Party.case_id) == case.id, col(Party.role) == PartyRole.REPORTER
    )
    asked = tx.exec(query).first()
    # Whoever took the answer down does not also check it.
    if asked is None or not asked[0]:
        return False
    return asked[1] is None or asked[1] != tx.actor.id


Take = Callable[[Transaction, int, Filled], object]
_TAKE: Mapping[str, Take] = {
    "sign": lambda tx, case_id, _: steps.sign(tx, case_id),
    "report_done": lambda tx, case_id, f: steps.report_done(tx, case_id, text=f.text),
    "accept": _accept,
    "dispatch": lambda tx, case_id, f: steps.dispatch(tx, case_id, agency_id=f.agency_id),
    "answer": lambda tx, case_id, f: steps.answer_directly(tx, case_id, text=f.text),
    "ask_info": lambda tx, case_id, f: steps.ask_info(tx, case_id, text=f.text),
    "classify": _classify,
    "merge": _merge,
    "confirm_both": lambda tx, case_id, f: steps.confirm_both(tx, case_id, text=f.text),
    "rework": lambda tx, case_id, f: steps.rework(tx, case_id, reason=f.text),
    "record_answer": lambda tx, case_id, f: proxy.record_answer(
        tx, case_id, party_id=f.party_id, solved=f.answer == "yes", way=f.way, text=f.text
    ),
    "withdraw": lambda tx, case_id, f: proxy.withdraw_for(
        tx, case_id, text=f.text, outcome=f.outcome
    ),
    "reopen": lambda tx, case_id, f: steps.reopen(tx, case_id, reason=f.text),
    "discard": lambda tx, case_id, f: steps.discard(tx, case_id, reason=f.text),
    "say": lambda tx, case_id, f: steps.say(tx, case_id, text=f.text),
    "note": lambda tx, case_id, f: steps.say(tx, case_id, text=f.text, is_public=False),
}
assert set(_TAKE) == set(BY_KEY)
