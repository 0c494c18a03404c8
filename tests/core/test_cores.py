"""Threads that take turns share a core; whoever may not choose runs on."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from core.cores import CORES, choose_cores, others, share_core, spread_out


def allowed():
    return os.sched_getaffinity(0)


def in_a_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_threads_are_put_on_one_core_together():
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()

    def share():
        core = share_core(len(CORES) + 1, [other.native_id])
        return core, allowed(), os.sched_getaffinity(other.native_id)

    core, here, there = in_a_thread(share)
    stop.set()
    other.join()
    assert core in CORES
    assert here == there == {core}
    assert allowed() == set(CORES), "the thread that asks nothing stays as it was"


def test_a_thread_may_spread_out_again():
    def share_and_spread():
        share_core(0, [])
        spread_out()
        return allowed()

    assert in_a_thread(share_and_spread) == set(CORES)


def test_the_others_are_all_but_one():
    for core in CORES:
        assert core not in others(core) or (core,) == CORES
        assert set(others(core)) | {core} == set(CORES)


def test_a_core_that_is_not_there_changes_nothing():
    def choose():
        choose_cores([100_000])
        return allowed()

    assert in_a_thread(choose) == set(CORES)
