"""What the bot is, what it can do, and how to get a person."""

from bot.dialogue.report import note_request, report_of
from bot.dialogue.turn import Turn, quiet, say
from bot.messages import Answer
from cases.desk import open_case
from cases.tables import Disposition
from core.transaction import Transaction

TEXT = (
    "我是社区机器人{name}，不是真人。您可以：\n"
    "· 直接说哪里有什么问题，我来登记、转给该办的人\n"
    "· 发“我的事”看进度，发编号看一件\n"
    "· 回“解决了”或“没解决，因为…”\n"
    "· 回“撤销”取消刚才登记的\n"
    "· 发“绑定 验证码”绑定您家\n"
    "· 发“人工”找社区工作人员\n"
    "危险请先打 119 / 110 / 120。"
)


def show_help(tx: Transaction, turn: Turn) -> Answer:
    """What residents can write; in a group one line."""
    name = turn.group.bot_name if turn.group else ""
    if turn.group is not None:
        return say(f"我是社区机器人{name}。有事@我直接说；进度、绑定请私信我。", "help")
    return say(TEXT.format(name=name), "help")


def welcome(tx: Transaction, turn: Turn) -> Answer:
    """The first words to someone who follows the account."""
    return say("您好！" + TEXT.format(name=""), "welcome")


def call_person(tx: Transaction, turn: Turn) -> Answer:
    """Someone wants a person: it goes to the desk as a matter of its own."""
    opened = open_case(tx, report_of(turn, is_sure=False))
    note_request(tx, turn, Disposition.OPENED, opened.case_id)
    return say(
        f"好的，已转给社区工作人员（{opened.number}），上班时间会联系您。急事请直接打社区电话。",
        "opened",
        number=opened.number,
        case_id=str(opened.case_id),
    )


def small_talk(tx: Transaction, turn: Turn) -> Answer:
    """In private everything gets an answer; in a group talk is let go."""
    if turn.group is not None and not turn.incoming.addressed:
        return quiet("ignored")
    if turn.reading.intent.value == "thanks":
        return say("不客气！", "thanks")
    return say(
        "我是社区机器人。哪里有问题请直接说，例如“3栋2单元电梯坏了”；发“帮助”看我会什么。", "talk"
    )


def unknown_kind(tx: Transaction, turn: Turn) -> Answer:
    """A kind of message nobody can read here."""
    if turn.group is not None:
        return quiet("ignored")
    return say("这种消息我看不懂，请用文字、图片或语音告诉我。", "unknown_kind")
