"""Numbers lent to processes, so that the ids they make never collide."""

import os
import socket
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, select

from core.actor import SYSTEM
from core.columns import WORKERS_MAX, moment, use_worker
from core.database import Database
from core.errors import Refusal
from core.transaction import Transaction

LEASE = timedelta(minutes=10)


class NoWorkerFree(Refusal):
    code = "no_worker_free"
    text = "同时运行的进程太多（上限 {count}），请先停掉几个。"
    status = 503


class Worker(SQLModel, table=True):
    """A worker number and who holds it until when."""

    __tablename__ = "core_worker"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    holder: str
    until: datetime = moment()


def lease_worker(tx: Transaction, holder: str) -> int:
    """A number nobody holds; number 0 is never lent (it belongs to migrations and tests)."""
    workers = {w.number: w for w in tx.exec(select(Worker).order_by(col(Worker.number)))}
    for number in range(1, WORKERS_MAX):
        worker = workers.get(number)
        if worker is None:
            tx.add(Worker(number=number, holder=holder, until=tx.now + LEASE))
            return number
        if worker.until < tx.now:
            worker.holder, worker.until = holder, tx.now + LEASE
            return number
    raise NoWorkerFree(count=WORKERS_MAX - 1)


def renew_worker(tx: Transaction, number: int, holder: str) -> bool:
    """Hold the number for another LEASE; False if someone else has it by now."""
    worker = tx.get(Worker, number)
    if worker is None or worker.holder != holder:
        return False
    worker.until = tx.now + LEASE
    return True


def release_worker(tx: Transaction, number: int, holder: str) -> None:
    """Give the number back after a short rest, so that no id is made twice by a skewed clock."""
    worker = tx.get(Worker, number)
    if worker is not None and worker.holder == holder:
        worker.until = tx.now


def is_served(tx: Transaction) -> bool:
    """Whether some process holds a worker number now."""
    return tx.exec(select(Worker).where(col(Worker.until) > tx.now)).first() is not None


def this_process() -> str:
    """A name for this process that another on this or another machine does not have."""
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"


def become_worker(db: Database) -> tuple[int, str]:
    """Lease a number for this process and make ids with it; returns number and holder."""
    holder = this_process()
    number = db.run_now(SYSTEM, lease_worker, holder)
    use_worker(number)
    return number, holder
