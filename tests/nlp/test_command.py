"""`python -m nlp` as scripts use it."""

import io
import json
import subprocess
import sys

import pytest

from nlp.__main__ import main, read_lines

FIELDS = [
    "intent",
    "category",
    "category2",
    "urgency",
    "place",
    "confidence",
    "category_confidence",
    "reasons",
    "same_as",
    "model",
]


def answers(text):
    sink = io.StringIO()
    status = read_lines(io.StringIO(text), sink)
    return status, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_read_answers_in_order_with_the_agreed_fields():
    status, said = answers('{"text": "电梯坏了", "id": 7}\n{"text": "谢谢"}\n')

    assert status == 0
    assert list(said[0]) == ["id", *FIELDS]
    assert list(said[1]) == FIELDS
    assert [one["intent"] for one in said] == ["request", "thanks"]


@pytest.mark.parametrize(
    "bad",
    ["不是 JSON", "[1]", '{"text": 5}', '{"no": 1}', '{"text": "a", "context": [{"id": 1}]}', "{"],
)
def test_read_keeps_order_around_a_bad_line_and_fails_at_the_end(bad):
    status, said = answers(f'{{"text": "谢谢"}}\n{bad}\n{{"text": "收到"}}\n')

    assert status == 1
    assert [("error" in one) for one in said] == [False, True, False]


def test_read_takes_context_and_gazetteer():
    line = {
        "text": "[图片]",
        "sender": "甲",
        "context": [{"id": "m1", "sender": "甲", "text": "3号楼电梯坏了没人修"}],
        "gazetteer": ["3栋", "东门"],
    }

    status, said = answers(json.dumps(line) + "\n")

    assert status == 0
    assert said[0]["same_as"] in ("m1", None)


def test_unknown_command_is_refused():
    with pytest.raises(SystemExit):
        main(["fly"])


@pytest.mark.slow
def test_read_runs_as_a_process_without_training_packages():
    script = (
        "import sys; from nlp.__main__ import main; code = main(['read']);"
        "heavy = {'sklearn', 'scipy', 'jieba', 'rjieba'} & set(sys.modules);"
        "print(sorted(heavy), file=sys.stderr);"
        "sys.exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        input='{"text": "路灯坏了 😀"}\n',
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )

    assert done.returncode == 0
    assert json.loads(done.stdout)["intent"]
    assert done.stderr.strip() == "[]"
