import io
import random
import zipfile
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from core.sheets import (
    CELL_MAX,
    COLUMNS_MAX,
    FILE_MAX,
    SheetRefused,
    is_formula,
    read_sheet,
    text_of,
    write_csv,
    write_sheet,
    write_xlsx,
)

TABLE = [["王芳", "三栋"], ["李强", ""]]


def refused(content, name="a.csv", **limits):
    with pytest.raises(SheetRefused) as refusal:
        read_sheet(content, name, **limits)
    return str(refusal.value)


def repacked(content, change):
    """The workbook with its parts passed through change(name, bytes)."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_csv_is_read_in_every_encoding_people_save_it_in(encoding):
    sheet = read_sheet("姓名,楼栋\r\n王芳,三栋\r\n\r\n李强,\r\n".encode(encoding), "a.csv")

    assert sheet.headers == ("姓名", "楼栋")
    assert sheet.rows == ((2, ("王芳", "三栋")), (4, ("李强", None)))


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_with_the_delimiter_it_has(delimiter):
    content = f"姓名{delimiter}楼栋\n王芳{delimiter}三栋\n".encode()

    assert read_sheet(content, "a.csv").rows == ((2, ("王芳", "三栋")),)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_what_is_written_is_read_again(name):
    content = write_sheet(name, ["姓名", "楼栋"], TABLE)

    assert read_sheet(content, name).rows == ((2, ("王芳", "三栋")), (3, ("李强", None)))


def test_kind_of_a_file_is_what_it_holds_and_not_its_name():
    assert read_sheet(write_xlsx(["姓名"], [["王芳"]]), "a.csv").headers == ("姓名",)
    assert read_sheet(write_csv(["姓名"], [["王芳"]]), "a.xlsx").headers == ("姓名",)


def test_numbers_and_days_of_a_workbook_become_the_words_people_mean():
    content = write_xlsx(["a", "b", "c"], [[501.0, 89.5, date(1980, 5, 1)]])

    cells = read_sheet(content, "a.xlsx").rows[0][1]

    assert [text_of(cell) for cell in cells] == ["501", "89.5", "1980-05-01"]
    assert text_of(date(1980, 5, 1)) == "1980-05-01"


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "'=1"]


@pytest.mark.parametrize("words", HOSTILE)
def test_csv_never_holds_a_cell_that_a_spreadsheet_would_work_out(words):
    line = write_csv(["a"], [[words]]).decode("utf-8-sig").splitlines()[1]

    assert not line.strip('"').startswith(("=", "+", "-", "@", "\t"))


def test_workbook_holds_words_and_no_formulas_or_links():
    content = write_xlsx(["a"], [["=1+1"], ["http://example.org"]])

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        page = package.read("xl/worksheets/sheet1.xml")
        names = package.namelist()
    assert b"<f>" not in page
    assert not [name for name in names if "rels" in name and "sheet1" in name]


def test_formulas_of_a_workbook_are_seen_as_formulas():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["a", "b"])
    page.write_row(1, 0, ["=HYPERLINK(A1)", "x"])
    book.close()

    cells = read_sheet(out.getvalue(), "a.xlsx").rows[0][1]

    assert [is_formula(cell) for cell in cells] == [True, False]


def test_empty_and_headless_files_are_refused():
    assert "空的" in refused(b"")
    assert "空的" in refused(b"  \r\n ")
    assert "表头" in refused(b",,,\n,,\n")


def test_old_workbooks_archives_and_pictures_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("a.txt", "x")

    assert ".xls" in refused(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.xls")
    assert "压缩包" in refused(out.getvalue(), "a.xlsx")
    assert refused(b"PK\x03\x04" + b"\0" * 200, "a.xlsx")
    assert refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "a.csv")


def test_bytes_that_are_no_text_are_refused():
    assert "编码" in refused(b"\xff\xfe\x00\xd8\x00")
    assert "编码" in refused("姓名\n王".encode() + b"\xff\xff\xff")
    assert "字节" in refused("姓名\n王\0芳\n".encode())


def test_size_is_refused_beyond_the_limit_and_not_at_it():
    assert "MB" in refused(b"a\n" + b"x" * (FILE_MAX - 1))

    assert read_sheet(b"a\n" + b"\n" * (FILE_MAX // 200), "a.csv").headers == ("a",)


def test_rows_are_refused_beyond_the_limit_and_not_at_it():
    three = b"a\n1\n2\n3\n"

    assert "行" in refused(three, rows_max=2)
    assert len(read_sheet(three, "a.csv", rows_max=3).rows) == 3


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_columns_are_refused_beyond_the_limit_and_not_at_it(name):
    for count in (COLUMNS_MAX + 1, 1_000):
        headers = [f"c{n}" for n in range(count)]
        assert "列" in refused(write_sheet(name, headers, [headers]), name)

    headers = [f"c{n}" for n in range(COLUMNS_MAX)]
    assert len(read_sheet(write_sheet(name, headers, [headers]), name).headers) == COLUMNS_MAX


def test_cell_is_refused_beyond_the_limit_and_not_at_it():
    assert "字" in refused(f"a\n{'x' * (CELL_MAX + 1)}\n".encode())
    assert read_sheet(f"a\n{'x' * CELL_MAX}\n".encode(), "a.csv").rows


def test_double_headers_and_ragged_rows_are_refused():
    assert "重复" in refused("姓名,姓 名\n王,李\n".encode())
    assert "比表头多" in refused("姓名\n王,李\n".encode())


def test_broken_quotes_are_refused():
    assert "引号" in refused('姓名,楼栋\n"王芳,三栋\n'.encode())


def test_workbook_that_unpacks_too_large_is_refused():
    def swell(name, part):
        return part + b" " * (110 * 1024 * 1024) if name.endswith("sheet1.xml") else part

    bomb = repacked(write_xlsx(["a"], [["b"]]), swell)

    assert len(bomb) < 1024 * 1024
    assert "太大" in refused(bomb, "a.xlsx")


def test_workbook_with_an_entity_bomb_is_refused():
    bomb = b'<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

    def arm(name, part):
        if name.endswith("sheet1.xml"):
            return part.replace(b"<worksheet", bomb + b"<worksheet", 1)
        return part

    assert "不像表格" in refused(repacked(write_xlsx(["a"], [["b"]]), arm), "a.xlsx")


def test_workbook_with_ten_thousand_parts_is_refused():
    out = io.BytesIO(write_xlsx(["a"], [["b"]]))
    with zipfile.ZipFile(out, "a") as package:
        for number in range(600):
            package.writestr(f"junk/{number}.bin", b"")

    assert "太大" in refused(out.getvalue(), "a.xlsx")


@pytest.mark.slow
def test_row_far_below_is_refused_instead_of_counted_to():
    def sink(name, part):
        return part.replace(b'r="2"', b'r="900000"') if name.endswith("sheet1.xml") else part

    assert "空行" in refused(repacked(write_xlsx(["a"], [["b"]]), sink), "a.xlsx")


def test_damaged_workbooks_are_refused_or_read_and_never_worse():
    good = write_xlsx(["姓名", "楼栋"], TABLE * 20)
    dice = random.Random(7)
    outcomes = set()
    for _ in range(150):
        broken = bytearray(good)
        for _ in range(dice.randrange(1, 6)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            read_sheet(bytes(broken), "a.xlsx")
            outcomes.add("read")
        except SheetRefused:
            outcomes.add("refused")

    assert "refused" in outcomes


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    try:
        sheet = read_sheet(content, "a.csv")
    except SheetRefused:
        return
    assert all(len(cells) == len(sheet.headers) for _, cells in sheet.rows)


WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)


@given(st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=8))
def test_words_survive_csv_unless_they_began_with_a_quote_mark(table):
    sheet = read_sheet(write_csv(["a", "b"], table), "a.csv")

    read = [[text_of(cell) for cell in cells] for _, cells in sheet.rows]
    assert read == [[text_of(word) for word in row] for row in table]
