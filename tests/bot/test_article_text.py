"""An article's small Markdown: nothing of it becomes markup of its own."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.article_text import PASSAGE_MAX, as_html, as_plain, passages

TAGS = re.compile(
    r"</?(?:p|br|h3|ul|ol|li|strong)>|<a href=\"(?:https?://|tel:)[^\"<>]*\" rel=\"[a-z ]+\">|</a>"
)


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("一行\n二行\n\n三", "<p>一行<br>二行</p>\n<p>三</p>"),
        ("- 甲\n- 乙", "<ul><li>甲</li><li>乙</li></ul>"),
        ("1. 甲\n2. 乙", "<ol><li>甲</li><li>乙</li></ol>"),
        ("## 题\n文", "<h3>题</h3>\n<p>文</p>"),
        ("**重**要", "<p><strong>重</strong>要</p>"),
        ("[看](javascript:alert(1))", "<p>[看](javascript:alert(1))</p>"),
        ("<b>x</b>&", "<p>&lt;b&gt;x&lt;/b&gt;&amp;</p>"),
        (
            "[官网](https://a.cn/x?y=1&z=2)",
            '<p><a href="https://a.cn/x?y=1&amp;z=2" '
            'rel="noopener noreferrer nofollow">官网</a></p>',
        ),
    ],
)
def test_small_markdown(body, html):
    assert str(as_html(body)) == html


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from(list("<>&\"'*[]()#-1. \nhtps:/a.cn甲乙javscrip")), max_size=120
    )
)
def test_nothing_else_becomes_markup(body):
    rest = TAGS.sub("", str(as_html(body)))

    assert "<" not in rest
    assert ">" not in rest


def test_plain_words_for_a_chat():
    body = "## 怎么办\n先**备案**：\n- 打开[官网](https://a.cn)\n1. 填表\n\n完"

    assert as_plain(body) == "怎么办\n先备案：\n· 打开官网（https://a.cn）\n1. 填表\n完"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="甲乙丙。！？；\n", max_size=600))
def test_passages_are_the_text_in_pieces(body):
    pieces = passages(body)

    assert "".join(pieces) == as_plain(body).replace("\n", "")
    assert all(len(one) <= PASSAGE_MAX or not re.search(r"[。！？；].", one) for one in pieces)
