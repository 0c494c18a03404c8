"""Forms: limits at the limit and one beyond, words that stay, files that are none."""

import io
from enum import StrEnum

import pytest
from aiohttp.web import FileField
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from bot.web.forms import ID_MAX, Fields, FormTrouble, path_id


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def file(content, name="a.jpg"):
    headers = CIMultiDictProxy(CIMultiDict())
    return FileField("photo", name, io.BytesIO(content), "image/jpeg", headers)


def test_text_is_trimmed_and_freed_of_control_characters():
    assert Fields({"a": "  一\x00二\r\n三\x07 "}).text("a", "话", most=10) == "一二\n三"


@pytest.mark.parametrize(("length", "fits"), [(5, True), (6, False)])
def test_text_limit(length, fits):
    fields = Fields({"a": "字" * length})

    fields.text("a", "理由", most=5)

    assert (fields.errors == {}) is fits


def test_errors_keep_what_was_typed():
    fields = Fields({"a": "字" * 6, "b": "留着", "csrf": "secret"})
    fields.text("a", "理由", most=5)

    with pytest.raises(FormTrouble) as trouble:
        fields.check()

    assert trouble.value.errors == {"a": "理由太长了：最多 5 个字，现在有 6 个。"}
    assert trouble.value.typed == {"a": "字" * 6, "b": "留着"}
    assert str(trouble.value) == "有 1 处需要改一下，您写的内容还在。"


def test_password_is_never_shown_again():
    fields = Fields({"login": "wu", "password": "s3cret"})

    assert fields.secret("password", "密码", most=100) == "s3cret"
    assert fields.typed == {"login": "wu"}


@pytest.mark.parametrize(
    ("typed", "number"), [("3", 3), ("３", 3), ("0", None), ("6", None), ("x", None), ("", None)]
)
def test_whole_number_within_limits(typed, number):
    fields = Fields({"n": typed})

    value = fields.whole("n", "评分", least=1, most=5)

    assert ("n" in fields.errors) is (number is None)
    if number is not None:
        assert value == number


def test_choice_and_enum():
    fields = Fields({"a": "large", "b": "huge"})

    assert fields.one_of("a", "大小", Size) is Size.LARGE
    fields.one_of("b", "大小", Size)

    assert fields.errors == {"b": "请选择大小。"}


def test_optional_fields_may_be_empty():
    fields = Fields({})

    values = (
        fields.text("a", "话", most=5, required=False),
        fields.choice("b", "大小", ("x",), required=False),
        fields.row_id("c", "单位", required=False),
        fields.flag("d"),
        fields.upload("e", "照片", bytes_max=5),
    )

    assert values == ("", "", None, False, None)
    fields.check()


@pytest.mark.parametrize(("length", "fits"), [(5, True), (6, False)])
def test_upload_limit(length, fits):
    fields = Fields({"photo": file(b"x" * length)})

    upload = fields.upload("photo", "照片", bytes_max=5)

    assert (upload is not None) is fits
    assert ("photo" in fields.errors) is not fits


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("17", 17),
        (str(ID_MAX), ID_MAX),
        (str(ID_MAX + 1), 0),
        ("9" * 30, 0),
        ("-1", 0),
        ("１７", 0),
        ("x", 0),
        ("", 0),
    ],
)
def test_id_of_an_address(text, number):
    assert path_id(text) == number


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_nothing_typed_breaks_a_form(data, name):
    fields = Fields(data)

    fields.text(name, "话", most=5)
    fields.whole(name, "数", least=1, most=5)
    fields.row_id(name, "行")
    fields.choice(name, "项", ("a",))
    fields.flag(name)
    fields.one_of(name, "大小", Size)
