"""What doctor says of the sealed history."""

import json

from sqlalchemy import text

from community.groups import mute_group
from core.actor import SYSTEM
from core.sealing import seal_key, seal_new


def sealing(command):
    done = command("doctor", "--json")
    found = json.loads(done.stdout)["findings"]
    return next((f["grade"], f["text"]) for f in found if f["name"] == "封存")


async def test_doctor_says_whether_history_is_sealed_and_holds(house, cast, command, clock):
    clock.forward(days=-300)
    for _ in range(2):
        await house.db.run(SYSTEM, mute_group, cast.group3, is_muted=True)

    grade, words = sealing(command)
    assert (grade, words.split("；")[0]) == ("warn", "事件 2 条，已封 0 条，都对得上")

    await seal_new(house.db, seal_key(house.signer))
    assert sealing(command) == ("ok", "事件 2 条，已封 2 条，都对得上")

    def bend(tx):
        if house.db.is_sqlite:
            tx.core.execute(text("DROP TRIGGER core_event_no_update"))
        else:
            tx.core.execute(text("ALTER TABLE core_event DISABLE TRIGGER ALL"))
        tx.core.execute(text("UPDATE core_event SET actor_kind = 'nobody'"))

    await house.db.run(SYSTEM, bend)

    grade, words = sealing(command)
    assert grade == "bad"
    assert words == f"社区 {cast.xfl}：第 0 道封条对不上：第 0 到 1 行里有改动、增删或换序。"
