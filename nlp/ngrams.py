"""Character n-grams: the pieces of a text that the models weigh."""

import re

START, END = "\x02", "\x03"

_DIGITS = re.compile(r"\d")
_BOT = re.compile(r"小[栖七棲]|社区助手|机器人")
_MENTION = re.compile(r"@[^\s@:,，：]{1,20}")


def ngrams(text: str, longest: int = 3) -> list[str]:
    """All pieces of one to `longest` characters of `text`, in order of length then place."""
    size = len(text)
    pieces = list(text)
    for length in range(2, longest + 1):
        pieces += [text[i : i + length] for i in range(size - length + 1)]
    return pieces


def chat_pieces(text: str) -> list[str]:
    """N-grams of a plain chat message: digits alike, names of the bot alike, ends marked."""
    text = _BOT.sub("β", text)
    if "@" in text:
        text = _MENTION.sub(lambda hit: "@β" if "β" in hit.group() else "@", text)
    return ngrams(START + _DIGITS.sub("0", text).replace("\n", "¶") + END, 4)


def letter_pieces(text: str) -> list[str]:
    """N-grams of a plain letter or title."""
    return ngrams(_DIGITS.sub("0", text).replace("\n", " "), 3)
