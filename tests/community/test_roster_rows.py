from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.roster_columns import COLUMNS, roster_template
from community.roster_rows import (
    PROBLEMS_MAX,
    NoRows,
    WrongHeaders,
    pack_rows,
    read_roster,
    unpack_rows,
)
from community.tables import Residency
from core.sheets import Sheet, read_sheet
from tests.community.rosters import HEADERS, invented_rows, roster_file

TODAY = date(2026, 11, 23)
GOOD = {
    "户号": "H1",
    "楼栋": "三号楼",
    "单元": "2",
    "房号": "501室",
    "建筑面积": "89.5",
    "姓名": "王 芳",
    "居住情况": "在外",
    "所在城市": "东京",
    "出生日期": "1980/5/1",
    "手机号": "+86 139-0000-0001",
    "网格": "G01",
}


def roster(*people):
    """The reading of rows given as {header: cell} on top of GOOD."""
    rows = [{**GOOD, **person} for person in people]
    headers = tuple(dict.fromkeys(key for row in rows for key in row))
    cells = [tuple(row.get(header) for header in headers) for row in rows]
    return read_roster(Sheet(headers, tuple(enumerate(cells, start=2))), today=TODAY)


def wrong(*people):
    return [(problem.row, problem.column) for problem in roster(*people).problems]


def test_row_is_read_in_one_spelling():
    row = roster({}).rows[0]

    assert (row.household, row.address, row.floor_area) == ("H1", "3栋2单元501", 8_950)
    assert (row.name, row.phone, row.birth_date) == ("王芳", "13900000001", date(1980, 5, 1))
    assert (row.residency, row.city, row.time_zone) == (Residency.AWAY, "东京", "Asia/Tokyo")


def test_blank_cells_say_nothing():
    row = roster({key: None for key in GOOD if key not in ("户号", "姓名")}).rows[0]

    assert (row.residency, row.city, row.time_zone, row.birth_date, row.phone) == (None,) * 5
    assert (row.grid, row.floor_area, row.address) == (None, None, "")


def test_household_is_the_address_where_no_number_is_given():
    assert roster({"户号": None}).rows[0].household == "3栋2单元501"


@pytest.mark.parametrize(
    "cell", [datetime.fromisoformat("1980-05-01"), "1980-05-01", "1980年5月1日", "19800501"]
)
def test_birth_date_is_read_as_people_write_it(cell):
    assert roster({"出生日期": cell}).rows[0].birth_date == date(1980, 5, 1)


@pytest.mark.parametrize(
    ("cell", "area"),
    [(89.5, 8_950), ("89.50㎡", 8_950), (89.50000000000001, 8_950), ("1,200.01 平方米", 120_001)],
)
def test_floor_area_is_whole_hundredths(cell, area):
    assert roster({"建筑面积": cell}).rows[0].floor_area == area


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("姓名", None),
        ("姓名", "=A1"),
        ("姓名", "@SUM(A1)"),
        ("姓名", "名" * 41),
        ("姓名", "王\x07芳"),
        ("户号", "A~B"),
        ("户号", "H" * 41),
        ("楼栋", None),
        ("建筑面积", "很大"),
        ("建筑面积", "89.555"),
        ("建筑面积", "-1"),
        ("建筑面积", "0"),
        ("建筑面积", "100000.01"),
        ("建筑面积", "nan"),
        ("建筑面积", "1e999"),
        ("居住情况", "度假"),
        ("时区", "火星"),
        ("出生日期", "去年"),
        ("出生日期", "2026-11-24"),
        ("出生日期", "1899-12-31"),
        ("出生日期", "2001-02-29"),
        ("出生日期", 29_342),
        ("手机号", "1390000"),
        ("手机号", "=1"),
        ("人员编号", "x" * 61),
    ],
)
def test_what_is_wrong_is_told_with_row_column_and_what_to_do(header, cell):
    problems = roster({}, {"姓名": "李强", header: cell}).problems

    assert header in [problem.column for problem in problems]
    assert {problem.row for problem in problems} == {3}
    assert all(problem.wrong and problem.advice for problem in problems)
    assert str(problems[0]).startswith("第 3 行「")


