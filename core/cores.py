"""Which cores this process uses.

The threads of one interpreter take turns: on one core they find its caches warm and wake each
other cheaply; on several they mostly wait. So the thread of the loop and those that write share a
core, another process that serves takes another, and helpers get the rest.
"""

import os
from collections.abc import Iterable

CORES = tuple(sorted(os.sched_getaffinity(0)))
"""The cores this process may use, as they were when it began."""


def share_core(number: int, threads: Iterable[int]) -> int:
    """Put the calling thread and others, by their native ids, on one core; returns which.

    Processes with different numbers get different cores as long as there are enough.
    """
    core = CORES[number % len(CORES)]
    for thread in (0, *threads):
        os.sched_setaffinity(thread, {core})
    return core


def spread_out() -> None:
    """Let the calling thread use every core: for threads that compute or wait by themselves."""
    os.sched_setaffinity(0, CORES)


def others(core: int) -> tuple[int, ...]:
    """The cores but this one; itself when it is the only one."""
    return tuple(other for other in CORES if other != core) or CORES
