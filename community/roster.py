"""Import of the register: checked as a whole first, then taken over batch by batch.

Each batch is a transaction of its own. The row of the import says how many rows are in the
register, so that an import that was cut short goes on where it stopped, and a batch that is asked
for twice is done once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from community.events import (
    RosterBatchImported,
    RosterChecked,
)
from community.roster_plan import Kind, known_of, plan_row
from community.roster_rows import Problem, Roster, RosterRow
from community.roster_writing import take_over, trouble_with
from community.tables import Dwelling, Household, Resident, RosterImport
from core.errors import NotFound, Refusal
from core.transaction import Transaction
from core.vault import Vault

BATCH_ROWS = 250
CHECK_ROWS = 500
NEW_PLACES_SHOWN = 50
CHECKED, RUNNING, DONE, FAILED = "checked", "running", "done", "failed"


class RosterHasProblems(Refusal):
    code = "roster_has_problems"
    text = "这份名册还有 {count} 处要改，改好再导入；现在一行也没有导入。"
    status = 409


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What an import would do, and everything that must be put right first."""

    row_count: int
    new_count: int
    changed_count: int
    same_count: int
    problem_count: int
    problems: tuple[Problem, ...]
    new_buildings: tuple[str, ...]
    new_household_count: int
    ignored: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON, as the row of the import keeps it."""
        return {
            "row_count": self.row_count,
            "new_count": self.new_count,
            "changed_count": self.changed_count,
            "same_count": self.same_count,
            "problem_count": self.problem_count,
            "problems": [
                {"row": p.row, "column": p.column, "wrong": p.wrong, "advice": p.advice}
                for p in self.problems
            ],
            "new_buildings": list(self.new_buildings),
            "new_household_count": self.new_household_count,
            "ignored": list(self.ignored),
        }


def check_roster(tx: Transaction, vault: Vault, community_id: int, roster: Roster) -> RosterReport:
    """The dry run: changes nothing. Needs `people.edit` in the community."""
    _check_edits(tx, community_id)
    counts = dict.fromkeys(Kind, 0)
    problems = list(roster.problems)
    extra = 0
    buildings: dict[str, None] = {}
    households: set[str] = set()
    for part in _parts(roster.rows, CHECK_ROWS):
        known = known_of(tx, community_id, part)
        for row in part:
            found = trouble_with(known, row)
            change = plan_row(known, vault, row)
            if change.kind is Kind.UNCLEAR:
                advice = "请在这一行填人员编号"
                found.append(Problem(row.row, "姓名", "这一户登记了两个同名的人", advice))
            problems += found
            extra += len(found)
            counts[change.kind] += 1
            if row.building and row.building not in known.buildings:
                buildings[row.building] = None
            if row.household not in known.households:
                households.add(row.household)
    return RosterReport(
        row_count=roster.row_count,
        new_count=counts[Kind.NEW],
        changed_count=counts[Kind.CHANGED],
        same_count=counts[Kind.SAME],
        problem_count=roster.problem_count + extra,
        problems=tuple(sorted(problems)),
        new_buildings=tuple(buildings)[:NEW_PLACES_SHOWN],
        new_household_count=len(households),
        ignored=roster.ignored,
    )


def record_upload(
    tx: Transaction,
    *,
    community_id: int,
    file_name: str,
    stored_as: str,
    row_count: int,
    report: RosterReport,
) -> RosterImport:
    """Keep what was uploaded and what the dry run found; needs `people.edit`."""
    _check_edits(tx, community_id)
    upload = RosterImport(
        community_id=community_id,
        by_id=tx.actor.id,
        at=tx.now,
        file_name=file_name[-120:],
        stored_as=stored_as,
        state=CHECKED,
        row_count=row_count,
        report=report.as_json(),
    )
    tx.add(upload)
    tx.flush()
    tx.emit(
        RosterChecked(
            community_id=community_id,
            subject_id=upload.id,
            row_count=row_count,
            problem_count=report.problem_count,
        )
    )
    return upload


def access_import(tx: Transaction, import_id: int, *, to_change: bool = False) -> RosterImport:
    """The import, for who edits people there; otherwise NotFound."""
    query = select(RosterImport).where(col(RosterImport.id) == import_id)
    upload = tx.exec(query.with_for_update() if to_change else query).first()
    if upload is None or not tx.actor.can("people.edit", upload.community_id):
        raise NotFound
    return upload


def visible_imports(
    tx: Transaction, community_id: int, *, limit: int = 20
) -> Sequence[RosterImport]:
    """The latest imports of a community, newest first; empty without `people.edit`."""
    if not tx.actor.can("people.edit", community_id):
        return []
    query = select(RosterImport).where(col(RosterImport.community_id) == community_id)
    return tx.exec(query.order_by(col(RosterImport.id).desc()).limit(limit)).all()


def import_batch(
    tx: Transaction, vault: Vault, import_id: int, rows: Sequence[RosterRow], *, start: int
) -> RosterImport:
    """Take over the rows from `start` on, all or none; nothing if that has been done already.

    RosterHasProblems when the dry run found any; RosterOutdated when the register has changed
    since in a way that makes a row wrong.
    """
    upload = access_import(tx, import_id, to_change=True)
    problem_count = int(upload.report.get("problem_count", 0))
    if problem_count:
        raise RosterHasProblems(count=problem_count)
    if upload.state in (DONE, FAILED) or upload.done_count != start:
        return upload
    take_over(tx, vault, upload, rows)
    upload.done_count = start + len(rows)
    upload.state = DONE if upload.done_count >= upload.row_count else RUNNING
    tx.flush()
    _renew_statistics(tx, upload)
    tx.emit(
        RosterBatchImported(
            community_id=upload.community_id,
            subject_id=upload.id,
            done_count=upload.done_count,
            row_count=upload.row_count,
        )
    )
    return upload


def fail_import(tx: Transaction, import_id: int, why: str) -> RosterImport:
    """The import cannot go on; what its batches took over stays."""
    upload = access_import(tx, import_id, to_change=True)
    if upload.state != DONE:
        upload.state = FAILED
        upload.report = {**upload.report, "failed": why}
        tx.flush()
    return upload


def _renew_statistics(tx: Transaction, upload: RosterImport) -> None:
    # PostgreSQL looks at its tables once a minute; until then it believes that they are small and
    # reads them whole for every batch. Told after 1, 2, 4, 8 … batches, it takes the indexes.
    batch_count = -(-upload.done_count // BATCH_ROWS)
    is_due = upload.state == DONE or batch_count & (batch_count - 1) == 0
    if is_due and tx.core.dialect.name == "postgresql":
        for table in (Resident, Household, Dwelling):
            tx.core.exec_driver_sql(f"ANALYZE {table.__tablename__}")


def _check_edits(tx: Transaction, community_id: int) -> None:
    if not tx.actor.can("people.see", community_id):
        raise NotFound
    tx.require("people.edit", community_id)


def _parts(rows: Sequence[RosterRow], size: int) -> Iterator[Sequence[RosterRow]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
