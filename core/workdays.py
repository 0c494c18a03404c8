"""Which days are worked in China: weekends, public holidays and the days worked in exchange (调休).

The table holidays.csv is editable; an installation may put its own copy into the data directory.
Source: the yearly notices of the General Office of the State Council on public holidays.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

SHIPPED = Path(__file__).parent / "holidays.csv"
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Workdays:
    """The known years: days off that would be worked, and days worked that would be off."""

    off: frozenset[date]
    worked: frozenset[date]
    years: frozenset[int]

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked; in a year not in the table, weekends are the best guess."""
        if day in self.worked:
            return True
        return day not in self.off and day.weekday() < SATURDAY

    def is_known(self, day: date) -> bool:
        """Whether the table covers the day's year, so that no guess is made."""
        return day.year in self.years


@lru_cache(maxsize=4)
def load_workdays(path: Path = SHIPPED) -> Workdays:
    """The table of a CSV file with columns day (ISO date) and kind (off or worked)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(date.fromisoformat(row["day"]), row["kind"]) for row in csv.DictReader(file)]
    return Workdays(
        off=frozenset(day for day, kind in rows if kind == "off"),
        worked=frozenset(day for day, kind in rows if kind == "worked"),
        years=frozenset(day.year for day, _ in rows),
    )
