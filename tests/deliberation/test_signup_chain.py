"""接龙 as people paste it: read, cut at its headers, given back clean."""

import json

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.commands.chain import chain as chain_command
from deliberation.signup_chain import ROWS_MAX, TEXT_MAX, ChainRow, ChainTooLong, read_chain
from deliberation.signup_merge import ChainFlag, compile_chains
from deliberation.signup_transcript import flag_words, read_transcript

# Reading -----------------------------------------------------------------------------------------


def rows(text):
    chain = read_chain(text)
    return None if chain is None else [(row.number, row.text) for row in chain.rows]


def test_chain_of_the_chinese_client():
    chain = read_chain(
        "#接龙\n周六清理河道\n例 姓名 人数\n\n"
        "1. 张三 2人\n2. 李四\u2005带铁锹\n3. \n\n下午三点截止\n"
    )

    assert chain.title == "周六清理河道"
    assert chain.notes == ("例 姓名 人数", "下午三点截止")
    assert chain.rows == (ChainRow(1, "张三 2人"), ChainRow(2, "李四 带铁锹"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Group Note\nPicnic\n\n1. Ann\n2. Bo", [(1, "Ann"), (2, "Bo")]),
        ("＃接龍\n烤肉\n1、阿明\n2、阿華", [(1, "阿明"), (2, "阿華")]),
        ("#接龙 买菜\n１．王霞 1箱\n２．钟予馨2箱", [(1, "王霞 1箱"), (2, "钟予馨2箱")]),
        ("\n\u200b\n #接龙\n1) 甲\n2）乙", [(1, "甲"), (2, "乙")]),
        # Door numbers right behind the number.
        ("#接龙\n南瓜\n\n1.295-909 6份\n2.295-910 8份", [(1, "295-909 6份"), (2, "295-910 8份")]),
        # A row over several lines is one row; a line after a gap is a note.
        (
            "#接龙\n打卡\n1. 明 跑步\n深蹲30个\n2. 兰\n\n大家快点",
            [(1, "明 跑步 深蹲30个"), (2, "兰")],
        ),
        # Broken numbering.
        ("#接龙\n1. 甲\n1. 乙\n7. 丙\n3. 丁", [(1, "甲"), (1, "乙"), (7, "丙"), (3, "丁")]),
        # Titles and notes with figures are no rows.
        ("#接龙\n3.8妇女节活动\n1. 甲", [(1, "甲")]),
        ("#接龙\n1.5米床垫团购\n1. 甲\n2. 乙", [(1, "甲"), (2, "乙")]),
        ("#接龙\n团购\n1. 甲\n\n9.30集合\n9:30开车\n18:00结束", [(1, "甲")]),
        # An example row is nobody's.
        ("#接龙\n1. 样例 名字+年级\n2. 可可 一年级", [(2, "可可 一年级")]),
        ("#接龙\n报名", []),
        # Talk that speaks of a chain and then lists rows.
        ("祠堂修屋顶 自愿捐款接龙\n1. 根宝 200\n2. 老孙 100", [(1, "根宝 200"), (2, "老孙 100")]),
        # No chain, or only one that is quoted.
        ("今天有接龙吗", None),
        ("1. 先关阀门\n2. 再打电话", None),
        ("「王芳：#接龙\n1. 王芳」\n- - - - - - - - - - - - - - -\n收到", None),
        ("#接龙\n1. 王芳\n- - - - - - - -\n收到", None),
        ("", None),
    ],
)
def test_chain_is_read_as_people_paste_it(text, expected):
    assert rows(text) == expected


def test_chain_in_the_card_of_the_client():
    card = (
        '<?xml version="1.0"?>\n<msg><appmsg><title>#接龙\n果园&amp;采摘\n\n'
        "1. 王芳 2&lt;3\n</title>"
        "<des /><type>53</type></appmsg></msg>"
    )

    chain = read_chain(card)

    assert (chain.title, rows(card)) == ("果园&采摘", [(1, "王芳 2<3")])
    assert read_chain(card.replace("53", "57")) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张三 2人", "张三"),
        ("张三2人", "张三"),
        ("张三（带孩子）", "张三"),
        ("张三,两份", "张三"),
        ("张三+1", "张三"),
        ("295-909 6份", "295-909"),
        ("Kevin 2", "Kevin"),
        ("张三-3栋", "张三"),
        ("（空）", "（空）"),
    ],
)
def test_name_of_a_row(text, name):
    assert ChainRow(1, text).name == name


def test_chain_too_long_is_refused():
    with pytest.raises(ChainTooLong):
        read_chain("#接龙\n" + "字" * TEXT_MAX)
    longest = "#接龙\n报名\n" + "\n".join(f"{n % 100}. p{n}" for n in range(ROWS_MAX))
    assert len(rows(longest)) == ROWS_MAX
    with pytest.raises(ChainTooLong):
        rows(longest + "\n1. 再来一个")


