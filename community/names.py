"""People's names as they are compared: one spelling for what is written in several ways."""

import re
import unicodedata

NAME_MAX = 40
_DOTS = re.compile(r"[·・•∙‧⋅.．]")
_SPACES = re.compile(r"\s+")


def tidy_name(name: str) -> str:
    """A name as it is kept: normal width, one kind of middle dot, no stray spaces.

    Spaces vanish between Chinese characters (王 芳) and stay between words of other scripts.
    """
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", name)).strip()
    text = _DOTS.sub("·", text) if not text.isascii() else text
    return text if any(letter.isascii() and letter.isalpha() for letter in text) else _joined(text)


def plain_name(name: str) -> str:
    """The form in which two names are the same: tidy, without dots and spaces, lower case."""
    return _joined(tidy_name(name)).replace("·", "").lower()


def _joined(text: str) -> str:
    return text.replace(" ", "")
