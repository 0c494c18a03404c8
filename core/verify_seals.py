#!/usr/bin/env python3
"""验封：拿一份导出的事件记录，自己查有没有被改过。只要有 Python 3.9 以上，不用安装，不用上网。

    python3 verify_seals.py 导出.jsonl
    python3 verify_seals.py 导出.jsonl --root 以前公布过的树根

Check an exported event log against its seals with the standard library alone. Exits 0, or prints
what is wrong and exits 1. The file is JSON lines, canonical by RFC 8785:

    {"id":"...","row":"..."}   a row of the log, in its place
    {"seal":{...}}             the signed root of the tree (RFC 9162) over all rows above it
"""
# ruff: noqa: T201, UP035  it must run on Python 3.9 as well

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator
from hashlib import sha256, sha512
from typing import Any, Callable, Mapping

Row = dict[str, Any]
Test = Callable[[Any], bool]
FORMAT = "yunshequ-seal-1"
ZERO = "0" * 64  # stands where there is no seal before
WHOLE_MAX = 2**53 - 1
LINE_MAX = 2**20


class Broken(Exception):
    """What is wrong with the bundle."""


def need(claim: object, otherwise: str) -> None:
    if not claim:
        raise Broken(otherwise)


# 1 -- The lines ----------------------------------------------------------------------------------


def lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Number, counted from 1, and bytes of every line."""
    with open(path, "rb") as stream:
        for number, raw in enumerate(iter(lambda: stream.readline(LINE_MAX), b""), 1):
            need(raw.endswith(b"\n"), f"第 {number} 行太长，或没有写完")
            yield number, raw[:-1]


def parse(raw: bytes, test: Test, where: str) -> Any:
    """The value of JSON in its one canonical spelling (RFC 8785), if it passes the test."""
    try:
        value = READER.decode(raw.decode("utf-8"))
        same = canonical(value) == raw
    except (ValueError, RecursionError):
        raise Broken(f"{where}读不懂：被改过，或没有写完") from None
    need(same, f"{where}不是规范写法：被改过")
    need(test(value), f"{where}缺少该有的内容，或内容不合格式")
    return value


def canonical(value: Any) -> bytes:
    """Keys sorted, no spaces; all of RFC 8785 that is left when READER has read the value."""
    return WRITER.encode(value).encode("utf-8")


def read_object(items: list[tuple[str, Any]]) -> Row:
    value = dict(items)
    if len(value) != len(items) or not "".join(value).isascii():
        raise ValueError("a key twice, or not in ASCII")
    return value


def read_whole(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > WHOLE_MAX:
        raise ValueError("too large")
    return int(digits)


def read_nothing(text: str) -> None:
    raise ValueError("no fractions, no NaN")


WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
HASH = re.compile("[0-9a-f]{64}")
READER = json.JSONDecoder(object_pairs_hook=read_object, parse_int=read_whole,
                          parse_float=read_nothing, parse_constant=read_nothing)  # fmt: skip


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= WHOLE_MAX


def shaped(shape: Mapping[str, Test], more: bool = False) -> Test:
    """A test for objects with these keys ("?": may be absent) and, unless `more`, no others."""
    tests = {key.rstrip("?"): test for key, test in shape.items()}
    needed = {key for key in shape if not key.endswith("?")}
    return lambda value: (
        isinstance(value, dict)
        and needed <= value.keys()
        and (more or value.keys() <= tests.keys())
        and all(tests[key](part) for key, part in value.items() if key in tests)
    )


SEAL = shaped({
    "format": lambda value: value == FORMAT, "community": is_text, "number": is_count,
    "size": is_count, "root": is_hash, "previous": is_hash, "time": is_text, "key": is_hash,
    "signature": lambda value: is_text(value) and re.fullmatch("[0-9a-f]{128}", value) is not None,
})  # fmt: skip
ROW = shaped({
    "id": lambda value: is_text(value) and re.fullmatch("0|[1-9][0-9]{0,18}", value) is not None,
    "row": is_text,
})  # fmt: skip
WHOLE_SEAL = shaped({"seal": SEAL})


def is_line(value: Any) -> bool:
    return ROW(value) or WHOLE_SEAL(value)


# 2 -- The tree of RFC 9162 -----------------------------------------------------------------------


def grow(peaks: list[tuple[int, bytes]], leaf: bytes) -> None:
    """Add a leaf to a tree that is kept as a list of (size, root) of its full subtrees."""
    size = 1
    while peaks and peaks[-1][0] == size:
        leaf = sha256(b"\x01" + peaks.pop()[1] + leaf).digest()
        size *= 2
    peaks.append((size, leaf))


def root_of(peaks: list[tuple[int, bytes]]) -> str:
    root = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        root = sha256(b"\x01" + left + root).digest()
    return root.hex()


# 3 -- Signatures: Ed25519 (RFC 8032) in whole numbers --------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def point(raw: bytes) -> tuple[int, int] | None:
    """The point (x, y) of the curve -x2 + y2 = 1 + D x2 y2 that 32 bytes stand for, or None."""
    number = int.from_bytes(raw, "little")
    odd, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and odd):
        return None
    return (P - x if x & 1 != odd else x), y


def plus(one: Point, two: Point) -> Point:
    """The sum of two points kept as (X, Y, Z, T): x = X/Z, y = Y/Z, x y = T/Z."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * D * one[3] * two[3] % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, x: int, y: int) -> Point:
    total, step = (0, 1, 1, 0), (x, y, 1, x * y % P)
    while number:
        if number & 1:
            total = plus(total, step)
        step = plus(step, step)
        number >>= 1
    return total


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1)


