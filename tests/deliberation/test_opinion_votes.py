"""Files of votes as they come: good ones in every dress, bad ones refused with line and field."""

import gzip
import io
import zipfile

import numpy as np
import pytest

from deliberation import opinion_votes
from deliberation.opinion_csv import LINE_MAX, TableDamaged
from deliberation.opinion_texts import StatementText, read_texts
from deliberation.opinion_votes import ID_MAX, read_votes

GOOD = "participant,group-id,n-votes,0,1,10\n7,0,3,1,-1,0\n12,,1,,,1\n3,1,0,,,\n"


@pytest.fixture
def read(tmp_path):
    """Read this content (text or bytes) as a file of votes."""

    def read(content, **options):
        path = tmp_path / "votes.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_votes(path, **options)

    return read


def test_votes_are_sorted_and_people_without_votes_left_out(read):
    votes = read(GOOD)

    assert (votes.people, votes.statements) == (("7", "12"), ("0", "1", "10"))
    assert np.array_equal(votes.matrix, [[1, -1, 0], [np.nan, np.nan, 1]], equal_nan=True)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        gzip.compress(GOOD.encode(), mtime=0),
        gzip.compress(b"\xef\xbb\xbf" + GOOD.encode(), mtime=0),
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip("\n"),
        GOOD.replace("\n", "\n\n"),
        GOOD + ",,,,,\n",
        "10,1,participant,0\n0,-1,7,1\n1,,12,\n,,3,\n",
        "participant,0,1,10,名字\n12,,,1.0,a\n7, 1 ,-1.0,0.0,b\n",
        '"participant","0","1","10"\n"7","1","-1","0"\n12,"",,1\n',
    ],
)
def test_the_same_votes_are_read_from_every_dress(read, content):
    votes, plain = read(content), read(GOOD)

    assert (votes.people, votes.statements) == (plain.people, plain.statements)
    assert np.array_equal(votes.matrix, plain.matrix, equal_nan=True)


def test_facts_are_kept_in_the_order_of_the_people(read):
    votes = read("participant,residency,0\nb,away,1\na,,0\n2,home,-1\n", facts=("residency",))

    assert (votes.people, votes.facts) == (("2", "a", "b"), {"residency": ("home", "", "away")})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "文件是空的。"),
        ("\n\n", "文件是空的。"),
        (b"\xef\xbb\xbf", "文件是空的。"),
        (gzip.compress(b"", mtime=0), "文件是空的。"),
        ("participant,0\n", "只有表头，没有一个人的意见。"),
        ("participant,0\n1,\n2,\n", "一条意见都没有人回答过。"),
        ("person,0\n1,1\n", "第 1 行：缺少“participant”这一列。"),
        ("participant,group-id\n1,1\n", "第 1 行：没有意见列"),
        ("participant,0,1,0\n1,1,1,1\n", "第 1 行：列名“0”出现了两次。"),
        ("participant,1,01\n1,1,1\n", "第 1 行：有两个意见列编号相同。"),
        ("participant,0,12a\n1,1,1\n", "第 1 行：列名“12a”看不懂"),
        ("participant,0,1.0\n1,1,1\n", "第 1 行：列名“1.0”看不懂"),
        ("participant,0,１\n1,1,1\n", "第 1 行：列名“１”看不懂"),
        ("participant,0,1\n1,1\n", "第 2 行有 2 格，表头有 3 格，对不上。"),
        ("participant,0,1\n1,1,1\n2,1,1,1\n", "第 3 行有 4 格，表头有 3 格，对不上。"),
        ("participant,0\n ,1\n", "第 2 行：participant 是空的，或者太长。"),
        (f"participant,0\n{'x' * (ID_MAX + 1)},1\n", "第 2 行：participant 是空的，或者太长。"),
        ("participant,0\n1,1\n2,1\n1,0\n", "第 4 行：参与者“1”已经在第 2 行出现过。"),
        ("participant,0,1\n1,0,nan\n", "第 2 行，意见 1：只能是 1、-1、0 或空，不能是“nan”。"),
        ("participant,0,1\n1,0,NaN\n", "第 2 行，意见 1：只能是 1、-1、0 或空，不能是“NaN”。"),
        ("participant,5\n1,1\n2,inf\n", "第 3 行，意见 5：只能是 1、-1、0 或空，不能是“inf”。"),
        ("participant,5\n1,1e308\n", "第 2 行，意见 5：只能是 1、-1、0 或空，不能是“1e308”。"),
        (f"participant,5\n1,{'9' * 500}\n", f"不能是“{'9' * 20}…”。"),
        ("participant,5\n1,2\n", "第 2 行，意见 5：只能是 1、-1、0 或空，不能是“2”。"),
        ("participant,5\n1,同意\n", "第 2 行，意见 5：只能是 1、-1、0 或空，不能是“同意”。"),
        ("participant,0\n1,1\n".encode("utf-16"), "不是 UTF-8 编码"),
        ("participant,备注,0\n1,好,1\n".encode("gb18030"), "不是 UTF-8 编码"),
        (b"\x89PNG\r\n\x1a\n\0\0", "不是 UTF-8 编码"),
        (b"participant,0\n1,\0\n", "第 2 行有不是文字的内容。"),
        ('participant,0\n"1,1\n', "第 2 行不是合格的 CSV"),
        ('participant,0\n"1"x,1\n', "第 2 行不是合格的 CSV"),
        ("participant,0\n1," + " " * LINE_MAX, "第 2 行太长"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-6], "压缩文件不完整或已损坏"),
        (b"\x1f\x8bnonsense nonsense", "压缩文件不完整或已损坏"),
    ],
)
def test_damaged_votes_are_refused_with_their_place(read, content, words):
    with pytest.raises(TableDamaged) as caught:
        read(content)

    assert words in str(caught.value)


