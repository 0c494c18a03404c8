"""The clerk who holds the signing key bends the log: the rules find it, not the signature."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.canonical import canonical
from deliberation import verify_bundle
from deliberation.verify_bundle import recount
from tests.deliberation.bundles import (
    OWNERS,
    edited,
    files,
    joined,
    lines,
    log_of,
    rebuilt,
    relisted,
    resigned,
    trouble,
    zipped,
)

SCRIPT = Path(verify_bundle.__file__)


def test_rebuilding_an_honest_log_is_verified():
    # Otherwise the tests below would refuse everything.
    assert recount(zipped(rebuilt(log_of(files()), files())), None)[0] == "验过了，没有发现改动。"


def bend_named(kind: str):
    honest = files()
    records = log_of(honest)
    ballots = [n for n, record in enumerate(records) if record["kind"] == "ballot"]
    close = next(n for n, record in enumerate(records) if record["kind"] == "close")
    first, second = ballots[:2]
    stranger = "0123456789abcdef" * 4
    match kind:
        case "copied":
            records[second]["choice"] = records[first]["choice"]
        case "stranger":
            records[second]["entry"] = stranger
        case "version":
            records[second]["version"] = 2
        case "stuffed":
            records.insert(close, {**records[first], "entry": stranger, "choice": stranger})
        case "after close":
            records.append({**records[first], "choice": stranger})
        case "late before close":
            late = {key: records[first][key] for key in ("entry", "channel", "choice")}
            records.insert(2, {**late, "kind": "late"})
        case "ruling on nothing":
            records.append({"kind": "ruling", "ballot": 0, "state": "void", "reason": "x"})
        case "count at close":
            records[close]["ballots"] += 1
        case "two openings":
            records.insert(1, records[0])
        case "two closings":
            records.append(records[close])
        case "batch":
            records.insert(1, {"kind": "batch", "ballots": [stranger], "receipts": ["R"]})
        case "ruled in secret":
            records.append({"kind": "ruling", "ballot": first, "state": "void", "reason": "x"})
    return rebuilt(records, honest)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("copied", "第 2 条的选票是照抄别的一张"),
        ("stranger", "第 2 条的选票不属于名册里的任何一行"),
        ("version", "第 2 条：同一行名册的票没有接着编号"),
        ("stuffed", "不属于名册里的任何一行"),
        ("after close", r"（ballot）不该在这里"),
        ("late before close", r"第 2 条（late）不该在这里"),
        ("ruling on nothing", "裁定的不是选票"),
        ("count at close", "截止时记下的张数与票链不同"),
        ("two openings", "没有开头，或有两个开头"),
        ("two closings", "没有截止，或截止了两次"),
        ("batch", r"第 1 条（batch）不该在这里"),
        ("ruled in secret", "打不开任何一张票|计票结果不对"),
    ],
)
def test_even_the_clerk_cannot_bend_the_rules(kind, named):
    assert re.search(named, trouble(bend_named(kind)))


def bend_detached(kind: str):
    honest = files("detached")
    records = log_of(honest)
    batches = [record for record in records if record["kind"] == "batch"]
    close = next(record for record in records if record["kind"] == "close")
    voted = lines(honest["voted.txt"])
    match kind:
        case "unsorted":
            batches[0]["ballots"].reverse()
        case "receipts missing":
            batches[0]["receipts"].pop()
        case "twice":
            batches[1]["ballots"] = sorted([*batches[1]["ballots"][1:], batches[0]["ballots"][0]])
        case "receipt twice":
            codes = [*batches[1]["receipts"][1:], batches[0]["receipts"][0]]
            batches[1]["receipts"] = sorted(codes)
        case "small":
            for name in ("ballots", "receipts"):
                batches[-1][name] = sorted(batches[-1][name] + batches[0][name][9:])
                batches[0][name] = batches[0][name][:9]
        case "stuffed":
            batches[-1]["ballots"] = sorted([*batches[-1]["ballots"], "0" * 64])
            batches[-1]["receipts"] = sorted([*batches[-1]["receipts"], "0000000000"])
            close["ballots"] += 1
        case "stranger":
            voted = sorted([*voted[1:], b"0123456789abcdef" * 4])
            data = joined(voted)
            close["voted"] = verify_bundle.sha256(data).hexdigest()
            honest = {**honest, "voted.txt": data}
        case "named ballot":
            named = {"entry": voted[0].decode(), "version": 1, "channel": "page"}
            records.insert(1, {"kind": "ballot", "choice": "0" * 64, **named})
    return rebuilt(records, honest)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("unsorted", "没有打乱"),
        ("receipts missing", "张数与回执数不同"),
        ("twice", "同一张票进了两批"),
        ("receipt twice", "同一个回执给了两张票"),
        ("small", "第 1 条这批票不足 10 张"),
        ("stuffed", "票数与投过票的人数不同"),
        ("stranger", "voted.txt 里有人不在名册里"),
        ("named ballot", r"第 1 条（ballot）不该在这里"),
    ],
)
def test_even_the_clerk_cannot_bend_a_detached_vote(kind, named):
    assert re.search(named, trouble(bend_detached(kind)))


def with_question(**facts):
    """The whole vote asked anew with another question, by the clerk."""
    honest = files()
    question = edited(honest["question.json"], **facts)
    records = log_of(honest)
    records[0]["question"] = verify_bundle.sha256(question).hexdigest()
    return rebuilt(records, {**honest, "question.json": question})


def test_options_must_be_told_apart():
    options = json.loads(files()["question.json"])["options"]

    for extra in (options[0], {"key": "invalid", "kind": "yes", "text": "无"}):
        assert "两个选项同名" in trouble(with_question(options=[*options, extra]))


def test_a_title_cannot_paint_over_the_answer(tmp_path):
    file = tmp_path / "bundle.zip"
    title = "好\x1b[2J\n结果：没有通过\u202e"
    file.write_bytes(zipped(with_question(title=title)).getvalue())

    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(file)],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert done.returncode == 0
    assert not set(done.stdout) & set("\x1b\u202e")
    assert not re.search(r"^结果：没有通过", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("unit", ["count", "heads", "area"])
def test_a_notice_with_more_votes_than_voters_is_found(unit):
    honest = files("named", OWNERS, kind="notice")
    tally = json.loads(honest["tally.json"])
    tally["answers"]["no"][unit] += 10**9
    forged = {**honest, "tally.json": canonical(tally)}

    found = trouble(relisted({**forged, "heads.jsonl": resigned(forged, "tally")}))

    assert found == "tally.json 的票数比参加的还多"


def test_a_wrong_count_is_named_even_when_signed():
    # The clerk's own key signs a false count: the arithmetic finds it.
    honest = files()
    tally = json.loads(honest["tally.json"])
    counted = tally["answers"]["yes"]["count"]
    tally["answers"]["yes"]["count"] = counted + 1
    forged = {**honest, "tally.json": canonical(tally)}

    found = trouble(relisted({**forged, "heads.jsonl": resigned(forged, "tally")}))

    assert found == (
        f"计票结果不对：tally.json 的 answers 的 yes 的 count写的是 {counted + 1}，"
        f"算出来是 {counted}"
    )


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"time": "2020-01-01T00:00:00Z"}, "倒退了"),
        ({"size": 1}, "倒退|算出的不同"),
        ({"key": "a" * 64}, "换了签名的钥匙"),
        ({"tally": "a" * 64}, "不是签了名的那份"),
    ],
)
def test_a_head_that_goes_back_is_found_even_when_signed(facts, named):
    honest = files()

    found = trouble(relisted({**honest, "heads.jsonl": resigned(honest, "tally", **facts)}))

    assert re.search(named, found)


def test_a_notice_of_false_sums_is_found():
    honest = files("named", OWNERS, kind="notice")
    tally = json.loads(honest["tally.json"])
    tally["results"][0]["outcome"] = "REJECTED"
    forged = {**honest, "tally.json": canonical(tally)}

    found = trouble(relisted({**forged, "heads.jsonl": resigned(forged, "tally")}))

    assert found == (
        "计票结果不对：tally.json 的 results 第 1 项 的 outcome写的是 REJECTED，算出来是 PASSED"
    )
