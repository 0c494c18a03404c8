"""Signed heads: chained, signed, refused when anything in them is other."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.signatures import private_key, public_key, signature_holds, signed
from deliberation.tree_heads import heads_hold, sign_head, spoken_root
from tests.deliberation.bundles import vote

KEY = private_key(b"\x05" * 32)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def head(before=(), **facts):
    usual = {"motion": "2026-1", "stage": "open", "time": NOON, "size": 1, "root": "a" * 64}
    return sign_head(before, **{**usual, "key": KEY, **facts})


def test_heads_are_chained_and_signed():
    first = head()
    second = head([first], stage="daily", size=4)
    third = head([first, second], stage="tally", tally_hash="b" * 64)

    assert heads_hold([first, second, third])
    assert (second["number"], third["tally"]) == (1, "b" * 64)
    assert "tally" not in second
    assert not heads_hold([first, third])
    assert not heads_hold([second])
    assert not heads_hold([second, first])
    assert not heads_hold([{**first, "size": 2}])


def test_every_invented_head_holds():
    assert heads_hold(vote().heads)
    assert [one["stage"] for one in vote().heads] == [
        "open",
        *["daily"] * 6,
        "close",
        "tally",
    ]


def test_times_are_written_in_utc():
    beijing = timezone(timedelta(hours=8))

    assert head(time=datetime(2026, 3, 2, 20, tzinfo=beijing))["time"] == "2026-03-02T12:00:00Z"
    with pytest.raises(AssertionError, match="zone"):
        head(time=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("facts", [{"stage": "tally"}, {"stage": "close", "tally_hash": "b" * 64}])
def test_the_count_is_signed_in_its_own_head_only(facts):
    with pytest.raises(AssertionError):
        head(**facts)


def test_a_root_is_posted_in_eight_groups():
    assert spoken_root("0123456789abcdef" * 4) == " ".join(["01234567", "89abcdef"] * 4)


@pytest.mark.parametrize(
    "bend",
    [
        {"key": "0" * 63},
        {"key": "zz"},
        {"key": 1},
        {"signature": ""},
        {"signature": None},
        {"signature": "00" * 64},
        {"word": "other"},
    ],
)
def test_a_bent_document_is_not_signed(bend):
    document = signed({"word": "one"}, KEY)

    assert document["key"] == public_key(KEY)
    assert signature_holds(document)
    assert not signature_holds({**document, **bend})
    assert not signature_holds({})
