"""Passwords: what makes one good enough, and how it is kept (argon2id). Slow on purpose."""

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Refusal

LENGTH_MIN = 10
LENGTH_MAX = 128
DISTINCT_MIN = 5
# Long enough for the rules below and yet among the first a guesser tries.
_COMMON_FILE = Path(__file__).parent / "common_passwords.txt"
_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

# The parameters of RFC 9106, section 4, for memory-constrained environments.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
# Compared when there is no such login, so that the answer takes as long: of a lost random text.
_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$qoXd11Qq6Pki+d2Q5598HQ$"
    "gzxmaAIIENNiAs2pv+ghcrH24/usX2s4AVjyptpItbs"
)


class WeakPassword(Refusal):
    code = "weak_password"
    text = "这个密码不行：{why}"


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Whether a password was right, and a hash by today's parameters when the old one is weaker."""

    is_right: bool
    better_hash: str | None = None


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password somebody chose, with its hash; the words only to hold them against the login."""

    words: str = field(repr=False)
    hash: str


def check_password_rules(login: str, password: str) -> None:
    """Return if nobody guesses the password soon; otherwise WeakPassword says what to change."""
    text = _same_form(password)
    lowered = text.lower()
    if len(text) < LENGTH_MIN:
        raise WeakPassword(
            why=f"太短，至少 {LENGTH_MIN} 个字符。三四个不相干的词连起来就好记又安全。"
        )
    if len(text) > LENGTH_MAX:
        raise WeakPassword(why=f"太长，最多 {LENGTH_MAX} 个字符。")
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise WeakPassword(why="里面有看不见的控制字符。")
    if len(set(text)) < DISTINCT_MIN:
        raise WeakPassword(why=f"重复太多，至少要有 {DISTINCT_MIN} 个不同的字符。")
    if len(login) >= 3 and login.lower() in lowered:
        raise WeakPassword(why="里面有登录名。")
    if lowered in _common() or any(lowered in run or lowered in run[::-1] for run in _RUNS):
        raise WeakPassword(why="这是最常被猜的密码之一。")


def hash_password(password: str) -> str:
    """The argon2id hash to keep; takes about a tenth of a second."""
    return _HASHER.hash(_same_form(password))


def compare(password_hash: str | None, password: str) -> PasswordCheck:
    """Whether the password belongs to the hash; without one it takes as long and is wrong.

    Takes about a tenth of a second: call it outside any transaction.
    """
    text = _same_form(password)[: LENGTH_MAX + 1]
    try:
        _HASHER.verify(password_hash or _NOBODYS, text)
    except (VerificationError, InvalidHashError):
        return PasswordCheck(False)
    if password_hash is None:
        return PasswordCheck(False)
    renewed = _HASHER.hash(text) if _HASHER.check_needs_rehash(password_hash) else None
    return PasswordCheck(True, renewed)


def prepare(password: str, *, login: str = "") -> NewPassword:
    """The password ready to be kept; WeakPassword says what to change.

    Takes about a tenth of a second: call it outside any transaction.
    """
    check_password_rules(login, password)
    return NewPassword(password, hash_password(password))


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON_FILE.read_text("ascii").split())


def _same_form(password: str) -> str:
    # The same characters typed on two devices can differ in code points (RFC 8265).
    return unicodedata.normalize("NFC", password)
