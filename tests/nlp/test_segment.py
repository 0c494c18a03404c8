"""Words for people, and that the fast segmenter cuts as the one of record."""

import gzip
import json

import pytest

from nlp.segment import fast_words, jieba_module, keywords, segmenter


@pytest.mark.slow
def test_names_of_the_district_stay_whole():
    words = segmenter(("幸福里花园二期", "老槐树广场")).words("幸福里花园二期的老槐树广场没灯")

    assert words[0] == "幸福里花园二期"
    assert "老槐树广场" in words


def test_keywords_say_what_it_is_about():
    assert keywords("3号楼电梯又坏了，电梯困人，物业电话没人接")[0] == "电梯"
    assert keywords("") == []


def test_fast_words_equal_jieba_on_letters(judged):
    jieba = jieba_module()
    with gzip.open(judged("requests/labelled_dev.jsonl.gz"), "rt", encoding="utf-8") as file:
        titles = [json.loads(line)["title"] for line in file]

    slow = [[word for word in jieba.cut(title, HMM=False) if word.strip()] for title in titles]

    assert [fast_words(title) for title in titles] == slow
