"""Uploading a register and taking it over: the slow parts outside, the rest in transactions."""

import asyncio
from collections.abc import Callable
from pathlib import PurePath

from bot.house import House
from community.people import local_day
from community.roster import (
    BATCH_ROWS,
    DONE,
    FAILED,
    RosterHasProblems,
    RosterReport,
    access_import,
    check_roster,
    fail_import,
    import_batch,
    record_upload,
)
from community.roster_rows import Roster, RosterRow, pack_rows, read_roster, unpack_rows
from community.tables import RosterImport
from core.actor import Actor
from core.errors import Busy, Refusal
from core.sheets import read_sheet

Progress = Callable[[int, int], None]


async def check_upload(
    house: House, actor: Actor, community_id: int, *, file_name: str, content: bytes
) -> tuple[Roster, RosterReport]:
    """The dry run of a file: what it would do and what is wrong with it; keeps nothing."""
    roster = await asyncio.to_thread(_read, house, file_name, content)
    report = await house.db.read(actor, check_roster, house.vault, community_id, roster)
    return roster, report


async def keep_upload(
    house: House, actor: Actor, community_id: int, *, file_name: str, content: bytes
) -> RosterImport:
    """The dry run of a file, its rows kept (encrypted) so that they can be taken over later."""
    roster, report = await check_upload(
        house, actor, community_id, file_name=file_name, content=content
    )
    stored_as = await asyncio.to_thread(_keep, house, roster)
    return await house.db.run(
        actor,
        record_upload,
        community_id=community_id,
        file_name=PurePath(file_name).name,
        stored_as=stored_as,
        row_count=roster.row_count,
        report=report,
    )


async def run_import(
    house: House, actor: Actor, import_id: int, *, progress: Progress = lambda done, of: None
) -> RosterImport:
    """Take over an upload from where it stands to its end, a batch at a time; safe to ask again.

    A refusal ends the import as failed and is raised; the batches before it stay. The kept rows
    are removed at the end either way.
    """
    upload = await house.db.read(actor, access_import, import_id)
    problem_count = int(upload.report.get("problem_count", 0))
    if problem_count:
        raise RosterHasProblems(count=problem_count)
    if upload.state in (DONE, FAILED):
        return upload
    rows = await asyncio.to_thread(_kept, house, upload)
    while upload.state not in (DONE, FAILED):
        start = upload.done_count
        batch = rows[start : start + BATCH_ROWS]
        try:
            upload = await house.db.run(
                actor, import_batch, house.vault, import_id, batch, start=start
            )
        except Busy:
            # The house is full of people's messages: they go first.
            await asyncio.sleep(1)
            continue
        except Refusal as refusal:
            await house.db.run(actor, fail_import, import_id, str(refusal))
            house.files.discard(upload.stored_as)
            raise
        progress(upload.done_count, upload.row_count)
    house.files.discard(upload.stored_as)
    return upload


async def discard_upload(house: House, actor: Actor, import_id: int) -> RosterImport:
    """Give an upload up that has not been taken over, and remove its file."""
    upload = await house.db.run(actor, fail_import, import_id, "没有导入，已经放弃。")
    house.files.discard(upload.stored_as)
    return upload


def _read(house: House, file_name: str, content: bytes) -> Roster:
    return read_roster(read_sheet(content, file_name), today=local_day(house.db.clock()))


def _keep(house: House, roster: Roster) -> str:
    return house.files.keep(house.vault.seal_bytes(pack_rows(roster.rows)))


def _kept(house: House, upload: RosterImport) -> tuple[RosterRow, ...]:
    return unpack_rows(house.vault.unseal_bytes(house.files.path(upload.stored_as).read_bytes()))
