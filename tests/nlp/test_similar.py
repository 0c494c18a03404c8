"""The text index: what is added is found, what is removed is gone, place and time have a say."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.__main__ import main
from nlp.nearness import place_factor, time_factor
from nlp.similar import Kept, TextIndex
from nlp.text_commands import similar
from nlp.text_rows import TextFileError
from nlp.text_scores import evaluate_similar
from nlp.text_terms import TERM_SPACE, terms_of

GOLD = Path(__file__).parent / "data" / "similar_gold.jsonl"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
WORDS = (
    "电梯",
    "坏了",
    "三天",
    "没人修",
    "路灯",
    "不亮",
    "3栋",
    "5栋",
    "东门",
    "垃圾",
    "huge",
    "é",
    "𠮷",
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map("".join)
STEPS = st.lists(st.tuples(st.sampled_from("ara"), st.integers(0, 12), TEXTS), max_size=60)


def keys(matches):
    return [match.key for match in matches]


def test_find_puts_the_rewritten_text_first():
    index = TextIndex(
        [
            Kept(1, "3栋电梯坏了三天没人修"),
            Kept(2, "东门路灯晚上不亮"),
            Kept(3, "小区垃圾没有人清运"),
        ]
    )

    found = index.find("我们3栋的电梯又坏了，没人来修")

    assert found[0].key == 1
    assert 0 < found[0].score < 1


def test_same_text_has_likeness_one_and_full_cover():
    index = TextIndex([Kept("a", "东门路灯晚上不亮"), Kept("b", "3栋电梯坏了")])

    (match, *_) = index.find("东门路灯晚上不亮")

    assert match.key == "a"
    assert match.likeness == pytest.approx(1.0, abs=1e-5)
    assert match.cover == pytest.approx(1.0, abs=1e-5)


def test_cover_tells_a_short_question_inside_a_long_text():
    long_text = "医保异地就医备案以后可以直接结算，" + "其余事项请咨询窗口工作人员。" * 10
    index = TextIndex([Kept(1, long_text), Kept(2, "垃圾几点投放")])

    (match, *_) = index.find("异地就医备案")

    assert match.key == 1
    assert match.cover > 0.9 > match.likeness


def test_add_replaces_what_stood_under_the_key():
    index = TextIndex([Kept(1, "电梯坏了")])

    index.add(1, "路灯不亮")

    assert len(index) == 1
    assert keys(index.find("电梯坏了")) == []
    assert keys(index.find("路灯不亮")) == [1]


def test_remove_says_whether_there_was_one():
    index = TextIndex([Kept(1, "电梯坏了")])

    assert [index.remove(1), index.remove(1)] == [True, False]
    assert 1 not in index
    assert index.find("电梯坏了") == []


def test_find_never_gives_the_one_left_out():
    index = TextIndex(Kept(n, "电梯坏了没人修") for n in range(5))

    assert keys(index.find("电梯坏了没人修", but=2)) == [0, 1, 3, 4]


@pytest.mark.parametrize("text", ["", "  ", "？！……", "\x00", "🙂🙂", "\ud800"])
def test_text_without_words_finds_nothing(text):
    index = TextIndex([Kept(1, "电梯坏了"), Kept(2, text)])

    assert keys(index.find(text)) == []
    assert index.remove(2)


def test_one_character_finds_itself():
    index = TextIndex([Kept(1, "水"), Kept(2, "火")])

    assert keys(index.find("水")) == [1]


def test_same_place_goes_up_and_another_building_down():
    index = TextIndex(
        [
            Kept("other", "楼道灯坏了", place="5栋"),
            Kept("none", "楼道灯坏了"),
            Kept("same", "楼道灯坏了", place="3栋"),
        ]
    )

    assert keys(index.find("楼道里的灯坏了", place="3栋")) == ["same", "none", "other"]


def test_far_apart_in_time_goes_down():
    index = TextIndex(
        [
            Kept("old", "楼道灯坏了", at=NOW - timedelta(days=300)),
            Kept("new", "楼道灯坏了", at=NOW - timedelta(days=1)),
        ]
    )

    assert keys(index.find("楼道里的灯坏了", at=NOW)) == ["new", "old"]


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        ("3栋", "3栋", 1),
        ("3栋2单元", "3号楼二单元501", 1),
        ("3栋", "5栋", -1),
        ("3栋1单元", "3栋2单元", -1),
        ("花园村5组", "花园村3组", -1),
        ("东门", "西门", -1),
        ("3栋", None, 0),
        ("3栋", "东门", 0),
        ("说不清的地方", "3栋", 0),
    ],
    ids=str,
)
def test_place_factor_speaks_for_or_against(one, other, sign):
    factor = place_factor(one, other)

    assert (factor > 1) - (factor < 1) == sign
    assert factor == place_factor(other, one)


def test_time_factor_falls_and_stays_within_bounds():
    factors = [time_factor(0.0, days * 86_400.0) for days in (0, 1, 30, 365, 100_000)]

    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1.0
    assert factors[-1] >= 0.9
    assert time_factor(None, 5.0) == 1.0


@given(STEPS, TEXTS)
@settings(max_examples=80, deadline=None)
def test_grown_index_answers_like_one_built_anew(steps, query):
    grown, rows = TextIndex(), {}
    for what, key, text in steps:
        if what == "r":
            assert grown.remove(key) == (rows.pop(key, None) is not None)
        else:
            grown.add(key, text)
            rows.pop(key, None)
            rows[key] = text

    anew = TextIndex(Kept(key, text) for key, text in rows.items())

    assert grown.find(query) == anew.find(query)
    assert len(grown) == len(rows)


@given(st.lists(TEXTS, min_size=1, max_size=20), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_scores_fall_and_top_and_least_hold(texts, top):
    index = TextIndex(Kept(n, text) for n, text in enumerate(texts))

    found = index.find(texts[0], top=top, least=0.2)

    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) <= top
    assert all(0.2 <= score <= 1 for score in scores)
    assert len(set(keys(found))) == len(found)


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_terms_are_ascending_within_bounds_and_the_same_for_the_same_text(text):
    terms, counts = terms_of(text)

    assert list(terms) == sorted(set(terms.tolist()))
    assert terms.size == counts.size
    assert all(0 <= term < TERM_SPACE for term in terms.tolist())
    assert terms_of(text)[0].tolist() == terms.tolist()


def test_terms_that_are_held_cannot_be_changed():
    terms, counts = terms_of("电梯坏了三天")

    with pytest.raises(ValueError, match="read-only"):
        terms[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        counts[0] = 1


def test_traditional_and_full_width_forms_are_the_same_text():
    index = TextIndex([Kept(1, "３棟電梯壞了")])

    assert index.find("3栋电梯坏了")[0].likeness == pytest.approx(1.0, abs=1e-5)


@pytest.fixture
def file(tmp_path):
    """file(name, rows): a JSON Lines file of rows or raw lines."""

    def write(name, rows):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return path

    return write


CORPUS = [
    {"id": 1, "text": "3栋电梯坏了三天没人修"},
    {"id": "1", "text": "3栋的电梯坏了没人修理"},
    {"id": "b", "title": "3栋电梯", "body": "电梯坏了三天了"},
    {"id": "c", "title": "垃圾", "body": "东门垃圾没人清"},
]


def test_command_keeps_the_type_of_ids_and_leaves_out_the_query(file, capsys):
    corpus = file("corpus.jsonl", CORPUS)

    status = main(["similar", "--corpus", str(corpus), "--queries", str(corpus), "--top", "2"])

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert [one["id"] for one in said] == [1, "1", "b", "c"]
    assert said[0]["matches"] == ["b", "1"]
    assert said[1]["matches"] == [1, "b"]
    assert all(one["id"] not in one["matches"] for one in said)


def test_query_outside_the_corpus_is_answered_too(file):
    sink = io.StringIO()

    similar(
        file("corpus.jsonl", CORPUS),
        file("queries.jsonl", [{"id": "q", "text": "东门的垃圾谁来清"}]),
        20,
        sink,
    )

    assert json.loads(sink.getvalue())["matches"][0] == "c"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["{"], "第 1 行不是 JSON"),
        (['{"id":1,"text":"a"}', "[]"], "第 2 行应是一个 JSON 对象"),
        (['{"text":"a"}'], "第 1 行的 id 应是文字或整数"),
        (['{"id":true,"text":"a"}'], "第 1 行的 id 应是文字或整数"),
        (['{"id":1}'], "第 1 行缺 text"),
        (['{"id":1,"text":5}'], "第 1 行的 text 应是文字"),
        (['{"id":1,"text":"a","time":"去年"}'], "第 1 行的 time 读不懂"),
        (["[" * 100_000], "第 1 行不是 JSON"),
    ],
    ids=["broken", "list", "no id", "id true", "no text", "text number", "time", "deep"],
)
def test_bad_line_is_refused_in_words(file, capsys, lines, words):
    path = str(file("bad.jsonl", lines))

    for command in (["similar", "--corpus", path, "--queries", path], ["topics", path]):
        assert main(command) == 1
        said = capsys.readouterr()
        assert words in said.err
        assert said.out == ""


def test_missing_and_broken_files_are_refused_in_words(tmp_path, capsys):
    (tmp_path / "no.gz").write_bytes(b"\x1f\x8bnot gzip")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id":1,"text":"\xff"}\n')

    for name in ("absent.jsonl", "no.gz", "latin.jsonl"):
        assert main(["topics", str(tmp_path / name)]) == 1
        assert name in capsys.readouterr().err


def test_gold_that_names_a_text_not_there_is_refused(file):
    gold = file("gold.jsonl", [{"id": "z", "same": ["b"]}])

    with pytest.raises(TextFileError, match="z 不在文字当中"):
        evaluate_similar(gold, file("corpus.jsonl", CORPUS))


def test_evaluation_ranks_the_other_text_of_the_same_matter(file):
    gold = file("gold.jsonl", [{"id": 1, "same": ["b"]}, {"id": "c", "same": ["b"]}])

    figures = evaluate_similar(gold, file("corpus.jsonl", CORPUS))

    assert figures["title_and_body"]["r1"] == 0.5
    assert figures["rows"] == 2


@pytest.mark.slow
def test_rewritten_letters_are_found_again(judged):
    figures = evaluate_similar(GOLD, judged("requests/stream_2019.jsonl.gz"))

    assert figures["body"]["r5"] >= 0.85
    assert figures["body"]["r20"] >= 0.93
    assert figures["title_and_body"]["r5"] >= 0.95
