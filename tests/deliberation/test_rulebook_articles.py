from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.articles import (
    HEADING_CHARS_MAX,
    PART_CHARS_MAX,
    PARTS_MAX,
    RULEBOOK_CHARS_MAX,
    BadRulebook,
    BadText,
    Kind,
    Part,
    Rulebook,
    check_rulebook,
    clean_text,
    make_rulebook,
    rulebook_hash,
    text_trouble,
)
from tests.deliberation.rulebook_samples import GARDEN, rulebooks


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  一行  ", "一行"),
        ("\u3000\u3000一行\u3000", "一行"),
        ("一\r\n\r\n\n二\u2028三\x0b四", "一\n二\n三\n四"),
        ("a\tb", "a b"),
        ("\ufeff第\u200b一\u00ad条", "第一条"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_clean_text(raw, clean):
    assert clean_text(raw) == clean


@given(st.text())
def test_clean_text_is_final(raw):
    assert clean_text(clean_text(raw)) == clean_text(raw)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Kind.ARTICLE, "", "内容是空的。"),
        (Kind.ARTICLE, " 空白", "前后有空白、空行或看不见的字符，请整理后再试。"),
        (Kind.ARTICLE, "a\n\nb", "前后有空白、空行或看不见的字符，请整理后再试。"),
        (Kind.ARTICLE, "a\x00b", "里面有看不见的控制字符（U+0000），请删掉后再试。"),
        (Kind.ARTICLE, "a\u202eb", "里面有看不见的控制字符（U+202E），请删掉后再试。"),
        (Kind.ARTICLE, "a\ud800", "里面有看不见的控制字符（U+D800），请删掉后再试。"),
        (Kind.ARTICLE, "x" * (PART_CHARS_MAX + 1), "一条最多 20000 字，这里有 20001 字。"),
        (
            Kind.ARTICLE,
            "好\n第五条　罚款",
            "“第五条\u3000罚款”这一行看起来像另一条的开头。要加一条请用“增加一条”。",
        ),
        (Kind.PREAMBLE, "第一章", "“第一章”这一行看起来像另一条的开头。要加一条请用“增加一条”。"),
        (Kind.CHAPTER, "两\n行", "标题只能有一行。"),
        (Kind.CHAPTER, "章" * (HEADING_CHARS_MAX + 1), "标题最多 50 字，这里有 51 字。"),
        (Kind.SECTION, "第一节 总则", "标题里不要写“第几章、第几条”，号码由系统排。"),
        (
            Kind.TITLE,
            "村规民约。",
            "规约的名称不能用标点结尾，也不要用“一、”这样的序号开头。",
        ),
        (
            Kind.TITLE,
            "一、村规民约",
            "规约的名称不能用标点结尾，也不要用“一、”这样的序号开头。",
        ),
        (Kind.CHAPTER, "总 则", "标题的字中间不要加空格。"),
    ],
)
def test_text_trouble(kind, text, words):
    assert text_trouble(kind, text) == words


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.PREAMBLE, ""),
        (Kind.ARTICLE, "x" * PART_CHARS_MAX),
        (Kind.ARTICLE, "第三条、第四条所称村民，是指……"),
        (Kind.ARTICLE, "第十条第二款规定的情形"),
        (Kind.ARTICLE, "第一，爱护公物"),
        (Kind.CHAPTER, "章" * HEADING_CHARS_MAX),
        (Kind.CHAPTER, "公物。"),
        (Kind.ARTICLE, "\U0002a6b2\U00031350村"),
    ],
)
def test_text_without_trouble(kind, text):
    assert text_trouble(kind, text) is None


def test_make_rulebook_puts_title_and_preamble_first():
    assert [(part.id, part.text) for part in GARDEN.parts[:2]] == [
        ("title", "花园村村规民约"),
        ("preamble", "为了把村子建好，制定本规约。"),
    ]
    assert GARDEN.title == "花园村村规民约"
    assert [part.id for part in GARDEN.articles] == ["a1", "a2", "a3", "a4"]


@pytest.mark.parametrize(
    ("rulebook", "words"),
    [
        (Rulebook("a b", GARDEN.parts), "规约的编号只能用字母、数字和 _.:-，最多 64 个。"),
        (Rulebook("x" * 65, GARDEN.parts), "规约的编号只能用字母、数字和 _.:-，最多 64 个。"),
        (Rulebook("x", GARDEN.parts[1:]), "开头必须是名称和序言。"),
        (Rulebook("x", ()), "开头必须是名称和序言。"),
        (
            Rulebook("x", (Part("title", Kind.ARTICLE, "名"), *GARDEN.parts[1:])),
            "开头必须是名称和序言。",
        ),
        (
            Rulebook("x", (*GARDEN.parts, Part("t2", Kind.TITLE, "名"))),
            "名称和序言只能在开头，各有一个。",
        ),
        (Rulebook("x", (*GARDEN.parts, GARDEN.parts[-1])), "编号“a4”用了两次。"),
        (
            Rulebook("x", (*GARDEN.parts, Part("甲", Kind.ARTICLE, "好"))),
            "第 9 段的编号“甲”不合规定。",
        ),
    ],
)
def test_check_rulebook_names_what_is_wrong(rulebook, words):
    with pytest.raises(BadRulebook) as refusal:
        check_rulebook(rulebook)

    assert str(refusal.value) == f"这份规约读不成：{words}"


def test_check_rulebook_names_the_part_with_bad_text():
    with pytest.raises(BadText) as refusal:
        make_rulebook(id="x", title="村规", parts=(Part("a", Kind.ARTICLE, ""),))

    assert str(refusal.value) == "第 3 段：内容是空的。"


def test_rulebook_limits():
    most = [Part(f"a{n}", Kind.ARTICLE, "好") for n in range(PARTS_MAX - 2)]
    make_rulebook(id="x", title="村规", parts=most)
    with pytest.raises(BadRulebook, match="最多 2000 条"):
        make_rulebook(id="x", title="村规", parts=[*most, Part("z", Kind.ARTICLE, "好")])

    full = [Part(f"a{n}", Kind.ARTICLE, "好" * 20_000) for n in range(25)]
    assert sum(len(part.text) for part in full) == RULEBOOK_CHARS_MAX
    with pytest.raises(BadRulebook, match="全文最多 500000 字"):
        make_rulebook(id="x", title="村规", parts=full)


def test_hash_is_that_of_the_canonical_form():
    small = make_rulebook(id="x", title="村规", parts=(Part("a", Kind.ARTICLE, "“好”\n行"),))

    assert rulebook_hash(small) == (
        "d6d33488cfc776cece0be359e5eea93ac9a38d662cfc81c01688c4b6564ef40a"
    )


@given(rulebooks(), st.data())
def test_hash_sees_every_change(rulebook, data):
    place = data.draw(st.integers(0, len(rulebook.parts) - 1))
    part = rulebook.parts[place]
    changes = (
        replace(part, text=part.text + "改"),
        replace(part, id=part.id + "x"),
        replace(part, kind=Kind.SECTION if part.kind is not Kind.SECTION else Kind.CHAPTER),
    )
    hashes = {
        rulebook_hash(
            Rulebook(rulebook.id, (*rulebook.parts[:place], change, *rulebook.parts[place + 1 :]))
        )
        for change in changes
    }
    others = {rulebook_hash(rulebook), rulebook_hash(Rulebook("other", rulebook.parts))}

    assert len(hashes | others) == 5
