"""The webhook as the platform meets it: over HTTP, with a real database behind it."""

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.channels.wechat.transport import WechatTransport
from bot.delivery import Way, deliver_due
from bot.tables import Outgoing
from cases.tables import Case
from core.actor import SYSTEM
from core.database import QUEUE_MAX
from tests.bot.channels.wechat.envelopes import (
    payload,
    plain_query,
    sealed,
    text_message,
    url,
)
from tests.bot.channels.wechat.platform import (
    numbers,
    on,
    open_webhook,
    post,
    redeliver,
    row_counts,
)

REPORT = "3栋2单元的电梯坏了，老人下不来楼"


@on("sqlite", "postgresql")
@pytest.mark.parametrize("mode", ["plain", "secure", "compatible"])
async def test_a_message_opens_a_case_and_is_answered(http, house, now, mode):
    body = text_message(REPORT, created=now)
    query = plain_query(now)
    if mode != "plain":
        query, body = sealed(body, now, compatible=mode == "compatible")

    status, words = await post(http, query, body)

    (number,) = numbers(house)
    assert status == 200
    assert number in words


@on("sqlite", "postgresql")
async def test_redelivery_gets_the_first_answer_and_no_second_effect(http, house, now, clock):
    body = text_message(REPORT, created=now)
    first = await post(http, plain_query(now), body)
    before = row_counts(house)
    clock.forward(seconds=5)

    again = await post(http, plain_query(now + 5, nonce="n2"), body)
    sealed_again = await post(http, *sealed(body, now + 5))

    assert again == sealed_again == first
    assert row_counts(house) == before


@on("sqlite", "postgresql")
async def test_twenty_copies_at_once_open_one_case(http, house, now):
    requests = [sealed(text_message(REPORT, created=now), now, nonce=f"n{n}") for n in range(20)]

    answers = await asyncio.gather(*(post(http, *request) for request in requests))

    (number,) = numbers(house)
    assert len(set(answers)) == 1
    assert number in answers[0][1]


@on("sqlite", "postgresql")
async def test_copies_to_several_processes_open_one_case(house, account, cast, now):
    request = plain_query(now), text_message(REPORT, created=now)
    async with open_webhook(house, account) as one, open_webhook(house, account) as two:
        answers = await asyncio.gather(*(post(http, *request) for http in (one, two) * 5))

    assert len(numbers(house)) == 1
    assert len(set(answers)) == 1


@on("sqlite")
async def test_an_event_twice_is_answered_twice_and_done_once(http, house, now):
    body = payload("event_subscribe").replace(b"1795320000", str(now).encode())

    first = await post(http, plain_query(now), body)
    before = row_counts(house)
    second = await post(http, plain_query(now), body)

    assert first == second
    assert "社区机器人" in first[1]
    assert row_counts(house) == before


@on("sqlite")
@pytest.mark.parametrize("name", ["video", "file", "text_sticker", "link", "event_scancode"])
async def test_unknown_kinds_are_answered_politely(http, now, name):
    status, words = await post(http, plain_query(now), payload(name))

    assert status == 200
    assert words


@on("sqlite")
@pytest.mark.parametrize("name", ["unsubscribe", "view", "location", "template_done", "photos"])
async def test_events_nobody_waits_for_are_taken_in_silence(http, house, now, name):
    before = row_counts(house)

    assert await post(http, plain_query(now), payload(f"event_{name}")) == (200, "")
    assert row_counts(house) == before


@on("sqlite")
async def test_recognised_words_of_a_voice_note_open_a_case(http, house, now):
    _, words = await post(http, plain_query(now), payload("voice_recognised"))

    (number,) = numbers(house)
    assert number in words


@on("sqlite")
async def test_script_in_a_text_is_kept_as_text_and_never_answered_as_markup(http, house, now):
    script = '<script>alert(1)</script><a href="http://evil.example">点我</a>3栋2单元电梯坏了'
    status, words = await post(http, plain_query(now), text_message(script, created=now))

    texts = house.db.read_now(SYSTEM, lambda tx: tx.look(select(col(Case.text))).scalars().all())
    assert status == 200
    assert "<a" not in words
    assert texts == [script]


@on("sqlite")
class TestAddressCheck:
    async def test_gives_the_echo_back(self, http, now):
        query = plain_query(now) | {"echostr": "5927782489442352469<b>"}

        async with http.get(url(query)) as response:
            assert response.status == 200
            assert response.content_type == "text/plain"
            assert await response.text() == "5927782489442352469<b>"

    async def test_refuses_a_forged_one(self, http, now):
        query = plain_query(now, token="another") | {"echostr": "1"}

        async with http.get(url(query)) as response:
            assert response.status == 403
            assert await response.text() == "签名不对"

    async def test_knows_no_other_account(self, http, now):
        for response in (
            await http.get(url(plain_query(now), "other")),
            await http.post(url(plain_query(now), "other"), data=b""),
        ):
            assert response.status == 404


@on("sqlite")
@pytest.mark.parametrize("age", [600, 0, -600])
async def test_requests_within_ten_minutes_are_taken(http, now, age):
    status, words = await post(http, plain_query(now - age), text_message("你好", created=now))

    assert (status, bool(words)) == (200, True)


