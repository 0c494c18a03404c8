"""One token for everybody: fetched once, shared by processes, renewed when it is refused."""

import asyncio

import pytest

from bot.channels.wechat.errors import WechatError
from bot.channels.wechat.token import LEASE
from bot.tables import PlatformToken
from core.actor import SYSTEM
from tests.bot.channels.wechat.conftest import open_client

TOKEN = "/cgi-bin/stable_token"


async def test_one_token_serves_many_calls_at_once(client, api):
    await asyncio.gather(*(client.send_text(f"o{n}", "好") for n in range(30)))

    assert len(api.sent) == 30
    assert len(api.to(TOKEN)) == 1


async def test_two_processes_share_one_token(house, account, api):
    async with open_client(house, account) as first, open_client(house, account) as second:
        await asyncio.gather(first.send_text("oLan", "一"), second.send_text("oBo", "二"))

    assert len(api.sent) == 2
    assert len(api.to(TOKEN)) == 1


async def test_a_process_that_starts_later_finds_the_token(house, account, api):
    async with open_client(house, account) as first:
        await first.send_text("oLan", "一")
    async with open_client(house, account) as second:
        await second.send_text("oBo", "二")

    assert len(api.to(TOKEN)) == 1


async def test_the_token_is_sealed_in_the_database(client, house, api):
    await client.send_text("oLan", "好")

    row = house.db.read_now(
        SYSTEM, lambda tx: tx.get_one(PlatformToken, f"wechat:main:{api.app_id}")
    )

    assert row.token
    assert api.token not in row.token
    assert api.secret not in row.token


async def test_a_token_is_renewed_before_it_ends(client, house, api, clock):
    await client.send_text("oLan", "一")
    clock.forward(seconds=7_200 - 241)
    await client.send_text("oLan", "二")
    assert len(api.to(TOKEN)) == 1

    clock.forward(seconds=2)
    await client.send_text("oLan", "三")

    assert len(api.to(TOKEN)) == 2


async def test_renewal_is_forced_only_when_the_platform_hands_out_the_same_token(client, api):
    await client.send_text("oLan", "一")
    api.stale(stuck=True)

    await client.send_text("oLan", "二")

    assert len(api.sent) == 2
    assert [call.document()["force_refresh"] for call in api.to(TOKEN)] == [False, False, True]


async def test_many_refused_at_once_renew_once(client, api):
    await client.send_text("oLan", "一")
    api.stale()

    await asyncio.gather(*(client.send_text(f"o{n}", "二") for n in range(20)))

    assert len(api.sent) == 21
    assert len(api.to(TOKEN)) == 2


async def test_another_process_that_renewed_saves_us_the_fetch(house, account, api):
    async with open_client(house, account) as first, open_client(house, account) as second:
        await first.send_text("oLan", "一")
        await second.send_text("oLan", "二")
        api.stale()
        await first.send_text("oLan", "三")
        await second.send_text("oLan", "四")

    assert len(api.sent) == 4
    assert len(api.to(TOKEN)) == 2


async def test_waiting_for_a_process_that_died_ends_with_its_lease(client, house, api, clock):
    def leave_a_lease(tx):
        tx.add(
            PlatformToken(
                name=f"wechat:main:{api.app_id}", expires_at=tx.now, fetching_until=tx.now + LEASE
            )
        )

    house.db.run_now(SYSTEM, leave_a_lease)
    sending = asyncio.create_task(client.send_text("oLan", "好"))
    done, _ = await asyncio.wait((sending,), timeout=0.5)
    assert not done
    assert api.calls == []

    clock.forward(seconds=LEASE.total_seconds())
    await sending

    assert api.sent == [("oLan", "好")]


async def test_a_failed_fetch_does_not_hold_up_the_next(client, api):
    api.misbehave(TOKEN, 40164)
    with pytest.raises(WechatError, match="白名单"):
        await client.send_text("oLan", "好")

    await client.send_text("oLan", "好")

    assert len(api.to(TOKEN)) == 2


async def test_whoever_stops_waiting_does_not_stop_the_fetch(client, api):
    api.gate = asyncio.Event()
    impatient = asyncio.create_task(client.send_text("oLan", "一"))
    patient = asyncio.create_task(client.send_text("oBo", "二"))
    await api.asked.wait()
    impatient.cancel()
    api.gate.set()
    await patient

    assert api.sent == [("oBo", "二")]
    assert len(api.to(TOKEN)) == 1
