"""Counted tries: after too many wrong ones in a while, wait."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlmodel import Field, SQLModel, col

from core.columns import key, moment
from core.transaction import Transaction


class Attempt(SQLModel, table=True):
    """One failed try at something that must not be guessed."""

    __tablename__ = "core_attempt"

    id: int = key()
    subject: str = Field(index=True)
    at: datetime = moment()


def failures(tx: Transaction, subject: str, *, within: timedelta) -> int:
    """How often the subject failed in the time just past."""
    query = select(func.count()).where(
        col(Attempt.subject) == subject, col(Attempt.at) > tx.now - within
    )
    return int(tx.look(query).scalar_one())


def record_failure(tx: Transaction, subject: str) -> None:
    """Count one more failed try."""
    tx.add(Attempt(subject=subject, at=tx.now))
    tx.flush()


def forget_failures(tx: Transaction, subject: str) -> None:
    """Start again from nothing, after a success."""
    tx.look(delete(Attempt).where(col(Attempt.subject) == subject))
