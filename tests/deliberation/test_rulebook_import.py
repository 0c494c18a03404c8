import io
import time
from contextlib import suppress

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from deliberation.articles import Kind
from deliberation.rulebook_export import to_docx, to_markdown, to_text
from deliberation.rulebook_import import FILE_BYTES_MAX, BadFile, read_rulebook
from deliberation.rulebook_lines import DOUBTS_MAX, LINES_MAX, BadDocument, NoArticles
from tests.deliberation.rulebook_samples import GARDEN

GARDEN_TEXT = """花园村村规民约

\u3000\u3000为了把村子建好，制定本规约。

第一章\u3000总则

第一条\u3000爱护公物，每户每年参加清洁日不少于两次。

第二条\u3000红白喜事从简。
\u3000\u3000提倡不收礼金。

第三条\u3000垃圾应当投放到指定地点，违者扣除积分5分。

第二章\u3000附则

第四条\u3000本规约由村民会议解释。
"""


def read(text: str, name: str = "村规.txt"):
    return read_rulebook(text.encode(), name=name)


def outline(imported) -> list[str]:
    """The parts as `kind text`, the empty preamble left out."""
    return [f"{part.kind.value} {part.text}" for part in imported.rulebook.parts if part.text]


def test_text_is_written_and_read():
    assert to_text(GARDEN) == GARDEN_TEXT
    imported = read(GARDEN_TEXT)
    assert [(p.kind, p.text) for p in imported.rulebook.parts] == [
        (p.kind, p.text) for p in GARDEN.parts
    ]
    assert imported.doubts == ()


def test_markdown_is_written_and_read():
    assert to_markdown(GARDEN).startswith(
        "# 花园村村规民约\n\n为了把村子建好，制定本规约。\n\n"
        "## 第一章\u3000总则\n\n**第一条**\u3000爱护"
    )
    assert outline(read(to_markdown(GARDEN), "x.md")) == outline(read(GARDEN_TEXT))


def test_word_is_written_and_read():
    document = Document(io.BytesIO(to_docx(GARDEN)))

    assert [(p.style.name, p.text) for p in document.paragraphs][:4] == [
        ("Title", "花园村村规民约"),
        ("Normal", "为了把村子建好，制定本规约。"),
        ("Heading 1", "第一章\u3000总则"),
        ("Normal", "第一条\u3000爱护公物，每户每年参加清洁日不少于两次。"),
    ]
    assert outline(read_rulebook(to_docx(GARDEN), name="x.docx")) == outline(read(GARDEN_TEXT))


def test_identity_comes_from_the_title_not_from_the_file():
    assert read(GARDEN_TEXT, "a.txt").rulebook == read(GARDEN_TEXT, "b.txt").rulebook
    assert read_rulebook(GARDEN_TEXT.encode(), name="a.txt", id="garden").rulebook.id == "garden"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_people_have(encoding):
    imported = read_rulebook(GARDEN_TEXT.encode(encoding), name="x.txt")

    assert outline(imported) == outline(read(GARDEN_TEXT))


@pytest.mark.parametrize(
    ("text", "parts", "doubts"),
    [
        pytest.param(
            "村规\n第一条：爱护公物。\n第二条、从简。\n第三条.和睦。\n"
            "第 四 条【养犬】拴绳。\n第5条 好。",
            ["title 村规"]
            + [
                f"article {t}" for t in ("爱护公物。", "从简。", "和睦。", "【养犬】拴绳。", "好。")
            ],
            (),
            id="separators",
        ),
        pytest.param(
            "村规\n第一条爱护公物。\n第三条规定的除外。\n第二条红白喜事从简。\n第三条和睦。",
            [
                "title 村规",
                "article 爱护公物。\n第三条规定的除外。",
                "article 红白喜事从简。",
                "article 和睦。",
            ],
            (),
            id="glued numbers, only the next one opens an article",
        ),
        pytest.param(
            "村规\n第一章总则\n第一条爱护公物。\n第二章 附则\n第二条从简。",
            ["title 村规", "chapter 总则", "article 爱护公物。", "chapter 附则", "article 从简。"],
            (),
            id="glued chapters",
        ),
        pytest.param(
            "村规\n第一条 爱护公物。\n第二条从简。\n第三条 和睦。",
            ["title 村规", "article 爱护公物。", "article 从简。", "article 和睦。"],
            ("第 3 行：“第二条从简。”号码后面没有空格，当作新的一条。",),
            id="one glued among separated",
        ),
        pytest.param(
            "村规\n第一条 爱护公物。\n第二条规定的除外。\n第二条 和睦。",
            ["title 村规", "article 爱护公物。\n第二条规定的除外。", "article 和睦。"],
            (),
            id="a mention is no article",
        ),
        pytest.param(
            "居民公约\n一、爱国爱党\n二、邻里和睦\n（一）互相帮助\n三、爱护环境",
            [
                "title 居民公约",
                "article 爱国爱党",
                "article 邻里和睦\n（一）互相帮助",
                "article 爱护环境",
            ],
            ("第 2 行：原文用“一、二、”或“1. 2.”编号，改成“第一条、第二条”。",),
            id="listed with Chinese numbers",
        ),
        pytest.param(
            "居民公约\n1. 爱国爱党\n2、邻里和睦\n4. 别的",
            ["title 居民公约", "article 爱国爱党", "article 邻里和睦\n4. 别的"],
            ("第 2 行：原文用“一、二、”或“1. 2.”编号，改成“第一条、第二条”。",),
            id="listed with digits",
        ),
        pytest.param(
            "村规\n第一章 总则\n一、爱护公物\n第二章 附则\n二、从简",
            ["title 村规", "chapter 总则", "article 爱护公物", "chapter 附则", "article 从简"],
            ("第 3 行：原文用“一、二、”或“1. 2.”编号，改成“第一条、第二条”。",),
            id="chapters over a list",
        ),
        pytest.param(
            "村规\n一、总则\n第一条 爱护公物。\n二、附则\n第二条 从简。",
            ["title 村规", "chapter 总则", "article 爱护公物。", "chapter 附则", "article 从简。"],
            ("第 2 行：“一、总则”当作一章。", "第 4 行：“二、附则”当作一章。"),
            id="listed chapters",
        ),
        pytest.param(
            "村规\n第一条 下列事项：\n\u3000\u3000一、爱护公物\n第二条 从简。",
            ["title 村规", "article 下列事项：\n一、爱护公物", "article 从简。"],
            (),
            id="an indented item before an article is no chapter",
        ),
        pytest.param(
            "村规\n第一章\n总 则\n第一条\n爱护公物。",
            ["title 村规", "chapter 总则", "article 爱护公物。"],
            (),
            id="number and words on two lines",
        ),
        pytest.param(
            "村 规 民 约\n目 录\n第一章 总则\n第二章 附则\n"
            "第一章 总则\n第一条 好。\n第二章 附则\n第二条 好。",
            ["title 村规民约", "chapter 总则", "article 好。", "chapter 附则", "article 好。"],
            ("第 2 行起的目录没有导入。",),
            id="table of contents",
        ),
        pytest.param(
            "村规\n目录\n（略）\n第一章 总则\n第一条 好。",
            ["title 村规", "preamble 目录\n（略）", "chapter 总则", "article 好。"],
            (),
            id="the word contents alone is kept",
        ),
        pytest.param(
            "村规\n第一条 好。\n第三条 好。\n第三条之一 好。",
            ["title 村规", "article 好。", "article 好。", "article 好。"],
            (
                "第 3 行：“第三条 好。”按顺序是第 2 个，已重新编号。文中提到的条号请核对。",
                "第 4 行：原文的“第三条之一 好。”按顺序重新编号。",
            ),
            id="numbers that jump",
        ),
        pytest.param(
            "村规\n第一章 甲\n第一节 乙\n第一条 好。\n第二章 丙\n第一节 丁\n第二条 好。",
            [
                "title 村规",
                "chapter 甲",
                "section 乙",
                "article 好。",
                "chapter 丙",
                "section 丁",
                "article 好。",
            ],
            (),
            id="sections begin again in each chapter",
        ),
        pytest.param(
            "村规\n第一条 好。\n花园村村民委员会\n2026年3月1日",
            ["title 村规", "article 好。\n花园村村民委员会\n2026年3月1日"],
            ("末尾的“2026年3月1日”像是落款，现在放在最后一条里，请核对。",),
            id="signature",
        ),
        pytest.param(
            "第一条 好\u200b。",
            ["title 村规", "article 好。"],
            ("去掉了 1 个看不见的字符。", "没有找到规约的名称，先叫“村规”。"),
            id="no title, hidden characters",
        ),
        pytest.param(
            "为了大家，制定本规约。\n第一条 好。",
            ["title 村规", "preamble 为了大家，制定本规约。", "article 好。"],
            ("没有找到规约的名称，先叫“村规”。",),
            id="a sentence is no title",
        ),
    ],
)
def test_styles_people_write_in(text, parts, doubts):
    imported = read(text)

    assert outline(imported) == parts
    assert imported.doubts == doubts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("村规\n第一条", "第 2 行：这里只有号码，没有内容。"),
        ("村规\n第一章\n第一条 好。", "第 2 行：这里只有号码，没有内容。"),
        (
            "村规\n第一章 总则\n这一段没有号码\n第一条 好。",
            "第 3 行：“这一段没有号码”在章节名称下面、条文上面，不知道属于哪一条，请给它编号。",
        ),
        ("村规\n第一编 总编\n第一条 好。", "第 2 行：不能分“编”，请改成章、节、条。"),
        (
            "村规\n第一条 好\x07。",
            "第 2 行：有不能用的控制字符（U+0007），请删掉再导入。",
        ),
        (
            "村规\n第一条 好\u202e。",
            "第 2 行：有不能用的控制字符（U+202E），请删掉再导入。",
        ),
        ("好\n" * LINES_MAX + "第一条 好。", "第 20001 行：太长了，最多 20000 行。"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_its_line(text, words):
    with pytest.raises(BadDocument) as refusal:
        read(text)

    assert str(refusal.value) == words


@pytest.mark.parametrize("text", ["", "村规", "为了大家。\n好好生活。", "第二条爱护公物"])
def test_text_without_articles_is_refused(text):
    with pytest.raises(NoArticles):
        read(text)


def test_doubts_are_limited():
    text = "村规\n" + "\n".join(f"第{n * 2}条 好。" for n in range(1, DOUBTS_MAX + 5))

    doubts = read(text).doubts

    assert len(doubts) == DOUBTS_MAX + 1
    assert doubts[-1] == "还有 4 处类似的提示。"


def test_a_hostile_line_is_read_in_time():
    start = time.process_time()
    for line in (
        "#" + " " * 900_000 + "x",
        "第" + "一" * 900_000,
        "# " + " #" * 400_000,
        "第" * 900_000,
    ):
        with pytest.raises(Refusal):
            read(line + "\n第一条", "x.md")

    # A pattern that backtracks without end takes hours, not seconds.
    assert time.process_time() - start < 120


def test_foreign_markdown():
    text = (
        "# 村规 #\n<!-- 草稿 -->\n## 第一章 总则\n### 第一条 爱护公物\n\n"
        "具体是**路灯**。\n\n**第二条** 从简，见 \\*号。\n"
    )

    assert outline(read(text, "x.markdown")) == [
        "title 村规",
        "chapter 总则",
        "article 爱护公物\n具体是路灯。",
        "article 从简，见 *号。",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 .doc"),
        (b"%PDF-1.7", "PDF"),
        (b"{\\rtf1", "RTF"),
        (b"\x89PNG\r\n", "图片"),
        (b"\xff\xd8\xff\xe0", "图片"),
        (b"\x00\x01\x02", "文件坏了"),
        (b"\xff\xfe\x00", "文件坏了"),
        (b"\x81", "文件坏了"),
        (b"a" * (FILE_BYTES_MAX + 1), "太大了，最多 5 MB"),
    ],
)
def test_other_files_are_refused_by_name(data, words):
    with pytest.raises(BadFile) as refusal:
        read_rulebook(data, name="村规.txt")

    assert str(refusal.value).startswith("“村规.txt”读不成：")
    assert words in str(refusal.value)


def test_name_of_a_file_may_be_anything():
    for name in ("", ".txt", "第一条.txt", "好" * 60 + ".txt", "\udcff.txt", "a\nb.txt"):
        assert read_rulebook("第一条 好。".encode(), name=name).rulebook.articles


NAMES = st.sampled_from(["x.txt", "x.md", "x.docx", "x.json", "x"])
PIECES = st.lists(
    st.sampled_from(
        [
            *"第一二条章节编、\u3000#（\0\\\u202e\ufeff{} \n\t",
            "之一",
            "目录",
            "**",
            "1.",
            "好。",
            "[[",
        ]
    ),
    max_size=30,
).map("".join)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), PIECES.map(str.encode)), NAMES)
def test_any_file_is_read_or_refused(data, name):
    with suppress(Refusal):
        imported = read_rulebook(data, name=name)
        assert imported.rulebook.articles or name == "x.json"


@settings(deadline=None)
@given(PIECES)
def test_what_is_read_can_be_written_and_read_again(text):
    try:
        first = read(text)
    except Refusal:
        return

    again = read_rulebook(to_text(first.rulebook).encode(), name="x.txt")

    assert outline(again) == outline(first)
    assert {part.kind for part in again.rulebook.articles} == {Kind.ARTICLE}
