"""The clock's work in a whole installation."""

from bot.house import open_house
from bot.jobs import JOBS, Job, run_job
from community.groups import mute_group
from core.actor import SYSTEM
from core.sealing import last_seals, seals

BY_NAME = {job.name: job for job in JOBS}


async def test_every_job_runs_twice_without_harm(house, cast, clock):
    house.db.run_now(SYSTEM, mute_group, cast.group3, is_muted=True)

    for _ in range(2):
        for job in JOBS:
            await run_job(house, job)
        clock.forward(days=2)

    assert len(house.db.read_now(SYSTEM, seals, cast.xfl)) == 1


async def test_a_moment_is_sealed_by_whichever_process_claims_it(house, settings, cast, clock):
    other = open_house(settings, clock=clock)
    house.db.run_now(SYSTEM, mute_group, cast.group3, is_muted=True)
    await run_job(house, BY_NAME["seal_events"])
    house.db.run_now(SYSTEM, mute_group, cast.group3, is_muted=False)

    await run_job(other, BY_NAME["seal_events"])
    same_minute = [seal.size for seal in house.db.read_now(SYSTEM, last_seals)]
    clock.forward(minutes=1)
    await run_job(other, BY_NAME["seal_events"])

    assert same_minute == [1]
    assert [seal.size for seal in house.db.read_now(SYSTEM, last_seals)] == [2]
    other.close()


def test_jobs_have_names_of_their_own():
    assert len(BY_NAME) == len(JOBS)
    assert not isinstance(BY_NAME["seal_events"], Job)
