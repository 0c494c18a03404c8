"""Topics: what belongs together stands together, under a name that shows nobody."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.__main__ import main
from nlp.text_commands import topics_of_rows
from nlp.text_rows import SHANGHAI, TextRow, time_of
from nlp.text_scores import evaluate_topics, topic_figures
from nlp.topic_names import UNNAMED, most_named, name_of, places_in, words_name
from nlp.topics import Said, TopicBook, topics_of, trend_of

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LETTERS = [
    ("丽景新城旁边建搅拌站", "搅拌站噪音粉尘很大，丽景新城的居民没法开窗睡觉"),
    ("投诉丽景新城附近搅拌站噪音扰民", "搅拌站每天早上六点开工，粉尘和噪音影响丽景新城居民"),
    ("丽景新城搅拌站粉尘大", "孩子咳嗽，搅拌站的粉尘飘进丽景新城"),
    ("英语培训学校拖延退费", "温顿英语培训学校关门，学费不退"),
    ("温顿英语培训机构何时退费", "交了两万学费，温顿英语一直拖延退费"),
    ("公交车什么时候开通", "想去医院要转三趟车"),
]
PIECES = st.lists(
    st.sampled_from(
        ["搅拌站", "噪音", "粉尘", "退费", "英语", "路灯", "坏了", "3栋", "小区", "公交"]
    ),
    max_size=8,
).map("".join)


def letters():
    return [
        Said(number, title, body, NOW + timedelta(days=number))
        for number, (title, body) in enumerate(LETTERS)
    ]


def test_letters_on_the_same_matter_stand_together_and_single_ones_are_left_out():
    assert [sorted(topic.members) for topic in topics_of(letters())] == [[0, 1, 2], [3, 4]]


def test_topic_tells_size_name_times_and_examples():
    topic = topics_of(letters())[0]

    assert topic.size == 3
    assert "搅拌站" in topic.name
    assert (topic.first, topic.last) == (NOW, NOW + timedelta(days=2))
    assert set(topic.examples) == {0, 1, 2}


@given(st.lists(st.tuples(PIECES, PIECES), max_size=25))
@settings(max_examples=60, deadline=None)
def test_topics_part_the_texts_and_are_at_least_pairs(pairs):
    said = [Said(n, title, body) for n, (title, body) in enumerate(pairs)]

    found = topics_of(said)

    members = [member for topic in found for member in topic.members]
    assert len(members) == len(set(members))
    assert set(members) <= set(range(len(pairs)))
    assert all(topic.size >= 2 for topic in found)
    assert [t.size for t in found] == sorted((t.size for t in found), reverse=True)


@given(st.lists(st.tuples(PIECES, PIECES), max_size=25))
@settings(max_examples=40, deadline=None)
def test_looking_between_changes_nothing(pairs):
    said = [Said(n, title, body) for n, (title, body) in enumerate(pairs)]
    watched, quiet = TopicBook(), TopicBook()
    for one in said:
        watched.add(one)
        watched.topics()
        quiet.add(one)

    assert watched.topics() == quiet.topics()
    assert len(watched) == len(said)


@given(st.lists(st.tuples(PIECES, PIECES), max_size=25))
@settings(max_examples=40, deadline=None)
def test_leaving_out_what_one_text_alone_says_changes_nothing(pairs):
    said = [Said(n, title, body) for n, (title, body) in enumerate(pairs)]
    whole, lean = TopicBook(said), TopicBook(said, are_all=True)
    for one in said:
        whole.add(one)
        lean.add(one)

    assert lean.topics() == whole.topics()


def test_texts_without_words_are_no_topic():
    said = [Said(n, "", text) for n, text in enumerate(["[图片]", "[图片]", "", "。。。", "🙂"])]

    assert topics_of(said) == []


def test_one_common_word_is_no_topic_but_with_the_place_it_is():
    texts = ["路灯太暗了看不见", "那个路灯修得真快"]
    apart = topics_of([Said(n, "", text) for n, text in enumerate(texts)])
    together = topics_of([Said(n, "", text, None, "3栋") for n, text in enumerate(texts)])

    assert apart == []
    assert [sorted(topic.members) for topic in together] == [[0, 1]]


@pytest.mark.parametrize(
    "secret", ["13912345678", "110101199003078515", "赵铁柱", "张书记", "李阿姨", "湘A12345"]
)
def test_name_never_shows_people_or_numbers(secret):
    titles = [f"投诉3栋电梯坏了没人修，我叫{secret}", f"3栋电梯坏了三天，找{secret}也没用"]
    said = [Said(n, title, title) for n, title in enumerate(titles)]
    chat = [Said(n, "", title) for n, title in enumerate(titles)]

    for texts in (said, chat):
        (topic,) = topics_of(texts)
        assert "电梯" in topic.name
        assert secret not in topic.name
        assert not any(secret in place for place in topic.places)


def test_name_holds_only_what_two_members_say():
    name = name_of(
        ["金色家园商铺油烟直排扰民", "金色家园油烟扰民，求助王小明", "金色家园商铺油烟大"]
    )

    assert "金色家园" in name
    assert "油烟" in name
    assert "小明" not in name


def test_name_is_said_plainly_when_nothing_is_shared():
    assert name_of(["甲", "乙"]) == UNNAMED
    assert words_name(["路灯坏", "电梯停"], []) == UNNAMED


def test_chat_topic_is_named_by_place_and_words():
    texts = ["3栋楼道路灯坏了一个月", "3栋楼道的路灯又不亮", "3栋路灯坏了，楼道看不见"]

    assert words_name(texts, ["3栋"]) == "3栋、楼道、路灯"


def test_places_are_buildings_and_named_areas():
    assert places_in("3栋楼道路灯坏了") == ["3栋"]
    assert "A3区西湖街道" in places_in("请问A3区西湖街道何时拆迁")


def test_most_named_places_come_first_and_do_not_repeat():
    assert most_named([["3栋", "东门"], ["3栋"], ["3栋2单元", "东门"], ["5栋"]]) == ["3栋", "东门"]


@pytest.mark.parametrize(
    ("days", "trend"),
    [([0, 10], "持平"), ([0, 1, 2, 10], "下降"), ([0, 8, 9, 10], "上升"), ([3, 3, 3], "持平")],
    ids=["two", "fewer", "more", "at once"],
)
def test_trend_compares_the_halves(days, trend):
    assert trend_of([NOW + timedelta(days=day) for day in days]) == trend


@pytest.mark.parametrize(
    ("words", "iso"),
    [
        ("2019/2/28 11:25:05", "2019-02-28T11:25:05+08:00"),
        ("2019-11-13 11:20:21", "2019-11-13T11:20:21+08:00"),
        ("2019-11-13T11:20:21Z", "2019-11-13T11:20:21+00:00"),
        ("2019/2/8 9:05", "2019-02-08T09:05:00+08:00"),
        ("2019-02-08", "2019-02-08T00:00:00+08:00"),
    ],
)
def test_times_without_a_zone_are_shanghais(words, iso):
    assert time_of(words).isoformat() == iso


def test_command_writes_topics_with_typed_ids_and_shanghai_times(tmp_path, capsys):
    path = tmp_path / "letters.jsonl"
    rows = [
        {"id": n if n % 2 else str(n), "time": f"2019/3/{n + 1} 8:00:00", "title": t, "body": b}
        for n, (t, b) in enumerate(LETTERS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    assert main(["topics", str(path)]) == 0

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["members"] for one in said] == [["0", 1, "2"], [3, "4"]]
    assert (said[0]["first"], said[0]["last"]) == (
        "2019-03-01T08:00:00+08:00",
        "2019-03-03T08:00:00+08:00",
    )
    assert [one["size"] for one in said] == [3, 2]
    assert list(said[0])[:6] == ["topic", "size", "members", "first", "last", "places"]


def test_row_that_came_twice_counts_once():
    row = TextRow("a", *LETTERS[0], datetime(2019, 3, 1, tzinfo=SHANGHAI), None)
    other = TextRow("b", *LETTERS[1], datetime(2019, 3, 2, tzinfo=SHANGHAI), None)

    assert [one["members"] for one in topics_of_rows([row, row, other])] == [["a", "b"]]


def test_figures_of_topics():
    truth = [(0, [("str", "a"), ("str", "b"), ("str", "c")]), (1, [("str", "d"), ("str", "e")])]

    perfect = topic_figures(truth, [members for _, members in truth])
    mixed = topic_figures(truth, [[("str", one) for one in "abcde"]])
    split = topic_figures(truth, [[("str", "a"), ("str", "b")], [("str", "d"), ("str", "z")]])

    assert perfect["f1"] == perfect["f1_all"] == 1.0
    assert (mixed["purity"], mixed["recall"]) == (0.6, 1.0)
    assert (split["purity"], split["recall"], split["purity_all"]) == (1.0, 0.6, 0.75)


def test_nothing_found_scores_zero():
    assert topic_figures([(0, [("str", "a"), ("str", "b")])], [])["f1"] == 0.0


def test_evaluation_takes_predicted_topics(tmp_path, capsys):
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "found.jsonl"
    gold.write_text('{"topic": ["a", "b"]}\n', "utf-8")
    predicted.write_text('{"members": ["b", "a"]}\n', "utf-8")

    status = main(["evaluate", "--task", "topics", str(gold), "--predicted", str(predicted)])

    assert status == 0
    assert json.loads(capsys.readouterr().out)["f1"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["topics_gold.jsonl", "topics_gold_second.jsonl"])
def test_hot_topics_of_letters_reach_the_floor(judged, name):
    figures = evaluate_topics(DATA / name, judged("requests/stream_2019.jsonl.gz"))

    assert figures["f1"] >= 0.85
    assert figures["f1_all"] >= 0.78
