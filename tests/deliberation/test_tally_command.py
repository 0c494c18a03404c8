"""The command that decides votes from bare numbers: formats, order of answers, exit status."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.commands.tally import tally

HERE = Path(__file__).parent
VECTORS = HERE / "data/tally_vectors.json"
GOOD = {"id": "a", "profile": "cn.owners.279", "input": {"interested": 2, "yes": 2}}


app = typer.Typer()
app.command()(tally)


def run(text, *arguments):
    """Exit status, the answer lines read, and what was said on the error stream."""
    data = text if isinstance(text, bytes) else text.encode()
    done = CliRunner().invoke(app, list(arguments), input=data)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_tally_command_reproduces_the_vectors_as_array_and_as_lines(tmp_path):
    vectors = json.loads(VECTORS.read_text("utf-8"))
    lines = tmp_path / "vectors.jsonl"
    lines.write_text("\n".join(json.dumps(vector) for vector in vectors), "utf-8")
    expected = [{key: vector[key] for key in ("id", "outcome", "checks")} for vector in vectors]

    for status, answers, _ in (run("", str(VECTORS)), run("", str(lines))):
        for answer in answers:
            for check in answer["checks"]:
                assert check.pop("article").endswith("条")
        assert (status, answers) == (0, expected)


def test_tally_command_answers_every_row_and_then_fails():
    rows = [
        GOOD,
        GOOD | {"id": "b", "profile": "cn.nowhere"},
        GOOD | {"id": "c", "input": {"interested": -2, "yes": 0}},
        GOOD | {"id": "d", "input": {"interested": 2, "yes": 3}},
        GOOD | {"id": "e", "on": "2020-12-31"},
        GOOD | {"id": "f", "on": "2021-01-01", "place": "江苏省南京市"},
        GOOD | {"id": "g", "on": "20210101"},
        GOOD | {"id": "h", "on": "2021-02-30"},
        GOOD | {"id": "i", "place": 3},
        {"id": "j", "profile": "cn.owners.279"},
        {"id": "k", "input": {}},
    ]

    status, answers, _ = run("\n".join(json.dumps(row) for row in rows))

    assert status == 1
    assert [(a["id"], a.get("outcome"), a.get("error")) for a in answers] == [
        ("a", "PASSED", None),
        ("b", None, "没有叫“cn.nowhere”的表决规则。"),
        ("c", None, "interested 要写成不小于零的整数，不能是 -2。"),
        ("d", None, "数字对不上：yes 是 3，比 interested（2）还多。"),
        ("e", None, "表决规则“cn.owners.279”在2020-12-31不适用：自2021-01-01起。"),
        ("f", "PASSED", None),
        ("g", None, "on 要写成 2026-03-02 这样的日期"),
        ("h", None, "on 要写成 2026-03-02 这样的日期"),
        ("i", None, "place 要写地名或行政区划代码"),
        ("j", None, "input 要写成一组数"),
        ("k", None, "profile 要写表决规则的名字"),
    ]
    assert all(set(a) == {"id", "error"} for a in answers if "error" in a)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "第 2 条：不是合格的 JSON（第 2 个字符附近）"),
        ('{"id": }', "第 2 条：不是合格的 JSON（第 8 个字符附近）"),
        ("[]", '第 2 条：要写成 {"id":…,"profile":…,"input":{…}}'),
        ("17", '第 2 条：要写成 {"id":…,"profile":…,"input":{…}}'),
        ('{"id":"x","profile":"p","input":{"yes":1,"yes":2}}', "第 2 条：同一个名字写了两次"),
        ('{"id":"x","profile":"p","input":{"yes":NaN}}', "第 2 条：NaN 不是数"),
        ('{"input":' + "9" * 5000 + "}", "第 2 条：这条 JSON 太长或嵌套太深，读不了"),
        ("[" * 100_000, "第 2 条：这条 JSON 太长或嵌套太深，读不了"),
        (b'{"id":"\xff"}', "第 2 条：不是 UTF-8 编码的文字"),
    ],
)
def test_tally_command_names_the_line_it_cannot_read(line, error):
    line = line if isinstance(line, bytes) else line.encode()

    status, answers, stderr = run(json.dumps(GOOD).encode() + b"\n" + line + b"\n")

    assert (status, answers[0]["outcome"], stderr) == (1, "PASSED", "")
    assert answers[1:] == [{"id": None, "error": error}]


def test_tally_command_names_the_place_in_an_array():
    status, answers, _ = run(json.dumps([GOOD, 3], indent=1))
    assert (status, answers[1]) == (
        1,
        {"id": None, "error": '第 2 条：要写成 {"id":…,"profile":…,"input":{…}}'},
    )

    status, answers, _ = run("\n[\n" + json.dumps(GOOD) + "\n")
    assert (status, answers) == (
        1,
        [{"id": None, "error": "第 2 条：不是合格的 JSON（第 3 行第 1 个字符附近）"}],
    )


def test_tally_command_skips_blank_lines_and_a_byte_order_mark():
    status, answers, _ = run(b"\xef\xbb\xbf\n" + json.dumps(GOOD).encode() + b"\r\n\n")

    assert (status, [answer["id"] for answer in answers]) == (0, ["a"])


def test_tally_command_says_when_a_file_cannot_be_opened(tmp_path):
    status, answers, stderr = run("", str(tmp_path / "none.json"))

    assert (status, answers) == (1, [])
    assert stderr.startswith(f"打不开 {tmp_path}/none.json：")


def test_tally_command_lists_the_profiles():
    page = HERE.parents[1] / "docs/reference/decision-profiles.md"

    assert CliRunner().invoke(app, ["--profiles"]).stdout == page.read_text("utf-8")


@pytest.mark.slow
def test_tally_command_of_the_program_answers_and_fails_as_a_process():
    rows = json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"profile": "cn.nowhere"})

    done = subprocess.run(
        [sys.executable, "-m", "bot", "tally"],
        input=rows.encode(),
        capture_output=True,
        cwd=HERE.parents[1],
        timeout=120,
    )

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, [answer.get("outcome") for answer in answers]) == (1, ["PASSED", None])
    assert answers[1]["error"] == "没有叫“cn.nowhere”的表决规则。"
    assert b"Traceback" not in done.stderr


def test_command_shown_in_the_explanation_gives_what_the_page_says():
    page = HERE.parents[1] / "docs/explanation/how-a-vote-is-decided.zh-CN.md"
    (shown,) = re.findall(r"^echo '(.+)' \\$", page.read_text("utf-8"), re.MULTILINE)

    status, (answer,), _ = run(shown)

    assert (status, answer["outcome"]) == (0, "REJECTED")
    assert [(check["got"], check["need"]) for check in answer["checks"]] == [(601, 601), (300, 301)]
