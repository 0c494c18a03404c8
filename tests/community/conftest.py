import pytest
from sqlmodel import col, select

from community.people import actor_of_resident
from core.actor import NOBODY, SYSTEM
from core.transaction import EventRecord


@pytest.fixture
def act(house, cast):
    """act("wu", work, …): the result of work in a transaction of somebody of the cast."""

    def run(who, work, *args, **kwargs):
        return house.db.run_now(actor(who), work, *args, **kwargs)

    def actor(who):
        if who == "system":
            return SYSTEM
        if who == "nobody":
            return NOBODY
        identity = getattr(cast, f"{who}_identity", None)
        return house.db.run_now(SYSTEM, actor_of_resident, getattr(cast, who), identity_id=identity)

    run.actor = actor
    return run


@pytest.fixture
def events(house):
    """events("binding.bound"): the facts of every event of that name, oldest first."""

    def facts(tx, name):
        query = select(EventRecord).where(col(EventRecord.name) == name)
        return [
            (record.subject_id, record.facts)
            for record in tx.exec(query.order_by(col(EventRecord.id)))
        ]

    return lambda name: house.db.read_now(SYSTEM, facts, name)
