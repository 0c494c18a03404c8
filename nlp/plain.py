"""Plain text: one spelling for what people write in full-width, traditional or doubled characters.

Everything that reads words reads them through `plain`, so that a rule or a weight needs one form.
"""

import re
from functools import cache
from pathlib import Path

HEAD_CHARACTERS = 1600
TAIL_CHARACTERS = 400

_TABLE_FILE = Path(__file__).parent / "lexicon" / "traditional.txt"
_REPEATED = re.compile(r"(.)\1{3,}", re.DOTALL)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_ZERO_WIDTH = [0x00AD, 0x061C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
_ZERO_WIDTH += [*range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]


@cache
def traditional_pairs() -> dict[str, str]:
    """Traditional characters and their simplified forms, from the shipped table."""
    pairs = {}
    for line in _TABLE_FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            pairs.update({pair[0]: pair[1] for pair in line.split() if pair[0] != pair[1]})
    return pairs


@cache
def _translation() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: " " for code in range(32) if code != 10}
    table.update(dict.fromkeys([*range(0x7F, 0xA0), *range(0xD800, 0xE000)], " "))
    table.update(dict.fromkeys(_ZERO_WIDTH))
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
    table[13] = None
    table.update({ord(old): new for old, new in traditional_pairs().items()})
    return table


def plain(text: str) -> str:
    """`text` in simplified, half-width, lower-case characters, without controls and long repeats.

    Of a very long text the first 1,600 and the last 400 characters count, so the cost is bounded.
    """
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = text[:HEAD_CHARACTERS] + " " + text[-TAIL_CHARACTERS:]
    text = text.translate(_translation()).lower()
    return _SPACES.sub(" ", _REPEATED.sub(r"\1\1\1", text)).strip()
