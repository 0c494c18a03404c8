"""Figures of the ballot log: making bundles, counting them again with the stand-alone script.

Run: python -m bench.deliberation_bundle [--ballots 100000]

The script runs in a process of its own with the standard library only (`python -I -S`); memory is
the peak of that process. Targets: 100,000 ballots under 20 s and 300 MB; 5,000 under 10 s.
"""

# ruff: noqa: T201  figures are printed

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from core import merkle
from core.seals import Row, seal_rows
from core.signatures import private_key
from deliberation import verify_bundle

SCRIPT = Path(verify_bundle.__file__)
CASES = (
    ("named", "cn.village.assembly.person"),
    ("named", "cn.owners.general"),
    ("detached", "cn.village.assembly.person"),
)


def verify(file: Path) -> tuple[float, float, int]:
    """Seconds, seconds of processor, peak megabytes of the script on a bundle that must hold."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "an honest bundle was refused"
    spent = time.perf_counter() - begun
    return spent, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def measure(ballots: int, folder: Path) -> None:
    for mode, profile in CASES:
        begun = time.perf_counter()
        # A process of its own: what is forked from a large one would seem large itself.
        command = [sys.executable, "-m", "bot", "bundle", "demo", str(folder / "bundle.zip")]
        facts = ["--ballots", str(ballots), "--mode", mode, "--profile", profile]
        subprocess.run([*command, *facts], check=True, stdout=subprocess.DEVNULL)
        made = time.perf_counter() - begun
        file = folder / "bundle.zip"
        size = file.stat().st_size / 1e6
        seconds, processor, megabytes = verify(file)
        print(
            f"{ballots:>7} ballots {mode:<8} {profile:<27} made {made:6.2f} s, {size:5.1f} MB;"
            f" verified {seconds:6.2f} s ({processor:.2f} s of processor), {megabytes} MB"
        )


def measure_proofs(size: int) -> None:
    leaves = [merkle.leaf_hash(b"%d" % number) for number in range(size)]
    begun = time.perf_counter()
    merkle.root(leaves)
    root = time.perf_counter() - begun
    begun = time.perf_counter()
    merkle.inclusion_proof(leaves, size // 3)
    proof = time.perf_counter() - begun
    print(f"{size:>7} leaves  root {root * 1e3:.0f} ms, one inclusion proof {proof * 1e3:.0f} ms")


def measure_seals(rounds: int, rows: int) -> None:
    key, last, peaks = private_key(b"\x01" * 32), None, merkle.Peaks()
    data = b'{"actor":"7","at":"2026-03-02T00:00:00Z","facts":{"case":"1"},"name":"CaseOpened"}'
    begun = time.perf_counter()
    for minute in range(rounds):
        new = [Row(minute * rows + number, data) for number in range(rows)]
        done = seal_rows(
            new, community_id=1, last=last, peaks=peaks, time=datetime.now(UTC), key=key
        )
        last, peaks = done.seal, done.peaks
    spent = time.perf_counter() - begun
    print(
        f"{rounds * rows:>7} rows    in {rounds} seals: {spent / rounds * 1e3:.1f} ms a seal,"
        f" {rounds * rows / spent:,.0f} rows a second"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballots", type=int, default=100_000)
    ballots = parser.parse_args().ballots
    with tempfile.TemporaryDirectory() as folder:
        for count in (min(5_000, ballots), ballots):
            measure(count, Path(folder))
    measure_proofs(100_000)
    measure_seals(20, 5_000)


if __name__ == "__main__":
    main()
