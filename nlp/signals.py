"""Signals: what of a message and of the talk around it the chat model looks at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.categories import lexicon_numbers
from nlp.ngrams import chat_pieces
from nlp.rules import danger_rules, shielded

INTENT_COUNT = 11
CATEGORY_COUNT = 13
TEXT_CHARACTERS = 300
SHORT = 12
QUOTE = re.compile(r"^[「\"“](.{1,200}?)[」\"”]\n(?:[- ]{3,}\n)?", re.DOTALL)

_STAFF = re.compile(
    r"物业|客服|管家|保安|维修|工程|保洁|秩序|中控|项目|前台|绿化|电工|水管|维保|安保|门卫|监控|财务"
)
_OFFICE = re.compile(
    r"网格|社区|街道|村委|书记|主任|支书|村官|民警|警官|警察|派出所|居委|会计|村长|组长|专干|专委|助理|协理|"
    r"城管|妇联|团委|应急|民政|残联|医生|护士|卫生|老师|站长|队长|楼长|业委会|筹备|联络|治保|护林|流管|志愿|司法|调解"
)
_SELLER = re.compile(
    r"^a[\u4e00-\u9fff]|团长|团购|水果|果蔬|鸡蛋|蔬菜|生鲜|驿站|店|馆|中介|装修|家政|保险|招工|月嫂|培训|托管|美容|"
    r"优选|批发|直供|搬家|管道|开锁|家具|定制|房产|地产|代理|微商|超市|便利|洗衣|健身|瑜伽|美甲"
)
_ROOM = re.compile(r"\d{1,2}[-#]|\d{3,4}|[栋幢室组]")
_CHAIN = re.compile(r"(?:^|\n)\s*\d{1,3}[.、．)]\s*\S")
_MEDIA = re.compile(r"\[(?:图片|视频|照片|语音|位置|文件|链接)\]")
_BRACKETS = re.compile(r"\[[^\[\]]{1,12}\]|[\U0001f000-\U0001faff\u2600-\u27bf]")
_ASK = re.compile(
    r"[?？吗么嘛不没][?？!]*$|怎么|咋|啥|什么|几点|多少|哪[里儿块个家位]?|谁|能不能|可不可以|有没有|是不是|请问"
)
_POLITE = re.compile(r"谢谢|感谢|多谢|辛苦|麻烦了|收到|好的|晓得|巴适|得行|中$|ok")
_ADVICE = re.compile(
    r"建议|最好|应该|不如|要不|提议|能不能|可以.{0,12}[吗吧]|希望|支持|赞成|同意|附议|依我"
)
_FORMAL = re.compile(
    r"通知|各位(?:业主|居民|村民|邻居|家长)|尊敬|温馨提示|敬请|截止|@所有人|请大家|【"
)
_AGAIN = re.compile(
    r"又|还是|还没|天天|每次|老是|一直|好几|第[二三四五几0-9]+[次回]|没人(?:管|理|修)|\d+天"
)
_PRICE = re.compile(
    r"\d+(?:块|元|折|斤)|包邮|现货|需要.{0,3}私|加微|优惠|特价|免费|上门|预定|到货|下单"
)


@dataclass(frozen=True, slots=True)
class Around:
    """What the model made of earlier messages: probabilities by intent and by category.

    `own` is the same sender's last message, `last` the group's last, `window` the highest of the
    last ones; empty tuples where there is none.
    """

    own: Sequence[float] = ()
    last: Sequence[float] = ()
    window: Sequence[float] = ()
    last_is_own: bool = False
    known: bool = False


NOTHING_AROUND = Around()
SIDE = INTENT_COUNT + CATEGORY_COUNT
NUMBER_COUNT = 30 + CATEGORY_COUNT + 5 * SIDE + 4
_NO_SIDE = [0.0] * SIDE


def without_quote(text: str) -> str:
    """The writer's own words of a plain message that quotes another."""
    hit = QUOTE.match(text)
    return text[hit.end() :] if hit else text


def bare_sign(text: str) -> bool:
    """Whether a plain message is only pictures, videos and faces."""
    return bool(_MEDIA.search(text)) and not _BRACKETS.sub("", text).strip()


def pieces_of(text: str, sender: str | None) -> list[str]:
    """The n-grams of a plain chat message and of the writer's name."""
    pieces = chat_pieces(without_quote(text)[:TEXT_CHARACTERS])
    if sender:
        name = re.sub(r"\d", "0", sender.lower())[:20]
        pieces += ["s:" + name[i : i + 2] for i in range(len(name) - 1)]
    return pieces


def numbers_of(
    text: str, sender: str | None, *, addressed: bool, around: Around = NOTHING_AROUND
) -> list[float]:
    """The numbers beside the n-grams: cues of a plain text, the writer's part, the talk around.

    Those of the talk stand last and are left out where none is known; `all_numbers` fills them up.
    """
    own = without_quote(text)
    size = len(own)
    bare = _BRACKETS.sub("", own).strip()
    cues = [
        min(size, 120) / 40.0,
        size <= 2,
        size <= 6,
        size > 40,
        size > 100,
        "?" in own,
        "!" in own,
        "!!" in own,
        _MEDIA.search(own) is not None,
        not bare,
        "@" in own,
        addressed or "小栖" in own or "小七" in own,
        size != len(text),
        _CHAIN.search(own) is not None,
        own.count("\n") >= 2,
        _ASK.search(own) is not None,
        _POLITE.search(own) is not None,
        _ADVICE.search(own) is not None,
        _FORMAL.search(own) is not None,
        _AGAIN.search(own) is not None,
        _PRICE.search(own) is not None,
        bool(danger_rules(own)),
        shielded(own),
        *_part(sender),
        1.0,
    ]
    numbers = [float(cue) for cue in cues]
    numbers += lexicon_numbers(own[:TEXT_CHARACTERS])
    return with_talk(numbers, text, around)


def with_talk(numbers: Sequence[float], text: str, around: Around) -> list[float]:
    """Numbers of a plain text by itself and, behind them, those of the talk around it."""
    numbers = list(numbers)
    if around is NOTHING_AROUND:
        return numbers
    own = without_quote(text)
    size, bare = len(own), _BRACKETS.sub("", own).strip()
    bare_own = around.own if not bare else ()
    short_own = around.own if bare and size <= SHORT else ()
    for side in (around.own, around.last, around.window, bare_own, short_own):
        numbers += side if side else _NO_SIDE
    numbers += [float(around.known), float(around.last_is_own)]
    numbers += [float(bool(around.own)), float(bool(around.last))]
    return numbers


def all_numbers(numbers: Sequence[float]) -> list[float]:
    """Numbers of `numbers_of` with zeros for what is not known, always NUMBER_COUNT."""
    return [*numbers, *[0.0] * (NUMBER_COUNT - len(numbers))]


def _part(sender: str | None) -> list[bool]:
    if not sender:
        return [True, False, False, False, False, False]
    name = sender.lower()
    staff, office = bool(_STAFF.search(name)), bool(_OFFICE.search(name))
    seller = bool(_SELLER.search(name))
    plain_neighbour = not (staff or office or seller)
    return [False, staff, office, seller, _ROOM.search(name) is not None, plain_neighbour]
