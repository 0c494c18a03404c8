import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.articles import Kind, Part, make_rulebook
from deliberation.clauses import (
    clause_around,
    clauses_of,
    sentence_around,
    tokens,
)
from deliberation.numbering import NUMBER_MAX, chinese_number, labels, number_of


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (99, "九十九"),
        (100, "一百"),
        (103, "一百零三"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (2026, "二千零二十六"),
        (9999, "九千九百九十九"),
    ],
)
def test_chinese_number(value, written):
    assert chinese_number(value) == written
    assert number_of(written) == value


@pytest.mark.parametrize("value", [0, -1, NUMBER_MAX + 1])
def test_chinese_number_refuses_what_has_no_name(value):
    with pytest.raises(ValueError, match="no Chinese number"):
        chinese_number(value)


def test_every_number_reads_back():
    assert all(number_of(chinese_number(n)) == n for n in range(1, NUMBER_MAX + 1))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("百十", 110),
        ("百零三", 103),
        ("两百", 200),
        ("廿一", 21),
        ("卅", 30),
        ("二〇二六", 2026),
        ("12", 12),
        ("１２", 12),
        ("3万5千", 35_000),
        ("二亿三千万", 230_000_000),
        ("壹佰贰拾叁", 123),
        ("一 百", 100),
        ("零", 0),
        ("", None),
        ("十十", None),
        ("二三十", None),
        ("十百", None),
        ("万", None),
        ("好", None),
        ("三个", None),
        ("1234567890123456", None),
    ],
)
def test_number_of(written, value):
    assert number_of(written) == value


@given(st.text(st.sampled_from("一二三十百千万亿零两廿卅0１ 甲"), max_size=12))
def test_number_of_never_raises(written):
    value = number_of(written)

    assert value is None or value >= 0


def test_labels_count_articles_through_and_sections_by_chapter():
    kinds = (
        [Kind.CHAPTER, Kind.SECTION, Kind.ARTICLE, Kind.ARTICLE, Kind.SECTION, Kind.ARTICLE]
        + [Kind.CHAPTER, Kind.SECTION, Kind.ARTICLE]
        + [Kind.ARTICLE] * 99
    )
    rulebook = make_rulebook(
        id="x", title="村规", parts=[Part(f"p{n}", kind, "好") for n, kind in enumerate(kinds)]
    )

    called = labels(rulebook)

    assert [called[f"p{n}"] for n in range(9)] == [
        "第一章",
        "第一节",
        "第一条",
        "第二条",
        "第二节",
        "第三条",
        "第二章",
        "第一节",
        "第四条",
    ]
    assert called["p107"] == "第一百零三条"
    assert (called["title"], called["preamble"]) == ("名称", "序言")


def test_tokens_keep_numbers_and_words_whole():
    text = "自2026-03-01起，三分之二以上、3.5%、5万元、20:00、三点五、一百零三条abc"

    assert [token for token in tokens(text) if len(token) > 1] == [
        "2026-03-01",
        "三分之二",
        "3.5%",
        "5万",
        "20:00",
        "三点五",
        "一百零三",
        "abc",
    ]


@given(st.text())
def test_tokens_lose_nothing(text):
    assert "".join(tokens(text)) == text
    assert "".join("".join(clause) for clause in clauses_of(tokens(text))) == text


def test_tokens_keep_what_is_attached_to_a_character():
    assert tokens("葛\U000e0100a\u0301b") == ["葛\U000e0100", "a\u0301", "b"]


def test_clause_and_sentence_around():
    text = "甲乙，丙丁戊，己。庚辛"

    def words(span):
        return text[slice(*span)]

    assert words(clause_around(text, 4, 5)) == "丙丁戊"
    assert words(clause_around(text, 1, 4)) == "甲乙，丙丁戊"
    assert words(clause_around(text, 0, 0)) == "甲乙"
    assert words(clause_around(text, 11, 11)) == "庚辛"
    assert words(sentence_around(text, 4, 5)) == "甲乙，丙丁戊，己。"
    assert words(sentence_around(text, 10, 10)) == "庚辛"
