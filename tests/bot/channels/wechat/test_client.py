"""The client against a platform that misbehaves: every code has its remedy."""

import json
import logging

import pytest

from bot.channels.wechat.client import MEDIA_BYTES_MAX, QrCode
from bot.channels.wechat.errors import WechatError
from bot.channels.wechat.menu import menu_of
from core.settings import WechatAccount
from tests.bot.channels.wechat.conftest import open_client
from tests.fakes.wechat_api import PICTURE

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SEND = "/cgi-bin/message/custom/send"
TOKEN = "/cgi-bin/stable_token"


async def send_error(client) -> WechatError:
    with pytest.raises(WechatError) as raised:
        await client.send_text("oLan", "路灯修好了")
    return raised.value


async def test_send_text_carries_characters_as_they_are(client, api):
    await client.send_text("oLan", "路灯修好了👍")

    assert api.sent == [("oLan", "路灯修好了👍")]
    assert "路灯修好了👍".encode() in api.to(SEND)[0].body


async def test_send_text_is_cut_and_disarmed(client, api):
    await client.send_text("oLan", '<a href="http://evil.example">' + "灯" * 900)

    text = api.sent[0][1]
    assert text.startswith("＜a href")
    assert len(text.encode()) <= 2_048


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_renewed_once(client, api, code):
    await client.send_text("oLan", "一")
    api.stale()
    api.misbehave(SEND, code)

    await client.send_text("oLan", "二")

    assert api.sent == [("oLan", "一"), ("oLan", "二")]
    assert [call.document()["force_refresh"] for call in api.to(TOKEN)] == [False, False]


async def test_a_token_refused_for_ever_ends_after_one_renewal(client, api):
    api.misbehave(SEND, *[40001] * 50)

    error = await send_error(client)

    assert (error.code, error.permanent) == (40001, False)
    assert len(api.to(SEND)) == 2
    assert len(api.to(TOKEN)) <= 3


@pytest.mark.parametrize("way", [-1, 45011, "500", "502"])
async def test_a_busy_platform_is_asked_again(client, api, way):
    api.misbehave(SEND, way, way)

    await client.send_text("oLan", "好")

    assert api.sent == [("oLan", "好")]
    assert len(api.to(SEND)) == 3


@pytest.mark.parametrize("way", [-1, 45011, "500"])
async def test_a_platform_that_stays_busy_is_left_to_the_outbox(client, api, way):
    api.misbehave(SEND, *[way] * 10)

    error = await send_error(client)

    assert error.permanent is False
    assert len(api.to(SEND)) == 3


@pytest.mark.parametrize("way", ["broken", "list", "404", "redirect", "hang up"])
async def test_nonsense_is_left_to_the_outbox_and_not_repeated(client, api, way):
    api.misbehave(SEND, way)

    error = await send_error(client)

    assert (error.permanent, error.code) == (False, None)
    assert len(api.to(SEND)) == 1


async def test_a_slow_platform_is_given_up(house, account, api):
    async with open_client(house, account) as client:
        client._seconds_max = 0.3
        await client.send_text("oBo", "好")
        api.misbehave(SEND, "slow")

        error = await send_error(client)

    assert "超时" in str(error)
    assert error.permanent is False


async def test_nobody_there_is_left_to_the_outbox(house, account):
    gone = account.model_copy(update={"api_base": "http://127.0.0.1:9"})
    async with open_client(house, gone) as client:
        error = await send_error(client)

    assert "连不上" in str(error)
    assert error.permanent is False


@pytest.mark.parametrize("code", [45015, 45047, 43101, 43004, 40003, 45002, 48002])
async def test_what_cannot_arrive_is_permanent(client, api, code):
    api.misbehave(SEND, code)

    error = await send_error(client)

    assert (error.code, error.permanent) == (code, True)
    assert len(api.to(SEND)) == 1
    await client.send_text("oBo", "好")  # it is about that person, not about the interface
    assert api.sent == [("oBo", "好")]


async def test_the_days_quota_closes_that_interface_until_midnight_in_china(client, api, clock):
    api.misbehave(SEND, 45009)

    error = await send_error(client)  # 10:00 in China

    assert error.permanent is False
    assert error.wait_seconds == 14 * 3600
    again = await send_error(client)
    assert again.wait_seconds == 14 * 3600
    assert len(api.to(SEND)) == 1
    await client.create_qrcode("XFL-3")  # another interface goes on

    clock.forward(hours=14)
    await client.send_text("oLan", "好")
    assert api.sent == [("oLan", "好")]