@on("sqlite")
@pytest.mark.parametrize("stamp", [601, 86_400, -601, "old", "", "１", "-1", "9" * 13, "1e9"])
async def test_requests_of_another_time_are_refused(http, house, now, stamp):
    before = row_counts(house)
    timestamp = now - stamp if isinstance(stamp, int) else stamp

    status, _ = await post(http, plain_query(timestamp), text_message(REPORT, created=now))

    assert status == 403
    assert row_counts(house) == before


@asynccontextmanager
async def held_up(house):
    """The one writer of SQLite is busy with something else until the block ends."""
    gate, begun = threading.Event(), threading.Event()

    def dawdle(_tx):
        begun.set()
        assert gate.wait(30)

    task = asyncio.create_task(house.db.run(SYSTEM, dawdle))
    await asyncio.to_thread(begun.wait, 30)
    try:
        yield
    finally:
        gate.set()
        await task


async def deliver(house, client):
    way = Way({"wechat:main": WechatTransport(client)}, house.signer, "https://sq.example.org")
    return await deliver_due(house.db, way)


@on("sqlite")
async def test_what_is_not_durable_in_time_is_asked_for_again(house, account, cast, now):
    request = plain_query(now), text_message(REPORT, created=now)
    async with open_webhook(house, account, answer_seconds_max=0.1) as http:
        async with held_up(house):
            first = await post(http, *request)
            second = await post(http, *request)  # joins the work that is still going on
        words = await redeliver(http, *request)

    assert (first, second) == ((503, ""), (503, ""))
    (number,) = numbers(house)
    assert number in words


@on("sqlite")
async def test_a_late_answer_nobody_collected_leaves_by_the_outbox(
    house, account, cast, client, api, clock, now
):
    async with open_webhook(house, account, answer_seconds_max=0.1) as http, held_up(house):
        status, _ = await post(http, plain_query(now), text_message(REPORT, created=now))
    assert status == 503
    (number,) = numbers(house)

    await deliver(house, client)
    clock.forward(seconds=19)
    await deliver(house, client)
    assert [who for who, words in api.sent if number in words and "已" in words] == []
    clock.forward(seconds=1)
    await deliver(house, client)

    assert [who for who, words in api.sent if number in words] == ["oLan"]


@on("sqlite")
@pytest.mark.parametrize("is_other_process", [False, True])
async def test_a_late_answer_a_redelivery_collected_does_not_follow(
    house, account, cast, client, api, clock, now, is_other_process
):
    request = plain_query(now), text_message(REPORT, created=now)
    async with (
        open_webhook(house, account, answer_seconds_max=0.1) as one,
        open_webhook(house, account) as other,
    ):
        async with held_up(house):
            status, _ = await post(one, *request)
        assert status == 503
        clock.forward(seconds=5)
        words = await redeliver(other if is_other_process else one, *request)
    clock.forward(seconds=60)
    await deliver(house, client)

    (number,) = numbers(house)
    assert number in words
    assert [text for _, text in api.sent if text == words] == []


@on("sqlite")
async def test_an_answer_goes_one_way_only_also_when_time_runs_out_as_it_comes(
    house, account, cast, now
):
    async with open_webhook(house, account) as http:
        clock = asyncio.get_running_loop().time
        await post(http, plain_query(now), text_message("你好", message_id=1, created=now))
        begun = clock()
        await post(http, plain_query(now), text_message("你好", message_id=2, created=now))
        usual = clock() - begun
    ways = {}
    for number in range(100, 180):
        # Time runs out a little before, at, or a little after the moment the answer comes.
        limit = usual * (0.3 + 0.01 * (number - 100))
        async with open_webhook(house, account, answer_seconds_max=limit) as http:
            body = text_message("你好", message_id=number, created=now)
            status, _ = await post(http, plain_query(now), body)
            ways[f"late:wechat:main:{number}"] = status

    promised = house.db.read_now(
        SYSTEM, lambda tx: set(tx.look(select(col(Outgoing.key))).scalars())
    )
    assert promised & ways.keys() == {key for key, status in ways.items() if status == 503}
    assert set(ways.values()) <= {200, 503}


@on("sqlite")
async def test_a_redelivery_that_waits_when_the_work_lands_gets_the_answer(
    house, account, cast, client, api, clock, now
):
    request = plain_query(now), text_message(REPORT, created=now)
    async with open_webhook(house, account, answer_seconds_max=1.5) as http:
        async with held_up(house):
            first = await post(http, *request)
            waiting = asyncio.create_task(post(http, *request))
            await asyncio.sleep(0.1)
        second = await waiting
    clock.forward(seconds=60)
    await deliver(house, client)

    assert first == (503, "")
    assert numbers(house)[0] in second[1]
    assert [text for _, text in api.sent if text == second[1]] == []


@on("sqlite")
async def test_when_too_much_waits_the_platform_is_asked_to_come_again(house, account, cast, now):
    async with open_webhook(house, account) as http:
        await post(http, plain_query(now), text_message("你好", message_id=7, created=now))
        async with held_up(house):
            queue = [asyncio.create_task(house.db.run(SYSTEM, int_of)) for _ in range(QUEUE_MAX)]
            await asyncio.sleep(0)
            async with http.post(
                url(plain_query(now)), data=text_message(REPORT, created=now)
            ) as response:
                assert response.status == 503
                assert response.headers["Retry-After"] == "1"
                assert await response.text() == "现在人太多，请过一会儿再试。"
        await asyncio.gather(*queue)
        assert numbers(house) == []

        _, words = await post(http, plain_query(now), text_message(REPORT, created=now))

    assert numbers(house)[0] in words


def int_of(_tx):
    return 0
