"""Places in talk and their normal form."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.address import (
    Place,
    find_places,
    format_place,
    match_place,
    number_of,
    parse_place,
    place_of,
)

SPELLINGS = [
    ("3栋2单元501漏水", "3栋2单元501"),
    ("三号楼电梯坏了", "3栋"),
    ("3-2-501没水", "3栋2单元501"),
    ("12幢丙单元的灯不亮", "12栋丙单元"),
    ("甲单元门口堆满纸箱", "甲单元门口"),
    ("B2车库进水", "地下车库B2"),
    ("负二车库进水", "地下车库B2"),
    ("花园村五组路灯坏了", "花园村5组"),
    ("12动丙单元101", "12栋丙单元101"),
    ("我在4栋丙单元302", "4栋丙单元302"),
    ("11栋7楼东边有煤气味", "11栋7楼东边"),
    ("十二栋一单元三楼", "12栋1单元3楼"),
    ("1#西边有人扔东西", "1栋西边"),
    ("4-902我家停电", "4栋902"),
    ("12-丙-301", "12栋丙单元301"),
    ("３號樓２單元", "3栋2单元"),
    ("6栋和9栋都没水", "6栋、9栋"),
    ("凉亭的灯坏了", "凉亭"),
    ("东门保安亭没人", "东门"),
]


@pytest.mark.parametrize(("text", "normal"), SPELLINGS, ids=[text for text, _ in SPELLINGS])
def test_place_has_one_normal_form(text, normal):
    assert place_of(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "楼下太吵",
        "我上楼了",
        "一共12.5元",
        "今天3-5点停水",
        "13812345678",
        "楼主说得对",
        "我走路去",
    ],
)
def test_text_without_a_place_has_none(text):
    assert place_of(text) is None


numbers = st.integers(1, 199).map(str)
spots = st.sampled_from(["", "东边", "门口", "凉亭", "大厅", "坡道", "栖枫路", "东门", "楼顶"])
places = st.builds(
    Place,
    village=st.sampled_from(["", "花园村", "何家湾村"]),
    group=st.sampled_from(["", "5组", "12队", "3社"]),
    building=st.one_of(st.just(""), numbers, st.sampled_from("ABCH")),
    unit=st.one_of(st.just(""), st.integers(1, 20).map(str), st.sampled_from("甲乙丙丁")),
    floor=st.one_of(st.just(""), st.integers(1, 60).map(str), st.sampled_from(["B1", "B2"])),
    room=st.one_of(st.just(""), st.integers(101, 6099).map(str)),
    spot=spots,
)


@given(places.filter(lambda place: place != Place()))
def test_parse_undoes_format(place):
    assert parse_place(format_place(place)) == place


@given(st.text(max_size=120))
def test_find_places_takes_any_text_and_spans_do_not_overlap(text):
    found = find_places(text)

    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("十二", "12"),
        ("二十", "20"),
        ("一百零三", "103"),
        ("七", "7"),
        ("007", "7"),
        ("两", "2"),
        ("丙", "丙"),
    ],
)
def test_number_of_reads_chinese_numerals(words, number):
    assert number_of(words) == number


NAMES = ("3栋", "13栋", "东门", "文化礼堂", "老槐树广场", "幸福里便民中心")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("三号楼", "3栋"),
        ("13栋2单元", "13栋"),
        ("东门口", "东门"),
        ("老槐树广厂", "老槐树广场"),
        ("幸福里便民中新", "幸福里便民中心"),
        ("23栋", None),
        ("火星基地", None),
        ("", None),
    ],
)
def test_match_place_knows_nicknames_and_slips(words, name):
    assert match_place(words, NAMES) == name
