"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that hashes can be repeated."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from core.errors import Refusal

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

INTEGER_MAX = 2**53 - 1  # beyond it a double cannot tell neighbours apart (RFC 7493, 2.2)
DEPTH_MAX = 64
_PLAIN = json.JSONEncoder(ensure_ascii=False)


class NotCanonical(Refusal):
    """The value or the bytes have no canonical form; `why` says what is in the way."""

    code = "not_canonical"
    text = "数据不规范：{why}。"


def canonical(value: Json) -> bytes:
    """UTF-8 bytes of the value as RFC 8785 writes it: sorted keys, no spaces, one way of numbers.

    Refuses what JSON cannot carry exactly: NaN, infinities, integers beyond 2**53 - 1, lone
    surrogates, keys that are not text, nesting deeper than `DEPTH_MAX`.
    """
    try:
        return _written(value, DEPTH_MAX).encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical(why="文字里有半个字符") from None


def parsed(data: bytes) -> Json:
    """The value of canonical bytes; refuses any other spelling of the same value."""
    try:
        value: Json = json.loads(
            data.decode("utf-8"), parse_int=_read_integer, parse_constant=_no_constant
        )
    except (ValueError, OverflowError, RecursionError):
        raise NotCanonical(why="不是完整的 JSON") from None
    if canonical(value) != data:
        raise NotCanonical(why="不是规范写法（RFC 8785）")
    return value


def _no_constant(name: str) -> Json:
    raise NotCanonical(why=f"不允许的数 {name}")


def _read_integer(digits: str) -> int | float:
    # As ECMAScript reads it: digits beyond 2**53 are a double, and were one when written.
    number = int(digits)
    return number if abs(number) <= INTEGER_MAX else float(number)


def _written(value: object, depth: int) -> str:
    if depth == 0:
        raise NotCanonical(why="嵌套太深")
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return _PLAIN.encode(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(_members(value, depth)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return "[" + ",".join(_written(item, depth - 1) for item in value) + "]"
    raise NotCanonical(why=f"不能写成 JSON 的类型 {type(value).__name__}")


def _members(value: Mapping[object, object], depth: int) -> list[str]:
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) != len(value):
        raise NotCanonical(why="键必须是文字")
    # RFC 8785, 3.2.3: keys sort by UTF-16 code units, which differs from code points above U+FFFF.
    keys.sort(key=None if "".join(keys).isascii() else _utf16)
    return [f"{_written(key, depth)}:{_written(value[key], depth - 1)}" for key in keys]


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _integer(value: int) -> str:
    if abs(value) > INTEGER_MAX:
        raise NotCanonical(why="整数太大")
    return str(int(value))


def _number(value: float) -> str:
    """A double as ECMAScript prints it (ECMA-262, Number::toString; RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise NotCanonical(why="不允许 NaN 或无穷大")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # repr gives the shortest digits that read back to the same double; only the layout differs.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return sign + _laid_out(digits.rstrip("0"), point)


def _laid_out(digits: str, point: int) -> str:
    """The number 0.digits x 10**point in the layout of ECMA-262."""
    if 0 < point <= 21:
        return (
            digits.ljust(point, "0")
            if len(digits) <= point
            else f"{digits[:point]}.{digits[point:]}"
        )
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"
