"""One spelling for what people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.plain import HEAD_CHARACTERS, TAIL_CHARACTERS, plain, traditional_pairs


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("３號樓　電梯壞了！！！！！！", "3号楼 电梯坏了!!!"),
        ("漏水了\u200b啊\x00啊", "漏水了啊 啊"),
        ("ＡＢＣ", "abc"),
        ("哈哈哈哈哈哈哈", "哈哈哈"),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("  ", ""),
        ("這裡沒有水", "这里没有水"),
        ("邊個係度嘈", "边个系度嘈"),
    ],
)
def test_plain_unifies_spelling(written, read):
    assert plain(written) == read


@given(st.text(max_size=300))
def test_plain_twice_is_plain_once(text):
    assert plain(plain(text)) == plain(text)


@given(st.text(max_size=300))
def test_plain_leaves_no_control_characters(text):
    assert all(letter == "\n" or ord(letter) >= 32 for letter in plain(text))


def test_plain_bounds_long_texts():
    assert len(plain("长文" * 600_000)) <= HEAD_CHARACTERS + TAIL_CHARACTERS + 1


def test_traditional_pairs_never_chain():
    pairs = traditional_pairs()

    assert len(pairs) > 1200
    assert not set(pairs) & set(pairs.values())
