"""Seals: made minute by minute, checked by our code and by a script that has none of it."""

import inspect
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import merkle, verify_seals
from core.canonical import canonical
from core.seals import (
    ROWS_MAX,
    Row,
    Seal,
    SealBroken,
    check_seals,
    export_lines,
    row_leaf,
    seal_of,
    seal_rows,
)
from core.signatures import private_key, public_key
from deliberation import verify_bundle

KEY = private_key(b"\x03" * 32)
PUBLIC = public_key(KEY)
START = datetime(2026, 3, 2, tzinfo=UTC)
SCRIPT = Path(verify_seals.__file__)


def row(number: int) -> Row:
    return Row(number, canonical({"id": str(number), "name": "CaseOpened"}))


def sealed(sizes, *, community_id=7):
    """Rows 100, 101, … sealed in rounds of the sizes: all seals, all rows, the tree."""
    last, peaks, seals, rows = None, merkle.Peaks(), [], []
    for minute, size in enumerate(sizes):
        new = [row(100 + len(rows) + number) for number in range(size)]
        done = seal_rows(
            new,
            community_id=community_id,
            last=last,
            peaks=peaks,
            time=START + timedelta(minutes=minute),
            key=KEY,
        )
        last, peaks = done.seal, done.peaks
        seals.append(last)
        rows += new
    return seals, rows, peaks


SEALS, ROWS, PEAKS = sealed([3, 1, 5, 2])


def check(seals=SEALS, rows=ROWS, **facts):
    return check_seals(seals, rows, **{"community_id": 7, "key": PUBLIC, **facts})


def change(seal: Seal, **facts) -> Seal:
    return Seal(**{name: getattr(seal, name) for name in Seal.__slots__} | facts)


def test_a_seal_signs_the_root_over_all_rows():
    assert SEALS[-1].root == merkle.root(row_leaf(one) for one in ROWS).hex()
    assert [seal.size for seal in SEALS] == [3, 4, 9, 11]
    assert [seal.number for seal in SEALS] == [0, 1, 2, 3]
    assert SEALS[1].time == "2026-03-02T00:01:00Z"
    assert check() == PEAKS


def test_rows_get_their_places_in_order_of_id():
    done = seal_rows(
        [row(9), row(4), row(6)],
        community_id=7,
        last=SEALS[-1],
        peaks=PEAKS,
        time=START + timedelta(days=1),
        key=KEY,
    )

    assert done.places == ((4, 11), (6, 12), (9, 13))
    assert check([*SEALS, done.seal], [*ROWS, row(4), row(6), row(9)]) == done.peaks


def test_the_check_may_start_at_a_seal_that_is_known():
    _, _, known = sealed([3, 1])

    assert check(SEALS[2:], ROWS[4:], last=SEALS[1], peaks=known) == PEAKS


def test_rows_not_yet_sealed_do_not_matter():
    assert check(rows=[*ROWS, row(999)]) == PEAKS


def test_two_seals_are_proved_consistent():
    leaves = [row_leaf(one) for one in ROWS]

    assert merkle.verify_consistency(
        old_size=4,
        new_size=11,
        old_root=bytes.fromhex(SEALS[1].root),
        new_root=bytes.fromhex(SEALS[3].root),
        proof=merkle.consistency_proof(leaves, 4),
    )


def test_the_id_is_sealed_with_the_content():
    assert row_leaf(Row(1, b"23")) != row_leaf(Row(12, b"3"))


