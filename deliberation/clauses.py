"""Chinese text cut where a reader would cut it: whole numbers, single characters, clauses."""

import re
from collections.abc import Sequence

CHINESE_DIGITS = "〇零一二三四五六七八九十百千万亿两廿卅壹贰叁肆伍陆柒捌玖拾佰仟"
# 百分之五, 三分之二, 3.5%, 20:00, 2026-03-01, 5万: each is one thing to a reader.
NUMBER = (
    rf"[{CHINESE_DIGITS}]+(?:分之|点)[{CHINESE_DIGITS}]+|"
    rf"[0-9０-９]+(?:[.,:/-][0-9０-９]+)*(?:[十百千万亿]+|[%％‰])?|"
    rf"[{CHINESE_DIGITS}]+"
)
ATTACHED = "[\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef\u200c\u200d]*"
TOKEN = re.compile(rf"(?:{NUMBER}|[A-Za-z]+|[\s\S]){ATTACHED}")
NUMBER_ONLY = re.compile(NUMBER)
CLAUSE_ENDS = frozenset("，。；：、！？,;:!?\n")
SENTENCE_ENDS = frozenset("。；！？;!?\n")


def tokens(text: str) -> list[str]:
    """The text in order as whole numbers, whole Latin words and single characters."""
    return TOKEN.findall(text)


def clauses_of(pieces: Sequence[str]) -> list[list[str]]:
    """These tokens grouped into clauses; each keeps the punctuation that ends it."""
    found: list[list[str]] = [[]]
    for piece in pieces:
        found[-1].append(piece)
        if piece in CLAUSE_ENDS:
            found.append([])
    return [clause for clause in found if clause]


def clause_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The range of the whole clauses that [start, end) lies in, without the closing mark."""
    while start > 0 and text[start - 1] not in CLAUSE_ENDS:
        start -= 1
    while end < len(text) and text[end] not in CLAUSE_ENDS:
        end += 1
    return start, end


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The range of the whole sentences that [start, end) lies in, with the closing mark."""
    while start > 0 and text[start - 1] not in SENTENCE_ENDS:
        start -= 1
    while end < len(text) and text[end - 1 : end] not in SENTENCE_ENDS:
        end += 1
    return start, end
