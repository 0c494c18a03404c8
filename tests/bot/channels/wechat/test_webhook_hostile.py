"""Malice over HTTP: every time a 4xx, nothing done, and nothing in the log but one line."""

import asyncio
import gzip
import io
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.wechat.codec import BODY_BYTES_MAX
from tests.bot.channels.wechat.envelopes import (
    TOKEN,
    codec,
    payload,
    plain_query,
    sealed,
    text_message,
    url,
)
from tests.bot.channels.wechat.platform import on, open_webhook, post, row_counts
from tests.bot.channels.wechat.test_codec import HOSTILE

pytestmark = on("sqlite")

MEGABYTE = 1024 * 1024


@pytest.fixture
def untouched(house, cast, caplog):
    """At the end every table is as it was, and no traceback was logged."""
    caplog.set_level(logging.DEBUG)
    before = row_counts(house)
    yield
    assert row_counts(house) == before
    assert [record for record in caplog.records if record.exc_info] == []
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


BROKEN = [
    text_message("灯坏了").replace(b"<MsgId>1</MsgId>", b"<MsgId>x</MsgId>"),
    text_message("灯坏了", sender=""),
    text_message("灯坏了", sender="a b"),
    text_message("灯坏了", created="yesterday"),
    b"<xml><ToUserName>gh</ToUserName></xml>",
    b"<xml></xml>",
    payload("location").replace(b"32.108950", b"north"),
]


async def test_hostile_and_broken_messages_are_refused_in_every_mode(untouched, http, now):
    taken = []
    for body in [*HOSTILE.values(), *BROKEN]:
        for request in ((plain_query(now), body), sealed(body, now)):
            status, _ = await post(http, *request)
            if status not in {400, 413}:
                taken.append((status, body[:80]))

    assert taken == []


async def test_wrong_signatures_are_refused(untouched, http, now):
    body = text_message("3栋2单元的电梯坏了", created=now)
    secret, sealed_body = sealed(body, now)
    wrong = [
        ({}, body),
        ({"timestamp": str(now), "nonce": "n1"}, body),
        (plain_query(now, token="guess"), body),
        (plain_query(now) | {"nonce": "n2"}, body),
        (plain_query(now) | {"timestamp": str(now - 1)}, body),
        (secret | {"msg_signature": secret["signature"]}, sealed_body),
        (secret | {"signature": secret["msg_signature"]}, sealed_body),
        (secret, sealed_body.replace(b"<Encrypt>", b"<Encrypt>A")),
        (secret, sealed(body, now)[1]),  # another ciphertext of the same words
        (secret | {"msg_signature": ""}, sealed_body),
    ]

    statuses = [(await post(http, query, content))[0] for query, content in wrong]

    assert statuses == [403] * len(wrong)


async def test_messages_for_another_app_are_refused(untouched, http, now):
    stranger = type(codec())(token=TOKEN, app_id="wx-another", aes_key="B" * 43)
    other_app = type(codec())(
        token=TOKEN, app_id="wx-another", aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    )
    body = text_message("3栋2单元的电梯坏了", created=now)

    assert (await post(http, *sealed(body, now, by=other_app)))[0] == 403
    assert (await post(http, *sealed(body, now, by=stranger)))[0] == 400


async def test_a_long_body_is_refused_before_it_is_read(untouched, http, now):
    body = io.BytesIO(b"<xml>" + b"x" * 10 * MEGABYTE)

    async with asyncio.timeout(3), http.post(url(plain_query(now)), data=body) as response:
        assert response.status == 413


async def test_a_long_body_that_does_not_say_so_is_cut_off(untouched, http, now):
    async def stream():
        for _ in range(100):
            yield b"x" * (MEGABYTE // 10)

    async with http.post(url(plain_query(now)), data=stream()) as response:
        assert response.status == 413


async def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(http, now):
    def message(size):
        frame = text_message("", created=now)
        return text_message("灯" + "a" * (size - len(frame) - len("灯".encode())), created=now)

    exact, more = message(BODY_BYTES_MAX), message(BODY_BYTES_MAX + 1)

    assert (len(exact), len(more)) == (BODY_BYTES_MAX, BODY_BYTES_MAX + 1)
    assert (await post(http, plain_query(now), exact))[0] == 200
    assert (await post(http, plain_query(now), more))[0] == 413


async def test_a_compressed_body_is_refused_unopened(untouched, http, now):
    bomb = gzip.compress(b"<xml><a>" + b"x" * 10 * MEGABYTE + b"</a></xml>")

    async with http.post(
        url(plain_query(now)), data=bomb, headers={"Content-Encoding": "gzip"}
    ) as response:
        assert response.status == 415


async def test_a_body_that_never_ends_is_given_up(untouched, house, account, now):
    async def drip():
        yield b"<xml>"
        await asyncio.sleep(30)
        yield b"</xml>"

    async with (
        open_webhook(house, account, body_seconds_max=0.2) as http,
        http.post(url(plain_query(now)), data=drip()) as response,
    ):
        assert response.status == 408


async def test_other_methods_do_nothing(untouched, http, now):
    for method in ("PUT", "DELETE", "HEAD", "PATCH"):
        async with http.request(method, url(plain_query(now))) as response:
            assert response.status == 405


HOSTILE_TEXT = st.text(max_size=30) | st.sampled_from(
    ["]]>", "<a><b>", "&a;", "<!DOCTYPE x>", "<MsgId>2</MsgId>", "\ud800", "\x00", "' OR 1=1"]
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.dictionaries(
        st.sampled_from(["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Event"])
        | st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8),
        HOSTILE_TEXT,
        max_size=8,
    ),
    noise=st.binary(max_size=60),
    query=st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "encrypt_type", "msg_signature"]),
        st.text(st.characters(codec="utf-8"), max_size=20) | st.just("aes"),
    ),
    is_signed=st.booleans(),
    is_sealed=st.booleans(),
)
async def test_anything_gets_an_answer_below_500(
    http, now, fields, noise, query, is_signed, is_sealed
):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    body = b"<xml>" + inner.encode("utf-8", "surrogatepass") + noise + b"</xml>"
    good = plain_query(now)
    if is_sealed:
        good, body = sealed(body, now)
    if is_signed:
        query = good

    status, _ = await post(http, query, body)

    assert status == 200 or 400 <= status < 500
    if not is_signed:
        assert status == 403


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8"), max_size=80))
async def test_any_words_are_answered(http, now, words):
    clean = "".join(c for c in words if c >= " " and c not in "\ufffe\uffff").replace("]]>", "")
    identity = abs(hash(words)) % 10**12

    status, _ = await post(
        http, plain_query(now), text_message(clean, message_id=identity, created=now)
    )

    assert status == 200
