"""`python -m bot bundle demo`: a file that anybody can try the verifier on."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands.bundle import bundle
from deliberation import verify_bundle


def run(*arguments: object):
    return CliRunner().invoke(bundle, ["demo", *map(str, arguments)])


@pytest.mark.parametrize("mode", ["named", "detached"])
def test_a_demo_is_verified_with_the_root_it_printed(tmp_path, mode):
    file = tmp_path / "demo.zip"

    result = run(file, "--ballots", 40, "--mode", mode, "--seed", 7)

    assert result.exit_code == 0
    root = result.output.splitlines()[1].removeprefix("树根 ")
    assert verify_bundle.recount(str(file), root)[0] == "验过了，没有发现改动。"


def test_the_verifier_taken_from_the_bundle_runs_alone(tmp_path):
    file = tmp_path / "demo.zip"
    run(file, "--ballots", 12)
    with verify_bundle.zipfile.ZipFile(file) as archive:
        script = Path(archive.extract("verify_bundle.py", tmp_path))

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(file)], capture_output=True, cwd=tmp_path
    )

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "no.such"], "没有叫“no.such”的表决规则"),
        (["--profile", "cn.owners.general", "--mode", "detached"], "只能记名"),
        (["--profile", "cn.village.recall"], "只能纸质投票"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path, arguments, words):
    result = run(tmp_path / "demo.zip", *arguments)

    assert result.exit_code == 1
    assert words in result.output
    assert not (tmp_path / "demo.zip").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    result = run(tmp_path / "no" / "demo.zip", "--ballots", 1)

    assert result.exit_code == 1
    assert "写不了" in result.output


def test_numbers_out_of_range_are_refused(tmp_path):
    assert run(tmp_path / "demo.zip", "--ballots", -1).exit_code == 2
    assert run(tmp_path / "demo.zip", "--ballots", 200_001).exit_code == 2
