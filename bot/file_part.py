"""One part of a person's file: what is kept, what for, and whose it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from community.people import LOCAL
from community.tables import Identity, Resident

ROWS_MAX = 10_000

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of what is kept: what for, and its rows under their headers."""

    key: str
    title: str
    purpose: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Whose:
    """The person a file is about: a resident with chat identities, or one identity alone."""

    resident: Resident | None
    identities: tuple[Identity, ...]

    @property
    def resident_id(self) -> int:
        return self.resident.id if self.resident is not None else -1

    @property
    def identity_ids(self) -> list[int]:
        return [identity.id for identity in self.identities]


def make_part(
    key: str, title: str, purpose: str, headers: str, rows: Iterable[Sequence[Any]]
) -> Part:
    """A part from its headers (parted by spaces) and its rows of any plain values."""
    return Part(
        key,
        title,
        purpose,
        tuple(headers.split()),
        tuple(tuple(plain_value(value) for value in row) for row in rows),
    )


def plain_value(value: Any) -> Value:
    """A value as people and JSON read it: moments in Chinese time, days as ISO."""
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)
