"""The way out: words and their link as one customer-service message."""

import pytest

from bot.channels.base import Channel, TransportError
from bot.channels.wechat.transport import WechatTransport

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def transport(client) -> Channel:
    return WechatTransport(client)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("", "修好了"),
        ("https://sq.example.org/l/abc", "修好了\nhttps://sq.example.org/l/abc"),
    ],
)
async def test_send_puts_the_link_below(transport, api, link, expected):
    await transport.send("oLan", "修好了", link)

    assert api.sent == [("oLan", expected)]


async def test_send_keeps_the_link_of_long_words(transport, api):
    await transport.send("oLan", "灯" * 900, "https://sq.example.org/l/abc")

    assert api.sent[0][1].endswith("…\nhttps://sq.example.org/l/abc")


async def test_send_to_a_group_is_refused_for_good(transport, api):
    with pytest.raises(TransportError) as raised:
        await transport.send("chat:xfl-3", "修好了", "")

    assert raised.value.permanent is True
    assert api.calls == []


async def test_send_tells_the_outbox_what_is_permanent(transport, api):
    api.misbehave("/cgi-bin/message/custom/send", 45015)

    with pytest.raises(TransportError) as raised:
        await transport.send("oLan", "修好了", "")

    assert raised.value.permanent is True
