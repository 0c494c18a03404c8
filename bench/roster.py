"""A register of 20,000 people, from the file to the database. Target: under 30 s.

The whole way the console goes: read, tried, kept encrypted, taken over; then the same file again,
which changes nothing. SQLite; everybody is invented.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from sqlmodel import col, select

from bot.house import open_house
from bot.migrate import migrate
from bot.roster_import import keep_upload, run_import
from bot.seed import write_district
from community.places import save_grid
from community.tables import Area, AreaKind
from core.actor import SYSTEM
from core.settings import Settings
from tests.community.rosters import invented_rows, roster_file

PEOPLE = 20_000


async def measure(folder: Path, name: str) -> None:
    """One file of this kind, imported twice."""
    settings = Settings(data_dir=folder, secret_key="x" * 40, config=folder / "none")
    migrate(settings.database)
    house = open_house(settings)
    await house.db.run(SYSTEM, write_district, house.vault, {})
    query = select(Area.id).where(col(Area.kind) == AreaKind.COMMUNITY)
    community = await house.db.read(SYSTEM, lambda tx: tx.exec(query).first())
    assert community is not None
    await house.db.run(SYSTEM, save_grid, community_id=community, code="G01", name="一网格")
    content = roster_file(invented_rows(PEOPLE), name=name)
    figures: dict[str, object] = {"file": name, "rows": PEOPLE, "mb": round(len(content) / 1e6, 1)}
    for turn in ("first", "again"):
        began = time.perf_counter()
        upload = await keep_upload(house, SYSTEM, community, file_name=name, content=content)
        tried = time.perf_counter()
        await run_import(house, SYSTEM, upload.id)
        ended = time.perf_counter()
        figures[f"{turn}_tried_s"] = round(tried - began, 1)
        figures[f"{turn}_taken_over_s"] = round(ended - tried, 1)
    await asyncio.to_thread(house.close)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    for file_name in ("名册.csv", "名册.xlsx"):
        with tempfile.TemporaryDirectory() as place:
            asyncio.run(measure(Path(place), file_name))