@pytest.mark.parametrize(
    ("rows", "number", "why"),
    [
        ([*ROWS[:5], Row(ROWS[5].id, b"other"), *ROWS[6:]], 2, "第 4 到 8 行"),
        ([Row(5, ROWS[0].data), *ROWS[1:]], 0, "第 0 到 2 行"),
        ([*ROWS[:3], *ROWS[4:]], 1, "第 3 到 3 行"),
        ([*ROWS[:9], row(1), *ROWS[9:]], 3, "第 9 到 10 行"),
        ([ROWS[1], ROWS[0], *ROWS[2:]], 0, "第 0 到 2 行"),
        (ROWS[:-1], 3, "只剩 10 行，应有 11 行"),
        ([], 0, "只剩 0 行，应有 3 行"),
    ],
)
def test_a_changed_row_is_found_between_two_seals(rows, number, why):
    with pytest.raises(SealBroken, match=rf"第 {number} 道封条对不上：{why}"):
        check(rows=rows)


@pytest.mark.parametrize(
    ("seals", "why"),
    [
        ([SEALS[0], *SEALS[2:]], "接不上"),
        (SEALS[1:], "接不上"),
        ([SEALS[0], SEALS[2], SEALS[1], SEALS[3]], "接不上"),
        ([change(SEALS[0], root="0" * 64), *SEALS[1:]], "签名不对"),
        ([change(SEALS[0], time="2026"), *SEALS[1:]], "签名不对"),
        ([change(SEALS[0], size=2), *SEALS[1:]], "签名不对"),
        ([change(SEALS[0], signature="0" * 128), *SEALS[1:]], "签名不对"),
        ([SEALS[0], change(SEALS[1], previous="0" * 64)], "接不上"),
    ],
)
def test_a_changed_seal_is_found(seals, why):
    with pytest.raises(SealBroken, match=why):
        check(seals)


def test_seals_of_another_community_or_key_are_found():
    with pytest.raises(SealBroken, match="别处的封条"):
        check(community_id=8)
    with pytest.raises(SealBroken, match="换了签名的钥匙"):
        check(key="0" * 64)


def resealed(last: Seal, **facts) -> Seal:
    document = change(last, **facts).document()
    del document["signature"]
    signature = KEY.sign(canonical(document)).hex()
    return seal_of({**document, "signature": signature})


@pytest.mark.parametrize("facts", [{"size": 9}, {"time": "2026-03-01T00:00:00Z"}])
def test_a_seal_that_goes_back_is_found_even_when_signed(facts):
    with pytest.raises(SealBroken, match="比前一道还早"):
        check([*SEALS[:3], resealed(SEALS[3], **facts)])


@pytest.mark.parametrize(
    "document",
    [
        {},
        {**SEALS[0].document(), "format": "other"},
        {**SEALS[0].document(), "community": 7},
        {**SEALS[0].document(), "community": "x"},
        {**SEALS[0].document(), "number": "0"},
        {**SEALS[0].document(), "more": 1},
    ],
)
def test_what_is_no_seal_is_refused(document):
    with pytest.raises(SealBroken, match="不是封条"):
        seal_of(document)


def test_a_seal_survives_its_document():
    assert seal_of(SEALS[2].document()) == SEALS[2]


@pytest.mark.parametrize(
    ("facts", "rows"),
    [
        ({}, []),
        ({}, [row(1)] * (ROWS_MAX + 1)),
        ({}, [row(1), row(1)]),
        ({"last": SEALS[0]}, [row(1)]),
        ({"peaks": PEAKS}, [row(1)]),
        ({"time": START.replace(tzinfo=None)}, [row(1)]),
    ],
)
def test_mistakes_of_the_caller_stop_at_once(facts, rows):
    usual = {"community_id": 7, "last": None, "peaks": merkle.Peaks(), "time": START, "key": KEY}

    with pytest.raises(AssertionError):
        seal_rows(rows, **{**usual, **facts})


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.data())
@settings(deadline=None, max_examples=40)
def test_any_rounds_hold_and_any_bent_row_is_found(sizes, data):
    seals, rows, peaks = sealed(sizes)
    at = data.draw(st.integers(0, len(rows) - 1))
    bent = [*rows[:at], Row(rows[at].id, rows[at].data + b" "), *rows[at + 1 :]]
    first = next(seal.number for seal in seals if seal.size > at)

    assert check_seals(seals, rows, community_id=7, key=PUBLIC) == peaks
    with pytest.raises(SealBroken, match=f"第 {first} 道"):
        check_seals(seals, bent, community_id=7, key=PUBLIC)


