"""Whatever is handed to the verifier: an answer or one line of trouble, never a traceback."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation import verify_bundle
from deliberation.verify_bundle import Broken, recount
from tests.deliberation.bundles import (
    OWNERS,
    PERSON,
    files,
    joined,
    lines,
    relisted,
    trouble,
    zipped,
)

SCRIPT = Path(verify_bundle.__file__)
KINDS = [
    ("named", PERSON, "recount"),
    ("named", OWNERS, "recount"),
    ("named", OWNERS, "notice"),
    ("detached", PERSON, "recount"),
    ("detached", PERSON, "notice"),
]


@pytest.mark.slow
@given(st.data())
@settings(max_examples=80, deadline=None)
def test_no_single_byte_can_change(data):
    mode, profile, kind = data.draw(st.sampled_from(KINDS))
    honest = files(mode, profile, ballots=30, kind=kind)
    name = data.draw(st.sampled_from(sorted(honest)))
    at = data.draw(st.integers(0, len(honest[name]) - 1))
    other = honest[name][at] ^ data.draw(st.integers(1, 255))
    forged = honest[name][:at] + bytes([other]) + honest[name][at + 1 :]

    trouble({**honest, name: forged})


@pytest.mark.slow
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_single_byte_of_the_zip_changes_what_it_says(data):
    honest = files(ballots=9)
    raw = zipped(honest).getvalue()
    at = data.draw(st.integers(0, len(raw) - 1))
    forged = BytesIO(raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :])

    try:
        text = recount(forged, None)
    except (Broken, *verify_bundle.UNREADABLE):
        return
    assert text == recount(zipped(honest), None)


# Bad input -------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("f" * 64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def replaced(value, path, other):
    if not path:
        return other
    step, *rest = path
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[step] = replaced(copy[step], rest, other)
    return copy


@pytest.mark.slow
@given(st.data())
@settings(max_examples=80, deadline=None)
def test_any_value_in_any_place_is_an_error_and_no_traceback(data):
    mode, profile, kind = data.draw(st.sampled_from(KINDS))
    honest = files(mode, profile, ballots=9, kind=kind)
    name = data.draw(st.sampled_from([one for one in sorted(honest) if ".json" in one]))
    parts = lines(honest[name])
    place = data.draw(st.integers(0, len(parts) - 1))
    value = json.loads(parts[place])
    path = []
    inner = value
    while isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
        steps = range(len(inner)) if isinstance(inner, list) else sorted(inner)
        path.append(data.draw(st.sampled_from(list(steps))))
        inner = inner[path[-1]]
    other = data.draw(anything)
    if other == inner and type(other) is type(inner):
        return
    parts[place] = verify_bundle.canonical(replaced(value, path, other))
    forged = {**honest, name: joined(parts) if name.endswith("l") else parts[0]}

    trouble(forged if name == "bundle.json" else relisted(forged))


@pytest.mark.parametrize(
    ("spelling", "named"),
    [
        (b'{"answers":NaN}', "读不懂"),
        (b'{"answers":1.5}', "读不懂"),
        (b'{"answers":1e400}', "读不懂"),
        (b'{"answers":' + b"9" * 100_000 + b"}", "读不懂"),
        (b'{"answers":' + b"[" * 50_000, "读不懂"),
        (b'{"answers":1,"answers":2}', "读不懂"),
        (b'{"answers":"\\ud800"}', "读不懂"),
        (b"\xff\xfe", "读不懂"),
        (b"", "读不懂"),
        (b'{"answers": 1}', "不是规范写法"),
        (b'{"answers":1}', "不合格式"),
        (b" " * (2**20 + 1), "太大"),
    ],
)
def test_what_is_no_plain_json_is_refused(spelling, named):
    assert named in trouble({**files(), "tally.json": spelling})


def test_a_file_cut_short_is_refused(tmp_path):
    whole = zipped(files()).getvalue()
    for length in (0, 1, 21, len(whole) // 2, len(whole) - 1):
        file = tmp_path / "cut.zip"
        file.write_bytes(whole[:length])

        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, text=True
        )

        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.startswith("不对：")


def test_a_log_cut_short_is_refused():
    honest = files()

    assert trouble(relisted({**honest, "log.jsonl": honest["log.jsonl"][:-1]})) == (
        "log.jsonl 的最后一行没有写完"
    )


def test_foreign_files_are_refused():
    assert trouble({**files(), "notes.exe": b""}) == "包里有不该有的文件：'notes.exe'"
    assert trouble({**files(), "../tally.json": b""}) == "包里有不该有的文件：'../tally.json'"


def test_two_files_of_one_name_are_refused():
    stream = zipped(files())
    with ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("tally.json", b"{}")

    with pytest.raises(Broken, match=r"包里有两份 tally\.json"):
        recount(stream, None)


def test_a_missing_file_is_named():
    for name in verify_bundle.NEEDED:
        rest = {one: data for one, data in files().items() if one != name}

        assert trouble(rest) == f"包里缺少 {name}"


@pytest.mark.slow
def test_a_zip_bomb_is_refused_before_it_is_opened():
    stream = zipped({name: data for name, data in files().items() if name != "log.jsonl"})
    with ZipFile(stream, "a", 8) as archive, archive.open("log.jsonl", "w") as bomb:
        for _ in range(2**8 + 1):
            bomb.write(bytes(2**20))

    assert stream.getbuffer().nbytes < 2**20
    with pytest.raises(Broken, match="解开后太大"):
        recount(stream, None)


def test_a_line_without_end_is_refused():
    assert trouble({**files(), "log.jsonl": b"a" * (2**21 + 1)}) == "log.jsonl 太长"


def test_another_compression_is_refused():
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_BZIP2) as archive:
        for name, data in files().items():
            archive.writestr(name, data)

    with pytest.raises(Broken, match="压缩方式不对"):
        recount(stream, None)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(tmp_path / "no.zip")],
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (1, "")


def test_a_wrong_root_is_refused():
    assert "树根对不上" in trouble(files(), "0" * 64)
    assert "树根对不上" in trouble(files(), "")
