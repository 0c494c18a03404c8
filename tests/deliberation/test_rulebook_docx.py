import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from deliberation.rulebook_docx import MEMBER_BYTES_MAX, BadWordFile
from deliberation.rulebook_export import to_docx
from deliberation.rulebook_import import read_rulebook
from deliberation.rulebook_lines import BadDocument
from tests.deliberation.rulebook_samples import GARDEN


def outline(imported) -> list[str]:
    """The parts as `kind text`, the empty preamble left out."""
    return [f"{part.kind.value} {part.text}" for part in imported.rulebook.parts if part.text]


def package(**members: bytes) -> bytes:
    """A zip of these members, named with __ for a slash and _ for a dot."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in members.items():
            bundle.writestr(name.replace("__", "/").replace("_", "."), data)
    return written.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(body: str, **members: bytes) -> bytes:
    """A Word document with this body."""
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    return package(word__document_xml=document, **members)


def paragraph(text: str, settings: str = "") -> str:
    return f"<w:p><w:pPr>{settings}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def read_word(data: bytes):
    return read_rulebook(data, name="x.docx")


LISTS = f"""<w:numbering {W}>
<w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>
<w:lvlText w:val="第%1章"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
<w:lvlText w:val="（%1.%2）"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="8">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
<w:lvlText w:val="第%1条"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="9">
<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="9"/></w:num>
</w:numbering>""".encode()
STYLES = f"""<w:styles {W}>
<w:style w:type="paragraph" w:styleId="Tiao"><w:name w:val="条"/><w:pPr><w:numPr>
<w:numId w:val="2"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Zi"><w:name w:val="子"/><w:basedOn w:val="Tiao"/></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="l"/><w:basedOn w:val="Loop"/></w:style>
</w:styles>""".encode()


def listed(list_id: int, level: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'


def test_numbers_that_word_makes_itself_are_read():
    body = (
        paragraph("村规")
        + paragraph("总则", listed(1))
        + paragraph("爱护公物。", listed(2))
        + paragraph("路灯", listed(1, 1))
        + paragraph("井盖", listed(1, 1))
        + paragraph("和睦。", '<w:pStyle w:val="Tiao"/>')
        + paragraph("附则", listed(1))
        + paragraph("树木", listed(1, 1))
        + paragraph("", listed(2))
        + paragraph("从简。", '<w:pStyle w:val="Zi"/>')
        + paragraph("点", listed(3))
        + paragraph("无号", '<w:pStyle w:val="Tiao"/><w:numPr><w:numId w:val="0"/></w:numPr>')
        + paragraph("循环", '<w:pStyle w:val="Loop"/>')
        + paragraph("没有这个列表", listed(77))
    )
    with pytest.raises(BadDocument, match="树木"):
        read_word(word(body, word__numbering_xml=LISTS, word__styles_xml=STYLES))

    imported = read_word(
        word(
            body.replace(paragraph("树木", listed(1, 1)), ""),
            word__numbering_xml=LISTS,
            word__styles_xml=STYLES,
        )
    )

    assert outline(imported) == [
        "title 村规",
        "chapter 总则",
        "article 爱护公物。\n（一.1）\u3000路灯\n（一.2）\u3000井盖",
        "article 和睦。",
        "chapter 附则",
        "article 从简。\n点\n无号\n循环\n没有这个列表",
    ]


def test_breaks_tabs_and_tables_of_word_are_kept():
    body = (
        paragraph("村规")
        + "<w:p><w:r><w:t>第一条</w:t><w:tab/><w:t>好。</w:t><w:br/><w:t>第二行</w:t>"
        + "<w:noBreakHyphen/></w:r></w:p>"
        + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>行为</w:t></w:r></w:p></w:tc>"
        + "<w:tc><w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>扣分</w:t></w:r></w:p>"
        + "</w:tc></w:tr></w:tbl>"
    )

    assert outline(read_word(word(body))) == ["title 村规", "article 好。\n第二行-\n行为｜扣分"]


def test_centred_line_may_be_a_chapter():
    centred = '<w:jc w:val="center"/>'
    body = paragraph("村规") + paragraph("一、总则", centred) + paragraph("第一条 好。")

    assert outline(read_word(word(body))) == ["title 村规", "chapter 总则", "article 好。"]
    assert outline(read_word(word(body.replace(centred, "")))) == [
        "title 村规",
        "preamble 一、总则",
        "article 好。",
    ]


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        ("<w:p><w:ins><w:r><w:t>第二条 好。</w:t></w:r></w:ins></w:p>", "修订痕迹（插入）"),
        ("<w:p><w:del><w:r><w:delText>好</w:delText></w:r></w:del></w:p>", "修订痕迹（删除）"),
        ("<w:p><w:r><w:txbxContent><w:p/></w:txbxContent></w:r></w:p>", "文本框"),
        ('<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>', "脚注"),
    ],
)
def test_word_that_would_lose_words_is_refused(piece, words):
    with pytest.raises(BadWordFile) as refusal:
        read_word(word(paragraph("第一条 好。") + piece))

    assert f"里面有{words}。" in str(refusal.value)


def encrypted() -> bytes:
    """A zip whose entry claims to need a password."""
    data = bytearray(word(paragraph("第一条 好。")))
    for sign in (b"PK\x03\x04", b"PK\x01\x02"):
        place = data.index(sign) + (6 if sign == b"PK\x03\x04" else 8)
        data[place] |= 1
    return bytes(data)


def damaged() -> bytes:
    """A zip with the middle of its data overwritten."""
    data = bytearray(to_docx(GARDEN))
    place = data.index(b"word/document.xml") + 60
    data[place : place + 200] = bytes(200)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"PK\x03\x04 nothing", "文件损坏，或者不是 .docx。", id="no zip"),
        pytest.param(package(a_txt=b"x"), "里面没有正文。", id="another zip"),
        pytest.param(package(word__document_xml=b"<a/>"), "里面没有正文。", id="another document"),
        pytest.param(package(word__document_xml=b"<a"), "内容不完整", id="broken XML"),
        pytest.param(
            package(word__document_xml=b" " * (MEMBER_BYTES_MAX + 1)), "展开后太大", id="bomb"
        ),
        pytest.param(
            package(
                word__document_xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            ),
            "文档类型声明",
            id="entities",
        ),
        pytest.param(
            package(**{f"m{n}": b"" for n in range(2001)}), "里面的文件太多", id="many members"
        ),
        pytest.param(encrypted(), "加了密码", id="password"),
        pytest.param(damaged(), "文件损坏", id="damaged"),
    ],
)
def test_hostile_word_files_are_refused(data, words):
    with pytest.raises(BadWordFile) as refusal:
        read_word(data)

    assert words in str(refusal.value)


def test_bomb_is_not_unpacked():
    bomb = word(paragraph("第一条 好。"), word__media__x_bin=b"\0" * 30_000_000)

    assert len(bomb) < 100_000
    assert outline(read_word(bomb)) == ["title x", "article 好。"]


def test_deep_nesting_is_refused_or_read():
    deep = "<w:sdt>" * 5_000 + "</w:sdt>" * 5_000

    with pytest.raises(BadWordFile, match="内容不完整"):
        read_word(word(paragraph("第一条 好。") + deep))


SMALL_WORD = word(
    paragraph("村规") + paragraph("总则", listed(1)) + paragraph("好。", listed(2)),
    word__numbering_xml=LISTS,
    word__styles_xml=STYLES,
)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=30))
def test_any_damaged_word_file_is_read_or_refused(place, noise):
    data = bytearray(SMALL_WORD)
    place %= len(data)
    data[place : place + len(noise)] = noise
    with suppress(Refusal):
        assert read_word(bytes(data)).rulebook.articles
