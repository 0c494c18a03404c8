"""Run every measurement after another, or those named: python -m bench [NAME …]."""

import subprocess
import sys
import time

from bench.machine import machine

# In the order of a reader's interest; each is a module that runs by itself.
BENCHES = (
    "hearing",
    "similar_topics",
    "message_path",
    "growth",
    "roster",
    "start",
    "answers",
    "deliberation_tally",
    "deliberation_bundle",
    "deliberation_rulebook",
    "opinion_map",
)


def main(names: list[str]) -> int:
    """0 when every bench ran to its end."""
    sys.stdout.write(f"{machine()}\n")
    failed = 0
    for name in names or BENCHES:
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        started = time.monotonic()
        status = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
        failed += status != 0
        sys.stdout.write(f"   ({time.monotonic() - started:.0f} s, exit {status})\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
