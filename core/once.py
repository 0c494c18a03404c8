"""Do a thing once, however often it is asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Field, SQLModel, col

from core.columns import moment
from core.errors import KeyReused
from core.prepared import Prepared, both
from core.transaction import Transaction, table_of

KEPT = timedelta(days=7)


class Done(SQLModel, table=True):
    """A keyed piece of work that was done, and what it answered."""

    __tablename__ = "core_done"

    key: str = Field(primary_key=True, max_length=200)
    fingerprint: str = Field(max_length=64)
    result: str
    at: datetime = moment(index=True)


_FIND = Prepared(
    select(col(Done.fingerprint), col(Done.result)).where(col(Done.key) == bindparam("k"))
)
_FINISH = Prepared(
    update(table_of(Done)).where(col(Done.key) == bindparam("k")).values(result=bindparam("answer"))
)
_CLAIM = Prepared(
    both(lambda insert: insert(table_of(Done)).on_conflict_do_nothing()),
    ("key", "fingerprint", "result", "at"),
    blind=True,  # a key is claimed whether or not its result is written yet
)


def once(tx: Transaction, key: str, fingerprint: str, work: Callable[[], str]) -> str:
    """The result of work(), remembered under `key` for KEPT; see `once_told`."""
    return once_told(tx, key, fingerprint, work)[0]


def once_told(
    tx: Transaction, key: str, fingerprint: str, work: Callable[[], str]
) -> tuple[str, bool]:
    """The result of work(), remembered under `key` for KEPT, and whether it was there before.

    The same key with the same fingerprint gets the first result again, and work is not called;
    the same key with another fingerprint is the caller's mistake and is refused (KeyReused).
    Keep hashes as fingerprints, not words. A second process that asks at the same moment waits
    until the first has committed.
    """
    row = {"key": key, "fingerprint": fingerprint, "result": "", "at": tx.now}
    if tx.look(_CLAIM, row).rowcount == 1:
        result = work()
        tx.hold(_FINISH, {"k": key, "answer": result})
        return result, False
    done = tx.look(_FIND, {"k": key}).one()
    if done.fingerprint != fingerprint:
        raise KeyReused(key=key)
    return str(done.result), True


def forget_old(tx: Transaction) -> int:
    """Delete keys older than KEPT; returns how many."""
    return int(tx.look(delete(Done).where(col(Done.at) < tx.now - KEPT)).rowcount)
