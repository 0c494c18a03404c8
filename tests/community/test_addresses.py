import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.addresses import (
    building_name,
    chinese_number,
    dwelling_address,
    room_name,
    unit_name,
)

NUMERALS = "零一二三四五六七八九"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("3", "3栋"),
        ("3栋", "3栋"),
        ("3幢", "3栋"),
        ("三号楼", "3栋"),
        ("3号楼", "3栋"),
        ("03#", "3栋"),
        ("３ 栋", "3栋"),
        ("十二栋", "12栋"),
        ("二十楼", "20栋"),
        ("12a栋", "12A栋"),
        ("A座", "A座"),
        ("五组", "5组"),
        ("第五村民小组", "5组"),
        ("红楼", "红楼"),
        ("无", ""),
        ("", ""),
    ],
)
def test_building_has_one_spelling(written, normal):
    assert building_name(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("2", "2单元"),
        ("二单元", "2单元"),
        ("2门", "2单元"),
        ("甲单元", "甲单元"),
        ("无", ""),
        ("-", ""),
    ],
)
def test_unit_has_one_spelling(written, normal):
    assert unit_name(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"), [("501室", "501"), ("５０１", "501"), ("12b号房", "12B"), ("无", "")]
)
def test_room_has_one_spelling(written, normal):
    assert room_name(written) == normal


def test_dwelling_leaves_out_what_is_not_there():
    assert dwelling_address("三号楼", "二", "501室") == "3栋2单元501"
    assert dwelling_address("五组", "无", "18号") == "5组18"


@given(st.integers(0, 999))
def test_numerals_mean_their_number(number):
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = f"{NUMERALS[hundreds]}百" if hundreds else ""
    words += f"{NUMERALS[tens]}十" if tens else ("零" if hundreds and ones else "")
    words += NUMERALS[ones] if ones or not words else ""

    assert chinese_number(words) == number


@given(st.text(alphabet="0123456789一二三十A甲栋幢号楼#座组单元门室无 ", max_size=8))
def test_normal_form_is_its_own_normal_form(text):
    for normal in (building_name, unit_name, room_name):
        once = normal(text)
        assert normal(once) == once
