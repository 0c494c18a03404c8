"""Words: jieba with the community's names is the segmenter of record, rjieba the fast one."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlp.categories import lexicon
from nlp.plain import plain

NAMES_MAX = 20_000
NAME_FREQUENCY = 50_000

_COMMON = frozenset(
    {
        "我们",
        "你们",
        "他们",
        "大家",
        "这个",
        "那个",
        "什么",
        "怎么",
        "现在",
        "今天",
        "昨天",
        "明天",
        "一个",
        "没有",
        "已经",
        "就是",
        "还是",
        "可以",
        "不是",
        "知道",
        "请问",
        "谢谢",
        "希望",
        "建议",
        "图片",
        "视频",
        "时候",
        "有人",
        "哪个",
        "这里",
        "那里",
        "这边",
        "那边",
        "自己",
        "一直",
        "因为",
        "所以",
        "但是",
        "如果",
        "真的",
        "问题",
    }
)


@dataclass(frozen=True, slots=True)
class Segmenter:
    """A dictionary of names on top of jieba's own, loaded once per set of names."""

    tokenizer: Any

    def words(self, text: str) -> list[str]:
        """The words of a text in order, spaces and line breaks left out."""
        return [word for word in self.tokenizer.cut(text, HMM=False) if word.strip()]


def jieba_module() -> Any:
    """The jieba package, quiet: its source still warns of old escapes when first compiled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba  # slow import
    jieba.setLogLevel("ERROR")
    return jieba


@lru_cache(maxsize=4)
def segmenter(names: tuple[str, ...] = ()) -> Segmenter:
    """The segmenter that knows our lexicon and these names of the district."""
    tokenizer = jieba_module().Tokenizer()
    tokenizer.initialize()
    for name in (*lexicon().meanings, *names[:NAMES_MAX]):
        if len(name) > 1:
            tokenizer.add_word(plain(name), freq=NAME_FREQUENCY)
    return Segmenter(tokenizer)


def fast_words(text: str) -> list[str]:
    """The words of a text by rjieba and its own dictionary: as jieba without names, but faster."""
    return [word for word in cut_words(text) if word.strip()]


def cut_words(text: str) -> list[str]:
    """As `fast_words`, with the blanks between."""
    import rjieba  # slow import

    words: list[str] = rjieba.cut(text, False)
    return words


def keywords(text: str, most: int = 6, names: Iterable[str] = ()) -> list[str]:
    """The words of a text that tell most, for people: long, repeated and early ones first."""
    words = segmenter(tuple(names)).words(plain(text))
    weights: dict[str, float] = {}
    known = lexicon().meanings
    for place, word in enumerate(words):
        if len(word) < 2 or word in _COMMON or not word.isalnum() or word.isdigit():
            continue
        weight = len(word) + (2.0 if word in known else 0.0) + 1.0 / (1 + place)
        weights[word] = weights.get(word, 0.0) + weight
    return sorted(weights, key=lambda word: -weights[word])[:most]