def signature_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether S B = R + k A, where k = SHA-512(R, A, message) and the signature is (R, S)."""
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = times(s, *BASE), plus((*r, 1, r[0] * r[1] % P), times(k, *a))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


# 4 -- Row by row, seal by seal -------------------------------------------------------------------


def check(path: str, given_root: str | None, given_key: str | None) -> list[str]:
    """Go through the file once; the lines to print."""
    peaks: list[tuple[int, bytes]] = []
    last: Row = {}
    rows, seals, previous = 0, 0, ZERO
    wanted = None if given_root is None else re.sub("[^0-9a-f]", "", given_root.lower())
    found = ""
    for number, raw in lines(path):
        value = parse(raw, is_line, f"第 {number} 行")
        if "seal" not in value:
            leaf = f"{value['id']}\n{value['row']}".encode()
            grow(peaks, sha256(b"\x00" + leaf).digest())
            rows += 1
            continue
        seal = value["seal"]
        check_seal(seal, last, seals, previous, given_key)
        need(seal["size"] == rows, f"第 {seals} 道封条应封住 {seal['size']} 行，这里是 {rows} 行")
        first = last.get("size", 0)
        same = bool(peaks) and root_of(peaks) == seal["root"]
        need(same, f"第 {first} 到 {rows - 1} 行里有改动或换序：与第 {seals} 道封条不符")
        if seal["root"] == wanted:
            found = f"树根对得上：第 {seals} 道封条，{seal['time'][:40]}，封住前 {rows} 行。"
        last, seals, previous = seal, seals + 1, sha256(canonical(seal)).hexdigest()
    need(last, "没有一道封条")
    need(rows == last["size"], f"最后 {rows - last['size']} 行没有封住")
    need(wanted is None or found, "树根对不上：给的树根不在这份记录里")
    text = [f"验过了，没有发现改动：{rows} 行，{seals} 道封条。", f"签名的钥匙 {last['key']}"]
    advice = (
        "没有给 --root：要是有人把整份记录连同签名重做，这里看不出来。最后的树根 " + last["root"]
    )
    return [*text, found or advice]


def check_seal(seal: Row, last: Row, number: int, previous: str, key: str | None) -> None:
    name = f"第 {number} 道封条"
    linked = (seal["number"], seal["previous"]) == (number, previous)
    need(linked, f"{name}与前一道接不上：有封条被改过、拿掉、加进或调换")
    same = all(seal[field] == last.get(field, seal[field]) for field in ("key", "community"))
    need(same and seal["key"] == (key or seal["key"]), f"{name}是别处的，或换了签名的钥匙")
    body = canonical({field: value for field, value in seal.items() if field != "signature"})
    raw_key, signature = bytes.fromhex(seal["key"]), bytes.fromhex(seal["signature"])
    need(signature_holds(raw_key, body, signature), f"{name}被改过：签名不对")
    later = seal["size"] > last.get("size", 0) and seal["time"] >= last.get("time", "")
    need(later, f"{name}比前一道还早，或没有封住新的行")


def plain(line: str) -> str:
    """The line without anything that could move the cursor or turn the writing around."""
    return "".join(sign if sign.isprintable() else " " for sign in line[:300])


def main() -> int:
    parser = argparse.ArgumentParser(description="验封：查一份导出的事件记录有没有被改过")
    parser.add_argument("file", help="导出的记录（jsonl）")
    parser.add_argument("--root", help="以前公布过的树根，64 位，空格不计")
    parser.add_argument("--key", help="公布的签名钥匙（公开的一半），64 位")
    arguments = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console that cannot show every character
    try:
        text, status = check(arguments.file, arguments.root, arguments.key), 0
    except Broken as trouble:
        text, status = [f"不对：{trouble}"], 1
    except OSError as trouble:
        text, status = [f"不对：文件打不开（{trouble.strerror}）"], 1
    print("\n".join(map(plain, text)))
    return status


if __name__ == "__main__":
    sys.exit(main())