def test_a_workbook_is_told_from_a_table(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")

    with pytest.raises(TableDamaged, match="请另存为 CSV"):
        read(packed.getvalue())


def test_a_file_with_too_many_people_is_refused_before_it_is_read_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(opinion_votes, "PEOPLE_MAX", 1_000)
    path = tmp_path / "million.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("participant,0\n")
        file.writelines(f"{n},1\n" for n in range(1_001))
        file.writelines("not even a row\n" for _ in range(10_000))

    with pytest.raises(TableDamaged, match="人数超过 1000"):
        read_votes(path)


def test_a_table_at_the_limit_is_read_and_one_beyond_refused(read, monkeypatch):
    monkeypatch.setattr(opinion_votes, "CELLS_MAX", 6)
    monkeypatch.setattr(opinion_votes, "STATEMENTS_MAX", 3)

    assert read("participant,0,1,2\n1,1,1,1\n2,1,1,1\n").matrix.shape == (2, 3)
    with pytest.raises(TableDamaged, match="表太大"):
        read("participant,0,1,2\n1,1,1,1\n2,1,1,1\n3,1,1,1\n")
    with pytest.raises(TableDamaged, match="意见有 4 条，最多 3 条"):
        read("participant,0,1,2,3\n1,1,1,1,1\n")


def test_texts_are_read_with_what_a_moderator_hid(tmp_path):
    path = tmp_path / "comments.csv"
    path.write_text(
        'comment-body,moderated,comment-id\n"修路,\n也修灯",1,4\n脏话,-1,5\n没看过,0,6\n', "utf-8"
    )

    assert read_texts(path) == {
        "4": StatementText("修路, 也修灯", is_hidden=False),
        "5": StatementText("脏话", is_hidden=True),
        "6": StatementText("没看过", is_hidden=False),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "要有一列“comment-id”"),
        ("comment-id,text\n1,a\n", "要有一列“comment-body”"),
        ("comment-id,comment-body\n1,a\n1,b\n", "第 3 行：编号“1”已经出现过"),
        ("comment-id,comment-body\n1\n", "第 2 行的格数"),
        ("comment-id,comment-body,moderated\n1,a,2\n", "第 2 行：moderated 或内容不合格"),
        ("comment-id,comment-body,moderated\n1,a,nan\n", "第 2 行：moderated 或内容不合格"),
    ],
)
def test_damaged_texts_are_refused(tmp_path, content, words):
    path = tmp_path / "comments.csv"
    path.write_text(content, "utf-8")

    with pytest.raises(TableDamaged) as caught:
        read_texts(path)
    assert words in str(caught.value)


def test_moderation_in_the_first_column_is_read_too(tmp_path):
    path = tmp_path / "comments.csv"
    path.write_text("moderated,comment-id,comment-body\n-1,1,a\n", "utf-8")

    assert read_texts(path) == {"1": StatementText("a", is_hidden=True)}
