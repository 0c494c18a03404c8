"""Signatures, sealed personal data, files and logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound
from core.files import FileStore
from core.log import mask
from core.signing import LinkExpired, LinkForged, Signer, same
from core.vault import CannotUnseal, Vault

SIGNER = Signer("s" * 40)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_what_was_signed_is_opened_by_the_same_purpose_only(value):
    token = SIGNER.sign("page", value)

    assert SIGNER.open("page", token, seconds_max=60) == value
    with pytest.raises(LinkForged):
        SIGNER.open("other", token, seconds_max=60)
    with pytest.raises(LinkForged):
        Signer("t" * 40).open("page", token, seconds_max=60)


@given(st.data())
def test_a_changed_token_is_forged(data):
    token = SIGNER.sign("page", [1, "/cases/1"])
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("abcXYZ019-_."))
    spoiled = token[:place] + letter + token[place + 1 :]

    if spoiled != token:
        with pytest.raises(LinkForged):
            SIGNER.open("page", spoiled, seconds_max=60)


def test_an_old_token_has_expired():
    token = SIGNER.sign("page", 1)

    with pytest.raises(LinkExpired):
        SIGNER.open("page", token, seconds_max=-1)


@given(st.text(max_size=200))
def test_a_sealed_text_is_read_again_and_looks_different_each_time(text):
    vault = Vault(SIGNER)

    assert vault.unseal(vault.seal(text)) == text
    assert vault.seal(text) != vault.seal(text)
    assert vault.index(text) == vault.index(text)


def test_another_secret_opens_nothing():
    sealed = Vault(SIGNER).seal("13900000001")

    with pytest.raises(CannotUnseal):
        Vault(Signer("t" * 40)).unseal(sealed)
    assert b"139" not in sealed


def test_same_compares():
    assert same("a", "a")
    assert not same("a", "b")


def test_files_are_kept_once_and_found_by_their_hash(tmp_path):
    store = FileStore(tmp_path)

    name = store.keep(b"picture")
    assert store.keep(b"picture") == name
    assert store.path(name).read_bytes() == b"picture"
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 64, "g" * 64, "a" * 63])
def test_other_names_find_nothing(tmp_path, name):
    with pytest.raises(NotFound):
        FileStore(tmp_path).path(name)


def test_numbers_of_people_are_masked_and_ids_of_rows_are_not():
    assert mask("打 13912345678 找我") == "打 1********** 找我"
    assert mask("证 320102199003071234") == "证 ******************"
    assert mask("row 117875797749923840") == "row 117875797749923840"