@pytest.mark.parametrize("code", [48001, 48004])
async def test_a_missing_right_closes_that_interface(client, api, clock, caplog, code):
    api.misbehave(SEND, code)

    with caplog.at_level(logging.ERROR):
        first = await send_error(client)
    second = await send_error(client)

    assert (first.permanent, second.permanent) == (True, True)
    assert len(api.to(SEND)) == 1
    assert [str(code) in record.getMessage() for record in caplog.records] == [True]
    clock.forward(hours=1)
    await client.send_text("oLan", "好")
    assert api.sent == [("oLan", "好")]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"app_id": "wx0"}, "AppID"),
        ({"secret": "wrong"}, "AppSecret"),
        ({"secret": ""}, "AppSecret"),
    ],
)
async def test_a_wrong_set_up_is_said_in_words(house, account, changes, word):
    wrong = WechatAccount(**(account.model_dump() | changes))
    async with open_client(house, wrong) as client:
        with pytest.raises(WechatError, match=word) as raised:
            await client.check()

    assert raised.value.permanent is False


async def test_media_come_and_go(client, api):
    assert await client.get_media("pic-9x_Zk2J7") == PICTURE
    media_id = await client.upload_media(
        "image", b"\x89PNG-content", filename="notice.png", content_type="image/png"
    )

    assert media_id == "uploaded-1"
    body = api.to("/cgi-bin/media/upload")[0].body
    assert b'name="media"; filename="notice.png"' in body
    assert b"\x89PNG-content" in body


async def test_an_upload_can_be_repeated(client, api):
    api.misbehave("/cgi-bin/media/upload", -1)

    await client.upload_media("image", b"PNG", filename="a.png", content_type="image/png")

    assert [b"PNG" in call.body for call in api.to("/cgi-bin/media/upload")] == [True, True]


async def test_missing_media_are_permanent(client):
    with pytest.raises(WechatError) as raised:
        await client.get_media("gone")

    assert (raised.value.code, raised.value.permanent) == (40007, True)


async def test_media_beyond_the_limit_are_given_up(client, api):
    api.media["exact"] = b"\xff\xd8\xff" + bytes(MEDIA_BYTES_MAX - 3)
    api.media["more"] = b"\xff\xd8\xff" + bytes(MEDIA_BYTES_MAX - 2)

    assert len(await client.get_media("exact")) == MEDIA_BYTES_MAX
    with pytest.raises(WechatError, match="太长") as raised:
        await client.get_media("more")
    assert raised.value.permanent is True


async def test_an_endless_answer_is_given_up(client, api):
    api.misbehave(SEND, "huge")

    with pytest.raises(WechatError, match="太长"):
        await client.send_text("oLan", "好")


async def test_menu_is_sent_as_characters(client, api):
    menu = menu_of("https://sq.example.org")

    await client.create_menu(menu)

    body = api.to("/cgi-bin/menu/create")[0].body
    assert json.loads(body) == menu
    assert "我的事".encode() in body


async def test_qrcodes_for_ever_and_for_days(client, api):
    assert await client.create_qrcode("XFL-3") == QrCode(
        "gQH47joAAAA", "http://weixin.qq.com/q/kZgfwMTm72WWPkov", 0
    )
    assert (await client.create_qrcode("bind-1", days=30)).seconds == 30 * 24 * 3600

    names = [c.document()["action_name"] for c in api.to("/cgi-bin/qrcode/create")]
    assert names == ["QR_LIMIT_STR_SCENE", "QR_STR_SCENE"]


BAD_WAYS = (40001, 45009, 45015, 48001, -1, "500", "broken", "redirect", "hang up", "list")


async def test_neither_token_nor_secret_is_logged_or_said(client, api, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for way in BAD_WAYS:
        api.misbehave(SEND, *[way] * 3)
        said.append(repr(await send_error(client)))
        client._closed.clear()
        api._bad_days.clear()
    tokens = {call.query.get("access_token") for call in api.calls} - {None}

    # The fake's own access log is not ours.
    ours = [r.getMessage() + str(r.exc_text) for r in caplog.records if r.name != "aiohttp.access"]
    everything = "\n".join(said + ours)
    assert tokens
    assert ours
    assert not [word for word in tokens | {api.secret, "oLan"} if word in everything]
