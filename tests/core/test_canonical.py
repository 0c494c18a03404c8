"""RFC 8785 by its own samples, and round trips."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.canonical import INTEGER_MAX, NotCanonical, canonical, parsed

# RFC 8785, appendix B: a double by its bits, and how it is written.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(("bits", "written"), NUMBERS)
def test_numbers_of_appendix_b(bits, written):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(number) == written.encode()


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_nan_and_infinity_are_refused(bits):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    with pytest.raises(NotCanonical, match="NaN"):
        canonical(number)


def test_keys_sort_by_utf16_units():
    # RFC 8785, 3.2.3: the sample with keys from seven scripts.
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    assert list(json.loads(canonical(value)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_text_and_layout_of_the_rfc_sample():
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    assert canonical(value).hex(" ") == (
        "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d "
        "2c 22 6e 75 6d 62 65 72 73 22 3a 5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 "
        "2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37 5d 2c 22 73 74 72 69 "
        "6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f "
        "22 7d"
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (INTEGER_MAX + 1, "整数太大"),
        (-INTEGER_MAX - 1, "整数太大"),
        ("\ud800", "半个字符"),
        ({1: "a"}, "键必须是文字"),
        (b"bytes", "bytes"),
        ({"set": {1}}, "set"),
    ],
)
def test_what_json_cannot_carry_is_refused(value, why):
    with pytest.raises(NotCanonical, match=why):
        canonical(value)


def test_deep_nesting_is_refused():
    value: list = []
    for _ in range(100):
        value = [value]

    with pytest.raises(NotCanonical, match="嵌套太深"):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":NaN}',
        b"\xff",
        b"",
        b"[" * 5000,
        b'"\\u0041"',
        b"1" * 5000,
        b"1e999",
        b"9007199254740993",
    ],
)
def test_other_spellings_are_refused(data):
    with pytest.raises(NotCanonical):
        parsed(data)


@given(values)
def test_round_trip(value):
    data = canonical(value)

    assert parsed(data) == value
    assert canonical(parsed(data)) == data
