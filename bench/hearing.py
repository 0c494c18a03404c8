"""Group talk heard in process: decided and counted, nothing stored. Target: 3,000 messages/s.

The talk is the project's own hand-written chat, every message once a round, in its own groups,
some groups at once; what concerns the community beside the talk around it is written down. First
this process reads, then a reading process of its own does.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from bot.house import open_house
from bot.inbox import receive
from bot.messages import Incoming
from bot.migrate import migrate
from bot.readers import Readers
from bot.replay import make_group
from bot.seed import write_district
from core.actor import SYSTEM
from core.settings import Settings
from nlp.reading import CONCERNS_US, read

ROUNDS = 3
AT_ONCE = 32
CHAT = Path(__file__).resolve().parent.parent / "nlp" / "data" / "chat"


def lines() -> list[tuple[str, str]]:
    """(group, text) of talk that asks nothing of anybody."""
    found = []
    for path in sorted(CHAT.glob("*.jsonl")):
        for raw in path.read_text("utf-8").splitlines():
            row = json.loads(raw)
            if read(row["text"]).intent not in CONCERNS_US:
                found.append((row["group"], row["text"]))
    return found


async def measure(folder: Path, readers: int) -> dict[str, object]:
    """Hear every line ROUNDS times through the real way in."""
    settings = Settings(data_dir=folder, secret_key="x" * 40, config=folder / "none")
    migrate(settings.database)
    house = open_house(settings)
    await house.db.run(SYSTEM, write_district, house.vault, {})
    talk = lines()
    groups = sorted({group for group, _ in talk})
    for group in groups:
        await house.db.run(SYSTEM, make_group, "bench", group)
    house.hearing.readers = Readers(readers, settings.models)
    await house.hearing.readers.start()
    await house.hearing.readers.ready()
    spent: list[float] = []

    async def listen(mine: set[str]) -> None:
        for turn in range(ROUNDS):
            for number, (group, text) in enumerate(talk):
                if group in mine:
                    begun = time.perf_counter()
                    await receive(
                        house,
                        Incoming(
                            channel="bench",
                            message_id=f"{turn}-{number}",
                            sender=f"s{number % 40}",
                            text=text,
                            chat=group,
                        ),
                    )
                    spent.append(time.perf_counter() - begun)

    started = time.perf_counter()
    await asyncio.gather(*(listen(set(groups[n::AT_ONCE])) for n in range(AT_ONCE)))
    seconds = time.perf_counter() - started
    await house.hearing.readers.close()
    await asyncio.to_thread(house.close)
    spent.sort()
    return {
        "reading_processes": readers,
        "messages": len(spent),
        "per_second": round(len(spent) / seconds),
        "p50_ms": round(spent[len(spent) // 2] * 1000, 3),
        "p99_ms": round(spent[int(len(spent) * 0.99)] * 1000, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    for count in (0, 1):
        with tempfile.TemporaryDirectory() as place:
            figures = asyncio.run(measure(Path(place), count))
        sys.stdout.write(json.dumps(figures) + "\n")
