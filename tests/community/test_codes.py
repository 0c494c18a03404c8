from hypothesis import given
from hypothesis import strategies as st

from community.codes import ALPHABET, LENGTH, canonical, new_code, shown


def test_code_survives_being_shown_and_typed():
    code = new_code()

    assert canonical(shown(code)) == canonical(f" {shown(code).lower()} ") == code


def test_misread_letters_are_read_as_digits():
    assert canonical("oIl0-1234") == "01101234"


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_code_or_none(text):
    code = canonical(text)

    assert code is None or (len(code) == LENGTH and set(code) <= set(ALPHABET))


def test_letter_u_is_in_no_code():
    assert canonical("ABCDU345") is None