def test_problem_tells_no_personal_words():
    text = " ".join(
        str(problem) for problem in roster({"手机号": "1390000", "姓名": "=王芳"}).problems
    )

    assert "1390000" not in text
    assert "王芳" not in text


def test_same_person_twice_is_told_at_the_second_row():
    assert wrong({}, {"姓名": "王芳", "手机号": None}) == [(3, "姓名")]
    assert wrong({"人员编号": "P1"}, {"人员编号": "P1", "姓名": "李强"}) == [(3, "人员编号")]
    assert wrong({"人员编号": "P1"}, {"人员编号": "P2"}) == []


def test_household_building_and_dwelling_are_in_one_place():
    assert wrong({}, {"姓名": "李强", "房号": "502"}) == [(3, "房号")]
    assert wrong({}, {"姓名": "李强", "建筑面积": "90"}) == [(3, "建筑面积")]
    assert wrong({}, {"户号": "H2", "房号": "502", "网格": "G02"}) == [(3, "网格")]


def test_headers_are_known_by_other_names_and_strange_ones_are_told():
    sheet = Sheet(("家庭编号", "姓名", "手机", "血型"), ((2, ("H1", "王芳", "13900000001", "A")),))

    read = read_roster(sheet, today=TODAY)

    assert (read.rows[0].household, read.rows[0].phone) == ("H1", "13900000001")
    assert read.ignored == ("血型",)


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        (("户号",), "姓名"),
        (("姓名",), "户号"),
        (("a", "b"), "姓名"),
        (("户号", "姓名", "手机", "电话"), "手机号"),
    ],
)
def test_missing_or_doubled_columns_are_refused_by_name(headers, missing):
    with pytest.raises(WrongHeaders) as refusal:
        read_roster(Sheet(headers, ((2, headers),)), today=TODAY)

    assert missing in str(refusal.value)


def test_headers_alone_are_refused():
    with pytest.raises(NoRows):
        read_roster(Sheet(("户号", "姓名"), ()), today=TODAY)


def test_problems_are_counted_beyond_those_shown():
    read = roster(*({"姓名": None} for _ in range(PROBLEMS_MAX + 1)))

    assert (len(read.problems), read.problem_count) == (PROBLEMS_MAX, PROBLEMS_MAX + 1)


def test_template_begins_with_headers_alone_and_its_examples_can_be_imported():
    content = roster_template()

    sheet = read_sheet(content, "模板.xlsx")
    assert sheet.headers == tuple(column.header for column in COLUMNS) == HEADERS
    assert sheet.rows == ()
    examples = zip(*(column.example for column in COLUMNS), strict=True)
    read = read_roster(Sheet(sheet.headers, tuple(enumerate(examples, start=2))), today=TODAY)
    assert read.problems == ()
    assert [row.time_zone for row in read.rows] == [None, "Asia/Tokyo"]


def test_packed_rows_are_the_same_rows():
    read = read_roster(read_sheet(roster_file(invented_rows(60)), "a.csv"), today=TODAY)

    assert read.problems == ()
    assert unpack_rows(pack_rows(read.rows)) == read.rows


CELLS = st.one_of(st.none(), st.text(max_size=12), st.integers(), st.floats(), st.dates())


@given(st.lists(st.lists(CELLS, min_size=13, max_size=13), min_size=1, max_size=4))
def test_whatever_stands_in_the_cells_is_read_or_told(table):
    sheet = Sheet(HEADERS, tuple(enumerate(map(tuple, table), start=2)))

    read = read_roster(sheet, today=TODAY)

    bad = {problem.row for problem in read.problems}
    assert {row.row for row in read.rows} | bad == set(range(2, 2 + len(table)))