@given(st.text(max_size=300))
def test_reading_never_breaks(text):
    read_chain(text)
    read_chain("#接龙\n" + text)
    compile_chains(read_transcript(text))


@given(st.lists(st.sampled_from(["1. 甲", "2. 乙", "", "活动", "例 甲", "#接龙", "3.5", "丙:"])))
def test_rows_hold_words_without_stray_spaces(lines):
    for row in (read_chain("#接龙\n" + "\n".join(lines)) or read_chain("#接龙")).rows:
        assert row.text == " ".join(row.text.split()) != ""


# Paste and answer --------------------------------------------------------------------------------


PASTE = """王芳:
#接龙
周六清理河道

1. 王芳 2人

李强 2026-03-01 20:11
#接龙
周六清理河道

1. 王芳 5人
2. 李强

收到，谢谢大家
老陈：#接龙
周六清理河道

1. 王芳 2人
2. 老陈 带铁锹
"""


def test_transcript_is_cut_at_headers_with_their_senders():
    posts = read_transcript(PASTE)

    assert [post.sender for post in posts] == ["王芳", "李强", "老陈"]
    (chain,) = compile_chains(posts)
    assert [(entry.owner, entry.text) for entry in chain.entries] == [
        ("王芳", "王芳 2人"),
        ("李强", "李强"),
        ("老陈", "老陈 带铁锹"),
    ]
    assert [flag_words(flag) for flag in chain.flags] == [
        "李强把王芳那一行从“王芳 2人”改成“王芳 5人”，没有采纳"
    ]


@pytest.mark.parametrize(
    ("paste", "senders"),
    [
        ("#接龙\n1. 甲\n#接龙\n1. 甲\n2. 乙", ["", ""]),
        ("王芳 下午 8:11\n\n#接龙\n1. 甲", ["王芳"]),
        ("王芳 2026年3月1日 20:11:05\n#接龙\n1. 甲", ["王芳"]),
        ("Ann Lee 8:11\n#Group Note\n1. Ann", ["Ann Lee"]),
        ("大家好\n#接龙\n1. 甲", ["", ""]),
    ],
)
def test_transcript_finds_the_sender_only_where_one_is_named(paste, senders):
    assert [post.sender for post in read_transcript(paste)] == senders


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (ChainFlag("removed", "甲", "乙", "乙 1", ""), "甲发的里面少了乙那一行“乙 1”，已经补上"),
        (
            ChainFlag("added_for_other", "甲", "乙", "", "乙 1"),
            "甲替乙加了一行“乙 1”，要请本人确认",
        ),
        (
            ChainFlag("unclear", "甲", "乙", "", "乙 1"),
            "甲加了几行，看不出哪一行是自己的：“乙 1”，要问一下",
        ),
        (ChainFlag("title_changed", "", "", "丙", "丁"), "有人把标题从“丙”改成“丁”，没有采纳"),
    ],
)
def test_flags_are_told_in_words(flag, words):
    assert flag_words(flag) == words


app = typer.Typer()
app.command()(chain_command)


def run(arguments, text):
    done = CliRunner().invoke(app, arguments, input=text)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def test_chain_command_gives_the_clean_list_back(tmp_path):
    paste = tmp_path / "group.txt"
    paste.write_text(PASTE, "utf-8")

    plain = run([str(paste)], b"")
    as_json = run(["--json"], PASTE.encode())

    assert plain.stdout == (
        "#接龙\n周六清理河道\n\n1. 王芳 2人\n2. 李强\n3. 老陈 带铁锹\n\n"
        "注意：李强把王芳那一行从“王芳 2人”改成“王芳 5人”，没有采纳。\n"
        "接龙只能统计意向，不能当表决：每个人都能改别人的那一行，也没有名册和公示。"
        "要作决定，请发起正式表决，大家用自己的手机或纸票投。\n\n"
    )
    row = json.loads(as_json.stdout)
    assert (row["title"], row["copies"], row["to_ask"]) == ("周六清理河道", 3, [])
    assert row["confirmed"][2] == {"sender": "老陈", "name": "老陈", "text": "老陈 带铁锹"}
    assert (plain.exit_code, as_json.exit_code) == (0, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("大家好".encode(), "里面没有找到接龙（要有“#接龙”开头的一份）。\n"),
        (b"\xff\xfe#", "- 不是 UTF-8 编码的文字\n"),
        (("#接龙\n" + "字" * TEXT_MAX).encode(), "这份接龙太长了，请分几次发。\n"),
    ],
)
def test_chain_command_says_what_is_wrong(text, words):
    done = run([], text)

    assert (done.exit_code, done.stdout, done.stderr) == (1, "", words)


def test_chain_command_says_when_a_file_cannot_be_opened(tmp_path):
    done = run([str(tmp_path / "none.txt")], b"")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"打不开 {tmp_path}/none.txt：")
