"""How often the bot answers, and rightly: questions written for the purpose against 40 articles.

`questions.jsonl` is what the weights and the threshold were chosen on; `questions_held_out.jsonl`
was written afterwards and changed nothing. Both are by the project itself and no model of anyone.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from bot.dialogue.questions import ANSWER_MIN
from bot.listening import KNOBS, in_force
from community.article_file import read_articles
from nlp.answers import AnswerIndex
from nlp.asking import wants_action

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def index():
    found = read_articles(
        (DATA / "articles.md").read_bytes(), "articles.md", today=date(2026, 11, 23)
    )
    assert found.problems == ()
    index = AnswerIndex()
    for entry in found.entries:
        content = entry.content
        index.put(content.title, title=content.title, wordings=content.questions, body=content.body)
    return index


def questions(name):
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("name", "asked", "others", "precision", "recall"),
    [
        ("questions.jsonl", 101, 88, 0.95, 0.68),
        ("questions_held_out.jsonl", 45, 45, 0.95, 0.74),
    ],
)
def test_answers_are_right_and_not_too_few(index, name, asked, others, precision, recall):
    rows = questions(name)
    with_article = [row for row in rows if row["article"] is not None]
    assert (len(with_article), len(rows) - len(with_article)) == (asked, others)

    said = right = 0
    for row in rows:
        best = None if wants_action(row["text"]) else next(iter(index.find(row["text"])), None)
        if best is not None and best.confidence >= ANSWER_MIN:
            said += 1
            right += best.key == row["article"]

    assert right / said >= precision
    assert right / asked >= recall


def test_the_right_article_is_nearly_always_the_nearest(index):
    rows = [row for row in questions("questions.jsonl") if row["article"] is not None]

    nearest = [next(iter(index.find(row["text"])), None) for row in rows]
    right = sum(
        best is not None and best.key == row["article"]
        for row, best in zip(rows, nearest, strict=True)
    )

    assert right / len(rows) >= 0.93


def test_every_default_lies_within_its_bounds():
    for knob in KNOBS:
        least, most = knob.bounds
        assert least <= knob.default <= most, knob.name
    assert in_force({"answer": 0.9})["answer"] == 0.9
    assert in_force({})["answer"] == ANSWER_MIN
