"""Terms: what of a text the text index weighs — hashed pieces of two and three characters."""

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlp.plain import plain

TERM_BITS = 20
TERM_SPACE = 1 << TERM_BITS
TERMS_MAX = 1200
COUNT_MAX = 255

Terms = NDArray[np.int32]
Counts = NDArray[np.uint8]
Codes = NDArray[np.uint32]

_NOT_WORD = re.compile(r"[\W_]+")
_BLANK = np.uint32(32)
_FIRST, _SECOND, _THIRD = np.uint32(2654435761), np.uint32(2246822519), np.uint32(3266489917)
_ONE = np.uint32(668265263)
_SHIFT = np.uint32(32 - TERM_BITS)


@lru_cache(maxsize=64)
def terms_of(text: str) -> tuple[Terms, Counts]:
    """The terms of a text, ascending and each once, and how often each occurs (at most 255).

    Terms are numbers below 2**20: pieces of two and three characters that no blank or punctuation
    interrupts, hashed the same way in every process. A text of one character is one term. Of a very
    long text the beginning and the end count, see `plain`. A text is asked for and then kept: the
    last answers are held, so they are read only.
    """
    words = _NOT_WORD.sub(" ", plain(text)).strip()
    codes = np.frombuffer(words.encode("utf-32-le", "replace"), dtype=np.uint32)
    if codes.size == 0:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8)
    found, counts = np.unique(_hashed(codes), return_counts=True)
    terms = found[:TERMS_MAX].astype(np.int32)
    few = np.minimum(counts[:TERMS_MAX], COUNT_MAX).astype(np.uint8)
    terms.setflags(write=False)
    few.setflags(write=False)
    return terms, few


def _hashed(codes: Codes) -> Codes:
    solid = codes != _BLANK
    if codes.size == 1:
        return _mixed(codes * _ONE)
    pairs = codes[:-1] * _FIRST ^ codes[1:] * _SECOND
    both = solid[:-1] & solid[1:]
    triples = pairs[:-1] * _THIRD ^ codes[2:] * _FIRST
    hashed = np.concatenate((pairs[both], triples[both[:-1] & solid[2:]]))
    return _mixed(hashed if hashed.size else codes[solid] * _ONE)


def _mixed(hashes: Codes) -> Codes:
    hashes = (hashes ^ (hashes >> np.uint32(15))) * _SECOND
    return (hashes ^ (hashes >> np.uint32(13))) * _THIRD >> _SHIFT
