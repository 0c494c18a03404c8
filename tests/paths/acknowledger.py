"""A process to be killed: receives messages and says on standard output which are acknowledged."""

import asyncio
import json
import sys

from bot.house import open_house
from bot.inbox import receive
from bot.messages import Incoming
from core.settings import load_settings
from core.workers import become_worker

IN_FLIGHT = 16


async def main(count: int) -> None:
    house = open_house(load_settings())
    await asyncio.to_thread(become_worker, house.db)
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int) -> None:
        async with gate:
            answer = await receive(house, message(number))
        sys.stdout.write(json.dumps([number, answer.text]) + "\n")
        sys.stdout.flush()

    await asyncio.gather(*(one(number) for number in range(count)))
    house.close()


def message(number: int) -> Incoming:
    return Incoming(
        channel="simulator",
        message_id=f"m{number}",
        sender=f"resident-{number % 7}",
        text=f"{number % 40 + 1}栋{number // 40 + 1}单元门口的路灯坏了，晚上看不见，请派人来修",
        chat="xfl-3",
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