# The script ------------------------------------------------------------------------------------


def written(tmp_path, parts) -> str:
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(parts))
    return str(file)


def exported() -> list[bytes]:
    return list(export_lines(SEALS, ROWS))


def trouble(tmp_path, parts, root=None, key=None) -> str:
    with pytest.raises(verify_seals.Broken) as caught:
        verify_seals.check(written(tmp_path, parts), root, key)
    return str(caught.value)


def test_the_script_verifies_an_honest_export(tmp_path):
    root = f"{SEALS[1].root[:32]} {SEALS[1].root[32:]}".upper()

    text = verify_seals.check(written(tmp_path, exported()), root, PUBLIC)

    assert text == [
        "验过了，没有发现改动：11 行，4 道封条。",
        f"签名的钥匙 {PUBLIC}",
        "树根对得上：第 1 道封条，2026-03-02T00:01:00Z，封住前 4 行。",
    ]


def test_the_script_runs_alone(tmp_path):
    for parts, status, words in (
        (exported(), 0, "没有给 --root"),
        (exported()[1:], 1, "不对：第 0 道封条应封住 3 行，这里是 2 行"),
    ):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SCRIPT), written(tmp_path, parts)],
            capture_output=True,
            encoding="utf-8",
            env={"PYTHONIOENCODING": "utf-8"},
        )

        assert (done.returncode, done.stderr) == (status, "")
        assert words in done.stdout


def test_the_script_names_what_is_wrong(tmp_path):
    parts = exported()
    bent = parts[1].replace(b"CaseOpened", b"CaseClosed")

    assert trouble(tmp_path, [parts[0], bent, *parts[2:]]) == (
        "第 0 到 2 行里有改动或换序：与第 0 道封条不符"
    )
    assert "改动或换序" in trouble(tmp_path, [parts[1], parts[0], *parts[2:]])
    assert "接不上" in trouble(tmp_path, [*parts[:3], *parts[4:]])
    assert trouble(tmp_path, parts[:-1]) == "最后 2 行没有封住"
    assert trouble(tmp_path, []) == "没有一道封条"
    assert trouble(tmp_path, parts, "0" * 64) == "树根对不上：给的树根不在这份记录里"
    assert "换了签名的钥匙" in trouble(tmp_path, parts, None, "0" * 64)
    assert "没有写完" in trouble(tmp_path, [*parts[:-1], parts[-1][:-1]])
    assert "读不懂" in trouble(tmp_path, [b"NaN\n"])
    assert "不合格式" in trouble(tmp_path, [b"[]\n"])
    assert "太长" in trouble(tmp_path, [b"a" * (verify_seals.LINE_MAX + 1)])


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_no_single_byte_of_an_export_can_change(tmp_path_factory, data):
    raw = b"".join(exported())
    at = data.draw(st.integers(0, len(raw) - 1))
    bent = raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]

    trouble(tmp_path_factory.mktemp("seals"), [bent])


def test_a_file_that_is_not_there_is_told(tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(tmp_path / "no")], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    "name",
    [
        "point", "plus", "times", "signature_holds", "grow", "root_of", "parse", "canonical",
        "read_object", "read_whole", "read_nothing", "is_hash", "is_text", "is_count", "shaped",
        "need", "plain",
    ],
)  # fmt: skip
def test_both_scripts_stand_alone_with_the_same_code(name):
    # Each script is one file for strangers, so they cannot share; here they are kept alike.
    assert inspect.getsource(getattr(verify_seals, name)) == inspect.getsource(
        getattr(verify_bundle, name)
    )


def test_the_export_is_canonical():
    for line in exported():
        assert canonical(json.loads(line)) + b"\n" == line
