"""Telephone numbers in one spelling: digits alone, without +86."""

import re
import unicodedata

_PUNCTUATION = re.compile(r"[\s\-()（）.—–]")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}[2-9]\d{6,7}")
_ABROAD = re.compile(r"\+[1-9]\d{6,14}")


def canonical_phone(text: str) -> str | None:
    """The number as it is kept and found, or None when it is none.

    Chinese mobile and landline numbers are digits alone (13900000001, 02500000001); numbers of
    other countries keep their plus sign (E.164).
    """
    plain = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    local = re.sub(r"^(?:\+86|0086)", "", plain)
    if _MOBILE.fullmatch(local):
        return local
    if local != plain and not local.startswith("0"):
        local = f"0{local}"
    if _LANDLINE.fullmatch(local):
        return local
    return plain if _ABROAD.fullmatch(plain) and not plain.startswith("+86") else None
