#!/usr/bin/env python3
"""验票：拿一份公开的表决包，自己重新计一遍票。只要有 Python 3.9 以上，不用安装，不用上网。

    python3 verify_bundle.py 表决包.zip
    python3 verify_bundle.py 表决包.zip --root 公告栏或群里的树根

Recount a vote from its bundle with the standard library alone. Prints the tally and exits 0, or
prints what is wrong and exits 1. What is in a bundle:

    bundle.json     what kind of bundle this is, and the SHA-256 of every other file
    question.json   what was asked; profile.json: by which rule it is decided
    roll.txt        who may vote: one salted fingerprint a line, sorted, no names
    log.jsonl       what happened, one record a line; each holds the fingerprint of the one before
    heads.jsonl     signed roots of the log: at opening, every day, at close, after the count
    tally.json      the count as announced
    openings.jsonl  (kind "recount") choice and salt of every ballot, sorted by fingerprint
    weights.jsonl   (recount, where floor area counts) what stands behind every line of the roll
    voted.txt       (mode "detached") the lines of the roll that have voted, apart from the ballots

The first record fixes question, rule, roll and key, so one root stands for the whole vote. Read
from top to bottom: 1 the zip, 2 the log, 3 the signed roots, 4 the ballots, 5 the count.
"""
# ruff: noqa: B905, T201, UP035, UP045  it must run on Python 3.9 as well

from __future__ import annotations

import argparse
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256, sha512
from typing import Any, Callable, Mapping, Optional

Row = dict[str, Any]
Test = Callable[[Any], bool]
FORMAT = "yunshequ-bundle-1"
ZERO = "0" * 64  # stands where there is nothing before
WHOLE_MAX = 2**53 - 1
BATCH_MIN = 10  # detached ballots enter the log at least ten at a time
PIECE, LINE_MAX, LINES_MAX, TOTAL_MAX, HEADS_MAX = 2**20, 2**20, 1_000_000, 2**28, 1_000
NEEDED = {"bundle.json", "question.json", "profile.json", "roll.txt", "log.jsonl", "heads.jsonl",
          "tally.json"}  # fmt: skip
EXTRA = {"openings.jsonl", "weights.jsonl", "voted.txt", "verify_bundle.py", "README.txt"}


class Broken(Exception):
    """What is wrong with the bundle."""


def need(claim: object, otherwise: str) -> None:
    if not claim:
        raise Broken(otherwise)


# 1 -- The zip: read in pieces, and nothing that does not belong there ----------------------------


def open_bundle(path: str) -> zipfile.ZipFile:
    bundle = zipfile.ZipFile(path)
    names = bundle.namelist()
    for name in names:
        need(name in NEEDED | EXTRA, f"包里有不该有的文件：{name[:60]!r}")
        need(names.count(name) == 1, f"包里有两份 {name}")
    for name in sorted(NEEDED):
        need(name in names, f"包里缺少 {name}")
    plain = all(info.compress_type in (0, 8) for info in bundle.infolist())
    need(plain, "包的压缩方式不对，不是本程序认的 zip")
    total = sum(info.file_size for info in bundle.infolist())
    need(total <= TOTAL_MAX, "解开后太大，不是正常的表决包")
    return bundle


