"""How long a second start takes until a page is answered. Target: under 5 s.

The real command in a process of its own on a database that is seeded already; also how long it
takes to stop, and its memory.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.message_path import free_port

ROUNDS = 3
WAIT_SECONDS = 60
COMMAND = (sys.executable, "-m", "bot")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **os.environ,
            "YUNSHEQU_DATA_DIR": folder,
            "YUNSHEQU_CONFIG": str(Path(folder) / "none.toml"),
        }
        for command in ("migrate", "seed"):
            began = time.perf_counter()
            subprocess.run([*COMMAND, command], env=env, check=True, stdout=subprocess.DEVNULL)
            say({"command": command, "seconds": round(time.perf_counter() - began, 2)})
        for _ in range(ROUNDS):
            say(start_once(env))


def start_once(env: dict[str, str]) -> dict[str, float]:
    """Start, ask until a page answers, look at the memory, stop."""
    port = free_port()
    env = {**env, "YUNSHEQU_LISTEN": f"127.0.0.1:{port}"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - began < WAIT_SECONDS:
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/board/XFL", timeout=5).read()
                break
            time.sleep(0.02)
        ready = time.perf_counter() - began
        status = Path(f"/proc/{process.pid}/status").read_text("ascii", "replace")
        kilobytes = next(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")
        )
    finally:
        asked = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(WAIT_SECONDS)
        stopped = time.perf_counter() - asked
    return {"ready_s": round(ready, 2), "stopped_s": round(stopped, 2), "mb": kilobytes // 1024}


def say(figures: dict[str, object] | dict[str, float]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
