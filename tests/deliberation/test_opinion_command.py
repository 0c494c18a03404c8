"""`python -m bot opinions map` and its picture: what is written, and what is said when it fails."""

import csv
import gzip
import io
import json
import random
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.opinion_map import as_votes, invented_votes
from bot.cli import cli
from deliberation.opinion_map import opinion_map
from deliberation.opinion_picture import MARKS, draw_picture

SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments):
    """Exit status, what was written, and what was said on the error stream."""
    done = CliRunner().invoke(cli, ["opinions", "map", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout, done.stderr


def table(votes, *, order=None):
    """The votes as CSV rows with residency, in an order of rows and columns of one's own."""
    columns = ["participant", "residency", *votes.statements]
    rows = []
    for n, person in enumerate(votes.people):
        cells = ["" if np.isnan(x) else str(int(x)) for x in votes.matrix[n]]
        rows.append([person, ("home", "away", "tenant")[n % 3], *cells])
    if order is not None:
        order.shuffle(rows)
        places = list(range(len(columns)))
        order.shuffle(places)
        columns = [columns[p] for p in places]
        rows = [[row[p] for p in places] for row in rows]
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue()


@pytest.fixture(scope="module")
def votes():
    dice = np.random.default_rng(7)
    return invented_votes(90, 15, density=0.9, groups=2, dice=dice)


@pytest.fixture
def file(tmp_path, votes):
    path = tmp_path / "votes.csv"
    path.write_text(table(votes), "utf-8")
    return path


def test_the_map_is_written_as_json(file):
    status, out, err = run(file)
    answer = json.loads(out)

    assert status == 0
    assert err.startswith("看得出 2 派意见。")
    assert re.search(r"计算用时 [0-9.]+ 秒", err)
    assert (answer["verdict"], answer["k"], answer["p"]) == ("groups", 2, 0.005)
    assert [row["id"] for row in answer["participants"]] == [str(n) for n in range(90)]
    assert {row["group"] for row in answer["participants"]} == {0, 1}
    assert {*answer["statements"][0]} == {
        "id", "agree", "disagree", "pass", "seen", "agree_share", "consensus", "groups"
    }  # fmt: skip


@pytest.mark.slow
def test_another_order_of_rows_and_columns_writes_the_same_bytes(tmp_path, file, votes):
    for seed in range(3):
        shuffled = tmp_path / f"{seed}.csv.gz"
        shuffled.write_bytes(gzip.compress(table(votes, order=random.Random(seed)).encode()))

        assert run(shuffled)[1] == run(file)[1]


def test_groups_can_be_forced_and_the_test_left_out(file):
    answer = json.loads(run(file, "--groups", "4", "--no-test")[1])

    assert (answer["verdict"], answer["k"], answer["forced"], answer["p"]) == (
        "untested",
        4,
        True,
        None,
    )


def test_texts_hide_what_a_moderator_hid_and_facts_split_the_answers(tmp_path, file):
    texts = tmp_path / "comments.csv"
    texts.write_text("comment-id,comment-body,moderated\n0,修路灯,1\n1,脏话,-1\n", "utf-8")
    picture = tmp_path / "map.svg"

    status, out, _ = run(
        file, "--no-test", "--statements", texts, "--by", "residency", "--svg", picture
    )
    answer = json.loads(out)

    assert status == 0
    assert "1" not in [row["id"] for row in answer["statements"]]
    assert [part["part"] for part in answer["breakdown"]["parts"]] == ["在外", "在地", "租住"]
    assert [part["people"] for part in answer["breakdown"]["parts"]] == [30, 30, 30]
    assert len(answer["breakdown"]["statements"]) == 14
    assert "脏话" not in picture.read_text("utf-8")


def test_letters_follow_an_earlier_map(tmp_path, file):
    earlier = json.loads(run(file)[1])
    earlier["groups"][0]["label"], earlier["groups"][1]["label"] = "D", "B"
    before = tmp_path / "before.json"
    before.write_text(json.dumps(earlier), "utf-8")

    answer = json.loads(run(file, "--earlier", before)[1])

    assert [group["label"] for group in answer["groups"]] == ["D", "B"]


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        ("participant,0\n1,nan\n", (), "第 2 行，意见 0：只能是 1、-1、0 或空，不能是“nan”。"),
        ("participant,0\n1,1\n1,1\n", (), "第 3 行：参与者“1”已经在第 2 行出现过。"),
        ("participant,0\n1,1\n", ("--groups", "2"), "分不成 2 组"),
        ("participant,0\n1,1\n", ("--groups", "1"), "组数要在 2 到 9 之间，不能是 1。"),
        ("participant,0\n1,1\n", ("--groups", "10"), "组数要在 2 到 9 之间，不能是 10。"),
        ("participant,0\n1,1\n", ("--by", "residency"), "第 1 行：缺少“residency”这一列。"),
        ("participant,0\n1,1\n", ("--by", "0"), ""),
        (None, (), "打不开"),
    ],
)
def test_trouble_is_one_line_of_words(tmp_path, content, arguments, words):
    path = tmp_path / "votes.csv"
    if content is not None:
        path.write_text(content, "utf-8")

    status, out, err = run(path, *arguments)

    if words:
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert words in err
    else:
        assert status == 0


@pytest.mark.parametrize("content", ["", "[]", "{", '{"groups": 3}', '{"groups":[{"group":0}]}'])
def test_an_earlier_map_that_is_none_is_refused(tmp_path, file, content):
    before = tmp_path / "before.json"
    before.write_text(content, "utf-8")

    status, out, err = run(file, "--earlier", before)

    assert (status, out) == (1, "")
    assert "不是上一次的意见地图" in err


def test_a_picture_that_cannot_be_written_is_said(tmp_path, file):
    status, _, err = run(file, "--no-test", "--svg", tmp_path / "no" / "map.svg")

    assert status == 1
    assert "打不开" in err


def test_the_picture_reads_without_colour_and_names_nobody(votes):
    drawn = opinion_map(votes, groups=5, permutations=0)
    picture = draw_picture(drawn, {"0": "<b>要不要&修\x07路</b>" * 9, "1": "短"})

    root = ElementTree.fromstring(picture)
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', picture))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert colours <= {"white", "black", "none", "#999", "#666", "#ccc"}
    assert all(int(c[1] * 3, 16) >= 0 for c in colours if c.startswith("#"))
    assert len(set(MARKS)) == len(MARKS) == 9
    for label, size in zip(drawn.labels, drawn.sizes, strict=True):
        assert any(text.startswith(f"{label} 组（") and f"{size} 人" in text for text in texts)
    assert root.find(f"{SVG}title").text == "意见地图"
    assert "没有做检验" in root.find(f"{SVG}desc").text


def test_a_map_without_groups_has_a_picture_too():
    for matrix in (np.ones((1, 1)), np.zeros((30, 4)), np.eye(12) * 2 - 1):
        drawn = opinion_map(as_votes(matrix))
        root = ElementTree.fromstring(draw_picture(drawn, {}))

        words = [node.text for node in root.iter(f"{SVG}text") if node.text]
        assert "数据太少，还看不出有没有分派。" in words
        assert not any("组（" in text for text in words)
