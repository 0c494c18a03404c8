"""The machine that figures were taken on, in one line."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores, memory, system and Python of this machine."""
    model = "?"
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        lines = cpu.read_text("utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )
