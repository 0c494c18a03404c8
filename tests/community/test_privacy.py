import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.names import plain_name, tidy_name
from community.phones import canonical_phone
from community.privacy import mask_address, mask_name, mask_phone, mask_text


@pytest.mark.parametrize(
    ("name", "masked"),
    [("王芳", "王*"), ("欧阳修", "欧阳*"), ("欧阳", "欧*"), ("王", "王*"), ("", "")],
)
def test_name_keeps_the_family_name_alone(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13900000001", "139****0001"), ("02500000001", "025****0001"), ("12345", "***45"), ("", "")],
)
def test_phone_keeps_its_ends(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("3栋2单元501", "3栋*单元*"),
        ("A座甲单元1203", "A座*单元*"),
        ("3栋501", "3栋*"),
        ("5组18", "5组*"),
        ("红楼", "红楼"),
        ("", ""),
    ],
)
def test_address_keeps_the_building(address, masked):
    assert mask_address(address) == masked


def test_numbers_of_people_vanish_from_words():
    text = "我是王兰，电话13900000001，身份证110101198005011234，座机025-83001234，3栋501漏水2026年"

    assert mask_text(text) == (
        "我是王兰，电话139******01，身份证110*************34，座机025*******34，3栋501漏水2026年"
    )


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet="电话，x ", max_size=9))
def test_no_mobile_number_survives_a_mask(phone, words):
    assert phone not in mask_text(f"{words}{phone}{words}")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("139 0000 0001", "13900000001"),
        ("+86-139-0000-0001", "13900000001"),
        ("１３９００００００01", "13900000001"),
        ("0086 13900000001", "13900000001"),
        ("(025)8300-1234", "02583001234"),
        ("+86 25 83001234", "02583001234"),
        ("+81 90-1234-5678", "+819012345678"),
        ("12345", None),
        ("1390000000", None),
        ("139000000011", None),
        ("电话", None),
        ("+8612", None),
        ("", None),
    ],
)
def test_phone_has_one_spelling_or_is_none(typed, kept):
    assert canonical_phone(typed) == kept


@given(st.text(max_size=20))
def test_phone_that_is_kept_stays_as_it_is(text):
    phone = canonical_phone(text)

    assert phone is None or canonical_phone(phone) == phone


@pytest.mark.parametrize(
    ("written", "tidy", "plain"),
    [
        (" 王 芳 ", "王芳", "王芳"),
        ("阿依古丽・买买提", "阿依古丽·买买提", "阿依古丽买买提"),
        ("John  Smith", "John Smith", "johnsmith"),
        ("Ｊohn", "John", "john"),
    ],
)
def test_name_has_one_spelling(written, tidy, plain):
    assert (tidy_name(written), plain_name(written)) == (tidy, plain)
