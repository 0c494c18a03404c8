"""Encrypted messages that each open a case, durable before they are answered, beside the peers.

Starts real servers: ours on SQLite and, where a server can be had, on PostgreSQL; then the peers of
the folder YUNSHEQU_PEERS (default ../shared/bench), run by the Python YUNSHEQU_PEERS_PYTHON, where
both are present. Targets: 1,000 messages/s in one process on SQLite, p99 under 50 ms at half load.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
# The peers' own keys, so that one load serves all.
KEYS = {
    "YUNSHEQU_WECHAT_TOKEN": "t0ken",
    "YUNSHEQU_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "YUNSHEQU_WECHAT_APP_ID": "wxb11529c136998cb6",
}
SECONDS = float(os.environ.get("YUNSHEQU_BENCH_SECONDS", "8"))
STOP_SECONDS = 10
# One process with threads: gunicorn's sync worker would close every connection, and ours keep them.
GUNICORN = ("-m", "gunicorn", "-w1", "-k", "gthread", "--threads", "64", "--keep-alive", "60")
PEERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Flask + wechatpy, gunicorn threads", (*GUNICORN, "-b", "{at}", "flask_wechatpy:app")),
    ("WeRoBot, gunicorn threads", (*GUNICORN, "-b", "{at}", "werobot_app:app")),
    ("aiohttp + wechatpy, uvloop (echo)", ("aiohttp_wechatpy.py", "{port}", "uvloop")),
)


def say(name: str, figures: object) -> None:
    sys.stdout.write(f"{name}: {json.dumps(figures, ensure_ascii=False)}\n")
    sys.stdout.flush()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], *, cwd: Path, env: dict[str, str], port: int) -> Iterator[int]:
    """The process id of a server that answers on the port; it is ended afterwards."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def load(address: str, *options: str) -> dict[str, object]:
    """One run of the load against an address."""
    result = subprocess.run(
        [sys.executable, "-m", "bench.wechat_load", address, *options],
        cwd=ROOT,
        env={**os.environ, **KEYS},
        capture_output=True,
        text=True,
        check=False,
    )
    if not result.stdout:
        raise RuntimeError(result.stderr)
    figures: dict[str, object] = json.loads(result.stdout)
    return figures


def cpu_and_memory(pid: int) -> tuple[float, int]:
    """CPU seconds used so far and peak memory in MB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return ticks / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) // 1024


def measure(name: str, url: str, pid: int) -> float:
    """Saturate, then half of that at a fixed rate; returns messages a second."""
    load(url, "--seconds", "2")
    before, _ = cpu_and_memory(pid)
    full = load(url, "--seconds", str(SECONDS))
    after, memory = cpu_and_memory(pid)
    per_second = float(str(full["per_second"]))
    answered = max(1.0, per_second * SECONDS)
    full["cpu_us"] = round((after - before) / answered * 1e6)
    full["peak_mb"] = memory
    say(f"{name}, 64 connections", full)
    rate = max(1, int(per_second / 2))
    half = load(url, "--rate", str(rate), "--seconds", str(SECONDS))
    say(f"{name}, {rate}/s (half)", half)
    return per_second


def ours(name: str, database_url: str) -> float:
    """Our own server on this database (empty: SQLite in a fresh folder)."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="yunshequ-bench-") as folder:
        env = {
            **KEYS,
            "YUNSHEQU_DATA_DIR": folder,
            "YUNSHEQU_DATABASE_URL": database_url,
            "YUNSHEQU_SECRET_KEY": "bench-only-" * 5,
            "YUNSHEQU_LISTEN": f"127.0.0.1:{port}",
            "YUNSHEQU_WECHAT_COMMUNITY": "XFL",
            "YUNSHEQU_LOG_LEVEL": "ERROR",
        }
        for command in ("migrate", "seed"):
            subprocess.run(
                [sys.executable, "-m", "bot", command],
                cwd=ROOT,
                env={**os.environ, **env},
                check=True,
                stdout=subprocess.DEVNULL,
            )
        begun = time.monotonic()
        serve = [sys.executable, "-m", "bot", "serve"]
        with running(serve, cwd=ROOT, env=env, port=port) as pid:
            _first_answer(port)
            say(f"{name}, start to first answer", {"seconds": round(time.monotonic() - begun, 2)})
            return measure(name, f"http://127.0.0.1:{port}/channels/wechat/main", pid)


def _first_answer(port: int) -> None:
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10).read()


def peers() -> dict[str, float]:
    """Messages a second of each peer that can be run here."""
    folder = Path(os.environ.get("YUNSHEQU_PEERS", ROOT.parent / "shared" / "bench"))
    python = os.environ.get("YUNSHEQU_PEERS_PYTHON", sys.executable)
    found: dict[str, float] = {}
    if not folder.is_dir():
        sys.stdout.write("peers: none here (set YUNSHEQU_PEERS)\n")
        return found
    for name, arguments in PEERS:
        port = free_port()
        command = [python, *(a.format(at=f"127.0.0.1:{port}", port=port) for a in arguments)]
        try:
            with running(command, cwd=folder, env={}, port=port):
                url = f"http://127.0.0.1:{port}/"
                load(url, "--seconds", "1")
                figures = load(url, "--seconds", str(SECONDS))
        except RuntimeError as error:
            sys.stdout.write(f"{name}: cannot be run here ({str(error).splitlines()[0][:100]})\n")
            continue
        say(f"{name}, 64 connections", figures)
        if figures["sent"] != figures["answered"]:
            # Some close every connection; the load keeps them: what it counted says nothing.
            sys.stdout.write(f"{name}: not every message was answered, so no ratio\n")
            continue
        found[name] = float(str(figures["per_second"]))
    return found


def main() -> None:
    """Print every figure, and the ratio to each peer."""
    rates = {"ours, SQLite": ours("ours, SQLite", "")}
    if postgres.binaries() is not None:
        with postgres.running_server() as url:
            postgres.execute(url, "CREATE DATABASE bench")
            database = f"{url.rsplit('/', 1)[0]}/bench"
            rates["ours, PostgreSQL"] = ours("ours, PostgreSQL", database)
    for peer, rate in peers().items():
        for name, our_rate in rates.items():
            say(f"{name} to {peer}", {"ratio": round(our_rate / rate, 2)})


if __name__ == "__main__":
    main()