def pieces(bundle: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with bundle.open(name) as stream:
        yield from iter(lambda: stream.read(PIECE), b"")


def fingerprint(bundle: zipfile.ZipFile, name: str) -> str:
    digest = sha256()
    for piece in pieces(bundle, name):
        digest.update(piece)
    return digest.hexdigest()


def lines(bundle: zipfile.ZipFile, name: str) -> Iterator[tuple[int, bytes]]:
    """Number, counted from 1, and bytes of every line."""
    number, rest = 0, b""
    for piece in pieces(bundle, name):
        *whole, rest = (rest + piece).split(b"\n")
        for raw in whole:
            number += 1
            yield number, raw
        need(len(rest) <= LINE_MAX and number <= LINES_MAX, f"{name} 太长")
    need(not rest, f"{name} 的最后一行没有写完")


def hashes(bundle: zipfile.ZipFile, name: str) -> dict[str, int]:
    """The lines of a sorted list of fingerprints, each with its place."""
    found, last = {}, ""
    for number, raw in lines(bundle, name):
        text = raw.decode("ascii", "replace")
        need(is_hash(text), f"{name} 第 {number} 行不是指纹")
        need(text > last, f"{name} 第 {number} 行重复，或不在应有的次序")
        found[text], last = number - 1, text
    return found


def records(bundle: zipfile.ZipFile, name: str, test: Test) -> Iterator[tuple[int, bytes, Row]]:
    """Number, bytes and value of every line of JSON."""
    for number, raw in lines(bundle, name):
        yield number, raw, parse(raw, test, f"{name} 第 {number} 行")


def document(bundle: zipfile.ZipFile, name: str, test: Test) -> Row:
    raw: bytes = b"".join(piece for piece, _ in zip(pieces(bundle, name), range(2)))
    need(len(raw) <= PIECE, f"{name} 太大")
    value: Row = parse(raw, test, name)
    return value


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


def is_ratio(value: Any) -> bool:
    return re.fullmatch("[1-9][0-9]{0,8}/[1-9][0-9]{0,8}", str(value)) is not None


def one_of(*allowed: str) -> Test:
    return lambda value: isinstance(value, str) and value in allowed


def list_of(test: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def map_of(test: Test) -> Test:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


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


# 2 -- The log: each record holds the fingerprint of the one before; the tree is that of RFC 9162 -

LINK = {"kind": is_text, "seq": is_count, "previous": is_hash}
VOTE = {**LINK, "entry": is_hash, "channel": is_text, "choice": is_hash, "scan?": is_hash}
ROLL = shaped({"entries": is_count, "heads": is_count, "area": is_count, "sha256": is_hash})
RECORDS = {
    # What the vote is, fixed before the first ballot.
    "open": shaped({**LINK, "motion": is_text, "mode": one_of("named", "detached"), "key": is_hash,
                    "question": is_hash, "profile": is_hash, "roll": ROLL}),
    # A named ballot: its line of the roll, which ballot of that line (from 1), the sealed choice.
    "ballot": shaped({**VOTE, "version": is_count}),
    # A named ballot that came after the close: recorded, never counted.
    "late": shaped(VOTE),
    # Detached ballots: sealed choices and receipts, each list sorted, so no one tells of another.
    "batch": shaped({**LINK, "ballots": list_of(is_hash), "receipts": list_of(is_text)}),
    # What was decided about one named ballot, and the code of the reason.
    "ruling": shaped({**LINK, "ballot": is_count, "reason": is_text,
                      "state": one_of("valid", "suspended", "superseded", "void")}),
    # The end of voting: how many ballots, and (detached) the SHA-256 of voted.txt.
    "close": shaped({**LINK, "ballots": is_count, "voted?": is_hash}),
}  # fmt: skip


def is_record(value: Any) -> bool:
    return isinstance(value, dict) and RECORDS.get(str(value.get("kind")), is_text)(value)


def read_log(bundle: zipfile.ZipFile, sizes: set[int]) -> tuple[list[Row], dict[int, str]]:
    """The records, each checked against the one before, and the root of the tree at each size."""
    log: list[Row] = []
    peaks: list[tuple[int, bytes]] = []
    roots, previous = {}, ZERO
    for number, raw, record in records(bundle, "log.jsonl", is_record):
        seq, place = record["seq"], number - 1
        need(seq <= place, f"票链：第 {place} 条不见了，它的位置上是第 {seq} 条")
        need(seq >= place, f"票链：第 {seq} 条多出来了，或次序被调换")
        need(record["previous"] == previous, f"票链：第 {seq - 1} 条被改过，第 {seq} 条接不上")
        leaf = sha256(b"\x00" + raw).digest()
        previous = leaf.hex()
        grow(peaks, leaf)
        if number in sizes:
            roots[number] = root_of(peaks)
        log.append(record)
    kinds = [record["kind"] for record in log]
    need(kinds[:1] == ["open"] and kinds.count("open") == 1, "票链没有开头，或有两个开头")
    need(kinds.count("close") == 1, "票链没有截止，或截止了两次")
    allowed = {"ballot", "ruling"} if log[0]["mode"] == "named" else {"batch"}
    for record in log[1:]:
        kind, seq = record["kind"], record["seq"]
        if kind == "close":
            allowed = {"ruling", "late"} if log[0]["mode"] == "named" else set()
        else:
            need(kind in allowed, f"票链：第 {seq} 条（{kind}）不该在这里")
    return log, roots


def closing_of(log: list[Row]) -> Row:
    return next(record for record in log if record["kind"] == "close")


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


# 3 -- The signed roots: Ed25519 (RFC 8032) in whole numbers --------------------------------------

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


STAGES = {"open": "开始", "daily": "每日", "close": "截止", "tally": "计票后"}
HEAD = shaped({
    "motion": is_text, "number": is_count, "previous": is_hash, "stage": one_of(*STAGES),
    "time": is_text, "size": is_count, "root": is_hash, "key": is_hash, "tally?": is_hash,
    "signature": lambda value: is_text(value) and re.fullmatch("[0-9a-f]{128}", value) is not None,
})  # fmt: skip


def check_heads(heads: list[Row], log: list[Row], roots: dict[int, str], tally: str) -> None:
    opening, before = log[0], {"size": 0, "time": ""}
    previous = ZERO
    for number, head in enumerate(heads):
        name = f"第 {number} 份树根（{STAGES[head['stage']]}，{head['time'][:40]}）"
        linked = (head["number"], head["previous"]) == (number, previous)
        need(linked, f"{name}与前一份接不上：有树根被改过、拿掉、加进或调换")
        ours = (head["key"], head["motion"]) == (opening["key"], opening["motion"])
        need(ours, f"{name}不是这次表决的，或换了签名的钥匙")
        body = canonical({key: value for key, value in head.items() if key != "signature"})
        key, signature = bytes.fromhex(head["key"]), bytes.fromhex(head["signature"])
        need(signature_holds(key, body, signature), f"{name}被改过：签名不对")
        size = head["size"]
        need(size <= len(log), f"{name}时票链有 {size} 条，现在只剩 {len(log)} 条")
        same = head["root"] == roots.get(size)
        need(same, f"{name}与票链前 {size} 条算出的不同：第 {size - 1} 条，或这份树根，被改过")
        need(head["size"] >= before["size"] and head["time"] >= before["time"], f"{name}倒退了")
        previous, before = sha256(canonical(head)).hexdigest(), head
    marks = [(head["stage"], head["size"]) for head in heads if head["stage"] != "daily"]
    begun = marks[:2] == [("open", 1), ("close", closing_of(log)["seq"] + 1)]
    ended = {stage for stage, _ in marks[2:]} == {"tally"} and heads[-1]["stage"] == "tally"
    need(
        begun and ended and heads[0]["stage"] == "open", "开始、截止、计票后的树根不全，或不在其时"
    )
    extra = len(log) - heads[-1]["size"]
    need(extra == 0, f"票链比最后一份树根多出 {extra} 条，从第 {heads[-1]['size']} 条起")
    need(heads[-1].get("tally") == tally, "tally.json 被改过：不是签了名的那份计票结果")


# 4 -- The ballots: which of them count, and what they say -----------------------------------------

Standing = list[tuple[Optional[int], Optional[str]]]  # place on the roll, sealed choice
Weights = list[tuple[int, int, int]]  # one line, heads, area
KINDS = ("yes", "no", "abstain", "invalid")
QUESTION = shaped({
    "title": is_text,
    "options": list_of(shaped({"key": is_text, "kind": one_of(*KINDS[:3]), "text": is_text})),
}, more=True)  # fmt: skip
OPENING = shaped({"choice": shaped({"option": is_text}), "salt": is_hash})
WEIGHT = shaped({"heads": is_count, "area": is_count, "who": is_hash, "salt": is_hash})


def standing_named(log: list[Row], roll: dict[str, int]) -> Standing:
    """Place on the roll and sealed choice of each line's last standing ballot; None: suspended."""
    versions: dict[str, int] = {}
    seals: set[str] = set()
    ballots, states, standing = {}, {}, {}
    for record in log:
        seq = record["seq"]
        if record["kind"] == "ballot":
            entry, version = record["entry"], record["version"]
            need(entry in roll, f"第 {seq} 条的选票不属于名册里的任何一行")
            need(version == versions.get(entry, 0) + 1, f"第 {seq} 条：同一行名册的票没有接着编号")
            # Whoever copies a sealed ballot votes alike without knowing what it says.
            need(record["choice"] not in seals, f"第 {seq} 条的选票是照抄别的一张")
            seals.add(record["choice"])
            ballots[seq], versions[entry] = record, version
        elif record["kind"] == "ruling":
            need(record["ballot"] in ballots, f"第 {seq} 条裁定的不是选票")
            states[record["ballot"]] = record["state"]
        elif record["kind"] == "close":
            need(record["ballots"] == len(ballots), "截止时记下的张数与票链不同")
    for seq, record in ballots.items():
        state = states.get(seq, "valid")
        if state in ("valid", "suspended"):
            standing[roll[record["entry"]]] = record["choice"] if state == "valid" else None
    return list(standing.items())


def standing_detached(log: list[Row], roll: dict[str, int], voted: dict[str, int]) -> Standing:
    """The same without a place on the roll: nothing ties these ballots to a line."""
    batches = [record for record in log if record["kind"] == "batch"]
    for record in batches:
        lists = record["ballots"], record["receipts"]
        tidy = all(sorted(set(one)) == one and len(one) == len(lists[0]) > 0 for one in lists)
        need(tidy, f"第 {record['seq']} 条这批票有重复、没有打乱，或张数与回执数不同")
        full = len(lists[0]) >= BATCH_MIN or record is batches[-1]
        need(full, f"第 {record['seq']} 条这批票不足 {BATCH_MIN} 张，只有最后一批可以")
    ballots, receipts = ([one for r in batches for one in r[k]] for k in ("ballots", "receipts"))
    need(len(ballots) == len(set(ballots)), "同一张票进了两批")
    need(len(receipts) == len(set(receipts)), "同一个回执给了两张票")
    close = closing_of(log)
    need(all(line in roll for line in voted), "voted.txt 里有人不在名册里")
    need(close["ballots"] == len(ballots) == len(voted), "票数与投过票的人数不同")
    return [(None, choice) for choice in ballots]


def open_choices(bundle: zipfile.ZipFile, standing: Standing, options: set[str]) -> dict[str, str]:
    """Option by sealed choice: SHA-256 of 0x02, the salt and the choice must give the seal."""
    sealed = {choice for _, choice in standing if choice}
    opened, last = {}, ""
    for number, _, line in records(bundle, "openings.jsonl", OPENING):
        secret = bytes.fromhex(line["salt"]) + canonical(line["choice"])
        seal, option = sha256(b"\x02" + secret).hexdigest(), line["choice"]["option"]
        need(seal in sealed, f"openings.jsonl 第 {number} 行打不开任何一张票：选择或盐被改过")
        need(seal > last, f"openings.jsonl 第 {number} 行重复，或不在应有的次序")
        need(option in options, f"openings.jsonl 第 {number} 行选了没有的选项")
        opened[seal], last = option, seal
    need(len(opened) == len(sealed), f"有 {len(sealed) - len(opened)} 张票没有打开")
    return opened


def read_weights(bundle: zipfile.ZipFile, roll: dict[str, int]) -> Weights:
    """Heads and area (0.01 m2) of every line of the roll: SHA-256 of 0x03, salt and facts."""
    weights, entries = [], list(roll)
    for number, _, line in records(bundle, "weights.jsonl", WEIGHT):
        facts = canonical({key: line[key] for key in ("area", "heads", "who")})
        seal = sha256(b"\x03" + bytes.fromhex(line["salt"]) + facts).hexdigest()
        need([seal] == entries[number - 1 : number], f"weights.jsonl 第 {number} 行与名册不符")
        weights.append((1, line["heads"], line["area"]))
    need(len(weights) == len(entries), "weights.jsonl 的行数与名册不同")
    return weights


# 5 -- The count: by the rule in the bundle, in whole numbers --------------------------------------

UNITS = {"": "count", "_heads": "heads", "_area": "area"}
NUMBERS = ("roll", "heads", "area", "attend", "part_heads", "part_area")
NAMES = {*NUMBERS, "registered", "interested", "voted", *(k + u for k in KINDS for u in UNITS)}
OUTCOMES = {"PASSED": "通过", "REJECTED": "没有通过", "NO_QUORUM": "到的人不够，没有开成",
            "OPINION": "意见征询，不具表决效力"}  # fmt: skip
STATES = {"valid": "有效", "suspended": "正在核实", "superseded": "由别的票代替", "void": "作废"}
ABOUT = shaped({
    "format": one_of(FORMAT), "kind": one_of("recount", "notice"), "motion": is_text,
    "files": map_of(is_hash),
})  # fmt: skip
PROFILE = shaped({
    "id": is_text, "title": is_text, "effect": is_text,
    "checks": list_of(shaped({
        "stage": is_text, "lhs": one_of(*NAMES), "op": one_of(">", ">="), "rhs": one_of(*NAMES),
        "ratio": is_ratio,
        "article": is_text,
    }, more=True)),
}, more=True)  # fmt: skip
ANSWER = shaped({"count": is_count, "heads": is_count, "area": is_count})
TALLY = shaped({"numbers": shaped(dict.fromkeys(NUMBERS, is_count)), "answers": map_of(ANSWER),
                "results": list_of(map_of(lambda part: True))})  # fmt: skip


def add_up(
    weights: Weights, standing: Standing, opened: dict[str, str], options: dict[str, str]
) -> tuple[Row, Row]:
    """The numbers and the answers: those who took part, and what they said; (lines, heads, area)"""
    answers = {key: [0, 0, 0] for key in [*options, "invalid"]}
    part = [0, 0, 0]
    for place, choice in standing:
        weight = (1, 1, 0) if place is None else weights[place]
        said = [part] if choice is None else [part, answers[opened[choice]]]
        for total in said:
            total[:] = [one + more for one, more in zip(total, weight)]
    whole = [sum(column) for column in zip(*weights)] or [0, 0, 0]
    said_by = {key: dict(zip(UNITS.values(), total)) for key, total in answers.items()}
    return dict(zip(NUMBERS, [*whole, *part])), said_by


def judge(profile: Row, numbers: Row, answers: Row, options: dict[str, str]) -> list[Row]:
    """For each option that asks for approval: every comparison of the rule, and the outcome."""
    results = []
    for asked in [key for key, kind in options.items() if kind == "yes"]:
        value = {**numbers, "registered": numbers["roll"], "interested": numbers["roll"],
                 "voted": numbers["attend"]}  # fmt: skip
        for kind in KINDS:
            keys = [asked] if kind == "yes" else [k for k in answers if options.get(k, k) == kind]
            for suffix, unit in UNITS.items():
                value[kind + suffix] = sum(answers[key][unit] for key in keys)
        checks = []
        for rule in profile["checks"]:
            above, below = map(int, rule["ratio"].split("/"))
            got, base = value[rule["lhs"]], value[rule["rhs"]]
            # More than a/b of base: a * base // b + 1. At least a/b of base: rounded up.
            least = above * base // below + 1 if rule["op"] == ">" else -(-above * base // below)
            check = {key: rule[key] for key in ("stage", "lhs", "op", "ratio", "rhs", "article")}
            checks.append({**check, "got": got, "need": least, "ok": base > 0 and got >= least})
        quorum = all(check["ok"] for check in checks if check["stage"] == "quorum")
        passed = "PASSED" if all(check["ok"] for check in checks) else "REJECTED"
        outcome = passed if quorum else "NO_QUORUM"
        outcome = "OPINION" if profile["effect"] == "opinion" else outcome
        results.append({"option": asked, "outcome": outcome, "checks": checks})
    return results


def difference(told: Any, found: Any, path: str = "tally.json") -> str:
    """Where two values first differ, or nothing."""
    if isinstance(told, dict) and isinstance(found, dict) and told.keys() == found.keys():
        parts = [(told[key], found[key], f"{path} 的 {key}") for key in found]
    elif isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        parts = [(*both, f"{path} 第 {place} 项") for place, both in enumerate(zip(told, found), 1)]
    else:
        return "" if told == found else f"{path}写的是 {str(told)[:40]}，算出来是 {str(found)[:40]}"
    return next(filter(None, (difference(*part) for part in parts)), "")


def recount(path: str, given_root: str | None) -> list[str]:
    """Verify the whole bundle; the lines to print."""
    bundle = open_bundle(path)
    about = document(bundle, "bundle.json", ABOUT)
    question = document(bundle, "question.json", QUESTION)
    profile = document(bundle, "profile.json", PROFILE)
    told = document(bundle, "tally.json", TALLY)
    heads = [head for _, _, head in records(bundle, "heads.jsonl", HEAD)]
    need(len(heads) <= HEADS_MAX, "树根太多")
    log, roots = read_log(bundle, {head["size"] for head in heads})
    for name, what in (("question.json", log[0]["question"]), ("profile.json", log[0]["profile"]),
                       ("roll.txt", log[0]["roll"]["sha256"])):  # fmt: skip
        need(fingerprint(bundle, name) == what, f"{name} 被换过或改过：与票链第 0 条定下的不同")
    check_heads(heads, log, roots, fingerprint(bundle, "tally.json"))
    roll = hashes(bundle, "roll.txt")
    options = {option["key"]: option["kind"] for option in question["options"]}
    tidy = len(options) == len(question["options"]) and "invalid" not in options
    need(tidy, "question.json 里有两个选项同名，或用了“invalid”")
    check_files(bundle, about, log, profile)
    standing = read_standing(bundle, log, roll)
    found = count(bundle, log[0]["roll"], roll, standing, options, told)
    found["results"] = judge(profile, found["numbers"], found["answers"], options)
    need(told == found, f"计票结果不对：{difference(told, found)}")
    for name in sorted({*bundle.namelist(), *about["files"]} - {"bundle.json"}):
        same = name in bundle.namelist() and fingerprint(bundle, name) == about["files"].get(name)
        need(same, f"{name} 与 bundle.json 里记的指纹不同")
    text = report(about, question, profile, log, found)
    return [*text, *compare_root(heads, len(log), given_root)]


def check_files(bundle: zipfile.ZipFile, about: Row, log: list[Row], profile: Row) -> None:
    """The files that a bundle of this kind and mode must have, and no others."""
    sides = [side for rule in profile["checks"] for side in (rule["lhs"], rule["rhs"])]
    weighed = any(side.endswith(("heads", "area")) for side in sides)
    detached = log[0]["mode"] == "detached"
    wanted = {
        "openings.jsonl": about["kind"] == "recount",
        "weights.jsonl": about["kind"] == "recount" and weighed,
        "voted.txt": detached,
    }
    need(about["motion"] == log[0]["motion"], "bundle.json 写的不是这次表决")
    need(not (weighed and detached), "按人头和面积两样计的表决不能不记名")
    for name, needed in wanted.items():
        need(
            needed == (name in bundle.namelist()), f"{name} {'不见了' if needed else '不该在这里'}"
        )


def read_standing(bundle: zipfile.ZipFile, log: list[Row], roll: dict[str, int]) -> Standing:
    if log[0]["mode"] == "named":
        return standing_named(log, roll)
    fixed = closing_of(log).get("voted") == fingerprint(bundle, "voted.txt")
    need(fixed, "voted.txt 被改过：不是截止时定下的那份名单")
    return standing_detached(log, roll, hashes(bundle, "voted.txt"))


def count(bundle: zipfile.ZipFile, whole: Row, roll: dict[str, int], standing: Standing,
          options: dict[str, str], told: Row) -> Row:  # fmt: skip
    """Numbers and answers: counted from the openings, else those told, as far as they can be."""
    keys = {*options, "invalid"}
    if "openings.jsonl" in bundle.namelist():
        known = "weights.jsonl" in bundle.namelist()
        weights = read_weights(bundle, roll) if known else [(1, 1, 0)] * len(roll)
        opened = open_choices(bundle, standing, keys)
        numbers, answers = add_up(weights, standing, opened, options)
    else:
        numbers, answers = told["numbers"], told["answers"]
        need(answers.keys() == keys, "tally.json 的选项与问题不同")
        need(numbers["attend"] == len(standing), "tally.json 的参加数与票链不同")
        for unit, part, all_of in (("count", "attend", "roll"), ("heads", "part_heads", "heads"),
                                   ("area", "part_area", "area")):  # fmt: skip
            said = sum(answer[unit] for answer in answers.values())
            need(said <= numbers[part] <= numbers[all_of], "tally.json 的票数比参加的还多")
    totals = (numbers["roll"], numbers["heads"], numbers["area"])
    same = totals == (whole["entries"], whole["heads"], whole["area"]) and totals[0] == len(roll)
    need(same, "名册的行数、人数或面积与票链第 0 条定下的不同")
    return {"numbers": numbers, "answers": answers}


WORDS = {"roll": "名册", "registered": "登记", "interested": "利害关系人", "heads": "人数",
         "area": "面积", "attend": "参加", "voted": "参加", "part": "参加", "yes": "同意",
         "no": "不同意", "abstain": "弃权", "invalid": "无效"}  # fmt: skip


def say(name: str) -> str:
    return "".join(WORDS[part] for part in name.split("_"))


def amount(name: str, number: int) -> str:
    return f"{number // 100}.{number % 100:02d} 平方米" if name.endswith("area") else str(number)


def report(about: Row, question: Row, profile: Row, log: list[Row], found: Row) -> list[str]:
    """What a person reads of the count."""
    words = {option["key"]: option["text"] for option in question["options"]}
    text = [
        "验过了，没有发现改动。",
        f"表决 {about['motion']}：{question['title']}",
        f"规则 {profile['id']}（{profile['title']}）",
        f"名册 {found['numbers']['roll']}，参加 {found['numbers']['attend']}，票链 {len(log)} 条",
    ]
    for key, answer in found["answers"].items():
        area = f"，{amount('area', answer['area'])}" if answer["area"] else ""
        text.append(f"  {words.get(key, '无效')} {answer['count']}{area}")
    said = sum(answer["count"] for answer in found["answers"].values())
    text.append(f"  正在核实，只算到场 {found['numbers']['attend'] - said}")
    rulings = [record for record in log if record["kind"] == "ruling"]
    for one in rulings:
        text.append(f"  裁定：第 {one['ballot']} 条选票 {STATES[one['state']]}（{one['reason']}）")
    for result in found["results"]:
        text.append(f"计票：{words[result['option']]}")
        for one in result["checks"]:
            rule = f"{say(one['lhs'])} {one['op']} {one['ratio']} × {say(one['rhs'])}"
            least, got = amount(one["lhs"], one["need"]), amount(one["lhs"], one["got"])
            mark = "✓" if one["ok"] else "✗"
            text.append(f"  {rule}：需 {least}，实 {got} {mark} {one['article']}")
        text.append(f"结果：{OUTCOMES[result['outcome']]}（{result['outcome']}）")
    if about["kind"] == "notice":
        text.append("这是公告包：每张票选了什么没有公开，票数是公布的，这里只验了别的和算式。")
    return text


def compare_root(heads: list[Row], size: int, given_root: str | None) -> list[str]:
    root = heads[-1]["root"]
    if given_root is None:
        return [
            "没有给 --root：要是有人把整个包连同签名重做一份，这里看不出来。",
            "请和公告栏、群里的树根核对：" + " ".join(root[i : i + 8] for i in range(0, 64, 8)),
        ]
    given = re.sub("[^0-9a-f]", "", given_root.lower())
    sizes = [head["size"] for head in heads if head["root"] == given]
    need(sizes, "树根对不上：这不是当时公布的那次表决，或者树根抄错了")
    return [
        f"树根对得上：公布它时票链有 {sizes[-1]} 条，之后的 {size - sizes[-1]} 条只有签名担保。"
    ]


# What zipfile raises for a file that is no proper zip.
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError,
              ValueError)  # fmt: skip


def plain(line: str) -> str:
    """The line without anything that could move the cursor or turn the writing around."""
    return "".join(sign if sign.isprintable() else " " for sign in line[:300])


def main() -> int:
    parser = argparse.ArgumentParser(description="验票：拿一份表决包重新计票")
    parser.add_argument("file", help="表决包（zip）")
    parser.add_argument("--root", help="公告栏或群里公布的树根，64 位，空格不计")
    arguments = parser.parse_args()
    try:
        text, status = recount(arguments.file, arguments.root), 0
    except Broken as trouble:
        text, status = [f"不对：{trouble}"], 1
    except UNREADABLE as trouble:
        text, status = [f"不对：文件打不开或已损坏（{str(trouble)[:200]}）"], 1
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console that cannot show every character
    print("\n".join(map(plain, text)))
    return status


if __name__ == "__main__":
    sys.exit(main())
