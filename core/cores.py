"""Which cores this process uses.

The threads of one interpreter take turns: on one core they find its caches warm and wake each
other cheaply; on several they mostly wait. So the thread of the loop and those that write share a
core, another process that serves takes another, and the others get the rest. Where the system
does not let a process choose, everything runs as the system likes.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

CORES = tuple(sorted(os.sched_getaffinity(0)))
"""The cores this process may use, as they were when it began."""


def share_core(number: int, threads: Iterable[int]) -> int:
    """Put the calling thread and others, by their native ids, on one core; returns which.

    Processes with different numbers get different cores as long as there are enough.
    """
    core = CORES[number % len(CORES)]
    for thread in (0, *threads):
        choose_cores([core], thread)
    return core


def spread_out() -> None:
    """Let the calling thread use every core: for threads that compute or wait by themselves."""
    choose_cores(CORES)


def choose_cores(cores: Iterable[int], thread: int = 0) -> None:
    """Let a thread, or the calling one, run on these cores if the system allows to choose."""
    with suppress(OSError):
        os.sched_setaffinity(thread, cores)


def others(core: int) -> tuple[int, ...]:
    """The cores but this one; itself when it is the only one."""
    return tuple(other for other in CORES if other != core) or CORES
