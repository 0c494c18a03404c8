"""Articles in files: what goes out comes in again unchanged, and wrong rows are said in words."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.article_content import Content, problems_of, tidy_body, tidy_line, tidy_questions
from community.article_file import (
    HEADERS,
    ArticleEntry,
    ArticleFileRefused,
    NoArticles,
    WrongArticleHeaders,
    article_cells,
    article_markdown,
    read_articles,
)
from community.article_import import article_template
from community.article_tables import ArticleState
from core.errors import Refusal
from core.sheets import read_sheet, write_sheet

TODAY = date(2026, 11, 23)
WORDS = st.text(
    st.characters(whitelist_categories=("L", "N", "P"), whitelist_characters="\n #-*：\\；,"),
    min_size=1,
    max_size=80,
)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@st.composite
def contents(draw):
    """Contents as they are kept: tidy, without problems."""
    start = draw(DAYS)
    content = Content(
        title=tidy_line(draw(WORDS)),
        body=tidy_body(draw(WORDS)),
        questions=tidy_questions(draw(st.lists(WORDS, max_size=3))),
        source=tidy_line(draw(WORDS)),
        source_date=draw(DAYS),
        valid_from=start,
        valid_until=draw(st.none() | st.dates(start, date(2101, 1, 1))),
        is_public=draw(st.booleans()),
    )
    # Spreadsheets take = and @ for formulas; such words are refused on the way in.
    fields = (content.title, content.body, content.source, "\n".join(content.questions))
    if problems_of(content) or any(text.startswith(("=", "@", "'")) for text in fields):
        return None
    return content


@settings(max_examples=150, deadline=None)
@given(contents(), st.sampled_from(ArticleState), st.sampled_from(["a.md", "a.csv", "a.xlsx"]))
def test_what_goes_out_comes_in_unchanged(content, state, name):
    if content is None:
        return
    entry = ArticleEntry(2, content, state)
    data = (
        article_markdown([entry]).encode()
        if name.endswith(".md")
        else write_sheet(name, HEADERS, [article_cells(entry)])
    )

    found = read_articles(data, name, today=TODAY)

    assert found.problems == ()
    assert [(one.content, one.state) for one in found.entries] == [(content, state)]


def test_markdown_as_people_write_it():
    text = (
        "\ufeff# 垃圾投放\r\n来源: 居委会\r\n来源日期：2026年3月1日\r\n问法：几点扔；几点倒\r\n"
        "问法：垃圾房几点开\r\n\r\n每天七点。\r\n\r\n## 厨余\r\n- 单独投\r\n\r\n"
        "来源：这一行是正文\r\n"
    )

    (entry,) = read_articles(text.encode(), "问答.MD", today=TODAY).entries

    assert entry.content.questions == ("几点扔", "几点倒", "垃圾房几点开")
    assert entry.content.source_date == entry.content.valid_from == date(2026, 3, 1)
    assert entry.content.body == "每天七点。\n\n## 厨余\n- 单独投\n\n来源：这一行是正文"
    assert entry.state is None


def test_wrong_rows_are_said_one_by_one():
    rows = [
        ("甲", "正文", "", "居委会", "2026-03-01", None, None, None, None),
        ("甲", "又一篇", "", "居委会", "2026-03-01", None, None, None, None),
        ("", "正文", "", "", "上周", None, None, "在用", "随便"),
        ("=1+1", "正文", "", "居委会", "2026-03-01", "2026-05-01", "2026-04-01", None, None),
        ("丁", "字" * 5_001, "问" * 61, "居委会", "2026-03-01", None, None, None, None),
    ]

    found = read_articles(write_sheet("a.xlsx", HEADERS, rows), "a.xlsx", today=TODAY)

    assert [one.content.title for one in found.entries] == ["甲"]
    assert [str(one) for one in found.problems] == [
        "第 3 行「标题」：和第 2 行一样，一个标题只能有一篇",
        "第 4 行「来源日期」：不是日期，请写成 2026-03-01 这样",
        "第 4 行「状态」：写“发布”“草稿”或“撤下”，不写就是发布",
        "第 4 行「公开」：写“是”或“否”",
        "第 4 行「标题」：标题要填写",
        "第 4 行「来源」：来源要填写",
        "第 5 行「标题」：是公式，请只贴文字",
        "第 5 行「失效日期」：失效日期不能早于生效日期",
        "第 6 行「正文」：正文最多 5000 个字，现在有 5001 个",
        "第 6 行「问法」：一条问法最多 60 个字",
    ]


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"just words", "a.md", ArticleFileRefused),
        (b"\n\n", "a.md", NoArticles),
        (b"# \xff\xfe", "a.md", ArticleFileRefused),
        (b"# a\0b", "a.md", ArticleFileRefused),
        ("标题,正文\n甲,乙\n".encode(), "a.csv", WrongArticleHeaders),
        ("标题,正文,来源,来源日期\n".encode(), "a.csv", NoArticles),
        (b"x" * (10 * 1024 * 1024 + 1), "a.md", ArticleFileRefused),
        (
            "# 题\n来源：甲\n来源日期：2026-01-01\n\n文\n".encode() * 5_001,
            "a.md",
            ArticleFileRefused,
        ),
    ],
)
def test_files_that_cannot_be_used_are_refused_in_words(content, name, refusal):
    with pytest.raises(refusal):
        read_articles(content, name, today=TODAY)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.md", "a.csv", "a.xlsx"]))
def test_any_bytes_are_read_or_refused(content, name):
    try:
        found = read_articles(content, name, today=TODAY)
    except Refusal:
        return
    assert found.row_count >= len(found.entries)


def test_template_has_the_headers_and_goes_in_empty():
    template = article_template()

    assert read_sheet(template, "t.xlsx").headers == HEADERS
    with pytest.raises(NoArticles):
        read_articles(template, "t.xlsx", today=TODAY)
