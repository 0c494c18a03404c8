"""Erasing a person on the console and on the command line."""

import json
import re

import pytest
from sqlmodel import select

from community.tables import Resident
from core.actor import SYSTEM
from tests.bot.commands.conftest import command

__all__ = ["command"]


def resident(house, resident_id):
    return house.db.read_now(SYSTEM, lambda tx: tx.get_one(Resident, resident_id))


async def look_at(browser, resident_id):
    await browser.get(f"/console/people/{resident_id}")
    await browser.post(f"/console/people/{resident_id}/look", purpose="更新名册")
    return re.search(r"/erase\?look=([^\"]+)", browser.page)[1].replace("&amp;", "&")


async def test_erasing_wants_the_name_and_a_tick(wu, house, cast):
    token = await look_at(wu, cast.bo)
    path = f"/console/people/{cast.bo}/erase?look={token}"

    for wrong in (
        {"erase_name": "李波"},
        {"erase_name": "李", "erase_sure": "1"},
        {"erase_name": "", "erase_sure": "1"},
    ):
        await wu.post(path, **wrong)
        assert wu.status == 422, wrong
    assert resident(house, cast.bo).name == "李波"

    await wu.post(path, erase_name="李波", erase_sure="1")

    assert "个人信息已经删除" in wu.page
    assert resident(house, cast.bo).name == "已删除"


async def test_erasing_waits_for_what_is_open(wu, house, cast, report_of):
    report_of()
    token = await look_at(wu, cast.lan)

    await wu.post(
        f"/console/people/{cast.lan}/erase?look={token}", erase_name="王兰", erase_sure="1"
    )

    assert (wu.status, "没办完" in wu.page) == (409, True)
    assert resident(house, cast.lan).name == "王兰"


async def test_erasing_is_for_who_keeps_the_register(wu, ding, house, cast):
    await ding.get("/console/me")
    await ding.post(f"/console/people/{cast.bo}/erase", erase_name="李波", erase_sure="1")
    await wu.get("/console/me")
    await wu.post(f"/console/people/{cast.hua}/erase", erase_name="华姐", erase_sure="1")

    assert (ding.status, wu.status) == (404, 404)
    names = house.db.read_now(SYSTEM, lambda tx: set(tx.exec(select(Resident.name))))
    assert {"李波", "华姐"} <= names


@pytest.mark.slow
def test_command_erases_by_number(house, cast, command):
    refused = command("erase", "R2", "--community", "XFL", input="n\n")
    lost = command("erase", "R99", "--community", "XFL", "--yes")
    assert (refused.exit_code, lost.exit_code) == (1, 1)
    assert resident(house, cast.bo).name == "李波"

    done = command("erase", "R2", "--community", "XFL", "--yes", "--json")

    assert (done.exit_code, json.loads(done.stdout)["files"]) == (0, 0)
    assert resident(house, cast.bo).name == "已删除"
