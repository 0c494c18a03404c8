"""Which article answers: found by its words, never by chance of order, and quick among many."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.answers import AnswerIndex, essence, nearest_passage
from nlp.asking import is_asking, wants_action
from nlp.groups import grouped

ARTICLES = {
    "垃圾": ("垃圾分类投放时间", ("几点可以扔垃圾",), "每天早上七点到九点投放到垃圾房。"),
    "食堂": ("社区食堂开饭时间", ("食堂几点开饭",), "早餐六点半，午餐十一点。"),
    "医保": ("医保异地就医报销", ("在外地看病怎么报销",), "先备案，再持社保卡直接结算。"),
}


def index_of(names: Sequence[str]) -> AnswerIndex[str]:
    index: AnswerIndex[str] = AnswerIndex()
    for name in names:
        title, wordings, body = ARTICLES[name]
        index.put(name, title=title, wordings=wordings, body=body)
    return index


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("请问几点能丢垃圾", "垃圾"),
        ("垃圾房早上几点开始可以扔垃圾呀", "垃圾"),
        ("食堂中午几点开饭", "食堂"),
        ("外地看病的医保怎么报销", "医保"),
        ("醫保異地就醫怎麼報銷", "医保"),
    ],
)
def test_question_finds_its_article(question, name):
    best = index_of(list(ARTICLES)).find(question)[0]

    assert best.key == name
    assert best.confidence > 0.7


@pytest.mark.parametrize("question", ["护照去哪里办", "今晚吃什么", "谁家有多余的纸箱"])
def test_question_without_article_is_unsure(question):
    found = index_of(list(ARTICLES)).find(question)

    assert all(one.confidence < 0.3 for one in found)


def test_what_may_not_be_told_is_not_found():
    index = index_of(list(ARTICLES))

    found = index.find("几点可以扔垃圾", may=lambda key: key != "垃圾")

    assert "垃圾" not in [one.key for one in found]


def test_same_words_in_two_communities_are_both_found():
    index: AnswerIndex[tuple[int, int]] = AnswerIndex()
    title, wordings, body = ARTICLES["垃圾"]
    index.put((1, 10), title=title, wordings=wordings, body=body)
    index.put((2, 20), title=title, wordings=wordings, body=body)

    found = index.find("几点可以扔垃圾", may=lambda key: key[0] == 2)
    assert [one.key for one in found] == [(2, 20)]
    index.drop((1, 10))
    assert index.find("几点可以扔垃圾")[0].key == (2, 20)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(ARTICLES)), max_size=8),
    st.lists(st.sampled_from(sorted(ARTICLES)), max_size=4),
    st.text(alphabet="垃圾食堂医保几点报销开饭", min_size=1, max_size=12),
)
def test_index_answers_as_one_built_anew(put, dropped, question):
    grown = index_of(put)
    for name in dropped:
        grown.drop(name)
    left = [name for name in dict.fromkeys(put) if name not in dropped]

    fresh = index_of(left)

    def told(index):
        return {one.key: round(one.confidence, 4) for one in index.find(question, top=10)}

    assert told(grown) == told(fresh)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_may_be_asked(text):
    found = index_of(list(ARTICLES)).find(text)

    assert all(0.0 <= one.confidence <= 1.0 for one in found)
    assert isinstance(is_asking(text), bool)
    assert isinstance(wants_action(text), bool)


def test_essence_leaves_what_it_is_about():
    assert essence("请问一下，小区几点可以扔垃圾呢？") == essence("几点能倒垃圾")
    assert essence("怎么办") == "怎么办"


def test_nearest_passage_has_the_words_asked_for():
    pieces = ["早餐六点半开始。", "六十岁以上老人打八折。", "周日晚上休息。"]

    assert nearest_passage("老人吃饭打几折", pieces) == 1
    assert nearest_passage("停车", pieces) == 0


@pytest.mark.parametrize(
    "text",
    [
        "师傅什么时候来修",
        "什么时候能来水",
        "怎么还没人来修电梯",
        "楼道灯谁来修",
        "能不能派人来看看下水道",
        "我上次报的路灯呢",
        "到底什么时候才能好",
    ],
)
def test_calls_to_do_something_are_no_questions(text):
    assert wants_action(text)


@pytest.mark.parametrize(
    "text",
    [
        "医保异地报销怎么办",
        "装修几点可以施工",
        "维修基金怎么申请",
        "物业费什么时候交",
        "食堂几点开门",
        "报名登记要什么材料",
    ],
)
def test_questions_for_knowledge_are_no_calls(text):
    assert is_asking(text)
    assert not wants_action(text)


def test_long_stories_are_not_taken_for_questions():
    assert not is_asking("我们家楼上漏水漏了三个月了，" * 12 + "怎么办？")


def test_same_questions_stand_together_most_asked_first():
    rows = [
        (1, "怎么给狗上户口"),
        (2, "社区的乒乓球台在哪里"),
        (3, "乒乓球台在哪"),
        (4, "请问乒乓球台在哪儿呀"),
    ]

    assert grouped(rows) == [[2, 3, 4], [1]]
    assert grouped([]) == []


def test_every_question_of_a_group_is_there_once():
    texts = [json.dumps(n % 7) + "号楼的快递柜怎么用" for n in range(30)]

    groups = grouped(enumerate(texts))

    assert sorted(key for group in groups for key in group) == list(range(30))
