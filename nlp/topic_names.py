"""Topic names: a few plain words for what many texts tell of, with nothing of a single person."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from nlp.address import find_places, format_place
from nlp.masking import masked
from nlp.segment import fast_words

NAME_CHARACTERS_MAX = 26
NAME_CHARACTERS_MIN = 4
TITLES_MAX = 40
PLACES_MAX = 5
SHARE_LEAST = 0.25
UNNAMED = "说法相近的几条"
WORDS_MAX = 4
_LITTLE_FILE = Path(__file__).parent / "lexicon" / "little_words.txt"
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严魏陶姜谢邹章苏潘葛范彭鲁韦任袁柳唐罗薛雷贺汤殷郝傅齐余顾孟黄萧"
    "尹姚邵汪毛戴宋庞熊纪舒董梁杜阮贾郭林钟徐邱骆夏蔡田胡凌卢丁邓洪崔龚程陆翁段侯武刘叶赖谭"
)


_OPENING = re.compile(
    r"^(?:再次|强烈|实名|紧急|请求|请问|请|恳请|恳求|希望|关于|投诉|举报|反映|反应|咨询|询问|建议|对于|对|我要|我们|求|再|问)+"
)
_PERSON = re.compile(
    rf"[{SURNAMES}][\u4e00-\u9fff]{{0,2}}?"
    r"(?:先生|女士|小姐|阿姨|大爷|大妈|大伯|大姐|大哥|师傅|叔叔|奶奶|爷爷|老师|医生|律师|"
    r"书记|市长|区长|县长|局长|主任|科长|所长|村长|组长|经理|老板)"
)
_LONG_NUMBER = re.compile(r"[\d*xX]{5,}|\d[\d -]{6,}\d")
_NAMED_AREA = re.compile(
    r"(?P<district>[A-Z]\d{1,2}[区县市])?(?P<name>[\u4e00-\u9fff]{2,6}?(?:街道|社区|小区|大道|公园|花园|家园|国际城|新城|之城|"
    r"镇|村|苑|路(?![灯面边障上])))"
)
_WEAK_START = re.compile(r"^[栋楼幢号市区县的在于和与到是对请被把让将问投诉反映咨询关于建议望]+")
_EDGE = re.compile(r"^[\W_]+|[\W_的了吗呢和与及在]+$")


@cache
def little_words() -> frozenset[str]:
    """Words that say little about what a text is about, from the shipped list."""
    lines = _LITTLE_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def places_in(text: str) -> list[str]:
    """Places a text names, each once: buildings and facilities, districts with named areas."""
    found = dict.fromkeys(format_place(place) for place in find_places(text))
    for hit in _NAMED_AREA.finditer(text):
        name = _WEAK_START.sub("", hit["name"])
        if len(name) > 2:
            found.setdefault((hit["district"] or "") + name)
    return [name for name in found if 1 < len(name) <= 20]


def most_named(lists: Sequence[Sequence[str]]) -> list[str]:
    """The places most texts name, at most five; of a topic of several, those two name or more."""
    counts = Counter(name for names in lists for name in set(names))
    least = 2 if len(lists) > 2 else 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))
    chosen: list[str] = []
    for name, count in ranked:
        if count >= least and not any(name in other or other in name for other in chosen):
            chosen.append(name)
    return chosen[:PLACES_MAX]


def without_people(text: str) -> str:
    """`text` without numbers that may be telephones or cards and without people's names."""
    return _LONG_NUMBER.sub("", _PERSON.sub("", masked(text)))


def name_of(titles: Sequence[str]) -> str:
    """Words for a topic out of its members' titles, most central first.

    Only words that at least two members use (and a quarter of the first forty) can stand in it, so
    that nothing only one person wrote is shown: no name, no number, no telephone.
    """
    split = [_words(title) for title in titles[:TITLES_MAX]]
    counts = Counter(word for words in split for word in set(words))
    least = max(2, round(len(split) * SHARE_LEAST))
    best, best_worth = "", 0.0
    for words in split:
        name = _cut([word for word in words if counts[word] >= least])
        shared = sum(counts[word] for word in set(words) if counts[word] >= least and len(word) > 1)
        # A short title that says the same is easier to read.
        worth = shared / (6 + len(name))
        if len(name) >= NAME_CHARACTERS_MIN and worth > best_worth:
            best, best_worth = name, worth
    return best or UNNAMED


def words_name(texts: Sequence[str], places: Sequence[str]) -> str:
    """A name for texts without titles: the place most of them name, then words they share.

    The same rule as in `name_of` keeps single people out; beyond it a surname and what follows it
    is never taken, as people in a chat name each other.
    """
    clean = [without_people(text) for text in texts[:TITLES_MAX]]
    least = max(2, round(len(clean) * SHARE_LEAST))
    counts: dict[str, int] = {}
    for words in map(_telling_words, clean):
        for word in words:
            if word not in counts:
                counts[word] = sum(word in text for text in clean)
    shared = sorted((w for w in counts if counts[w] >= least), key=lambda w: (-counts[w], -len(w)))
    chosen = [name for name in places[:1] if sum(name in text for text in clean) >= least]
    for word in shared:
        if len(chosen) < WORDS_MAX and not any(word in one or one in word for one in chosen):
            chosen.append(word)
    return "、".join(chosen)[:NAME_CHARACTERS_MAX] or UNNAMED


def _telling_words(text: str) -> list[str]:
    words, after_surname = [], False
    for word in fast_words(text):
        is_surname = len(word) == 1 and word in SURNAMES
        if len(word) > 1 and word.isalpha() and not after_surname and word not in little_words():
            words.append(word)
        after_surname = is_surname or (after_surname and len(word) == 1)
    return words


def _words(title: str) -> list[str]:
    clean = _OPENING.sub("", without_people(title).strip())
    return [word for word in fast_words(clean) if not re.fullmatch(r"[\s_]+", word)]


def _cut(words: Sequence[str]) -> str:
    name = ""
    for word in words:
        if len(name) + len(word) > NAME_CHARACTERS_MAX:
            break
        name += word
    return _EDGE.sub("", name)
