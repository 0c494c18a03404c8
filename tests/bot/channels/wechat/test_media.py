"""Pictures and sounds: fetched by id from the account's own interface, and kept."""

import hashlib

import pytest

from bot.channels.wechat.errors import WechatError
from bot.channels.wechat.media import fetch_media
from bot.messages import Incoming, Kind, Media
from tests.fakes.wechat_api import PICTURE

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def picture(reference="pic-9x_Zk2J7", media_type="image/jpeg"):
    media = (Media(media_type, reference=reference),)
    return Incoming("wechat:main", "1", "oLan", "", kind=Kind.IMAGE, media=media)


async def test_a_picture_is_kept_under_its_hash(house, client):
    (media,) = await fetch_media(house, client, picture())

    name = hashlib.sha256(PICTURE).hexdigest()
    assert media == Media("image/jpeg", "pic-9x_Zk2J7", stored=name, size=len(PICTURE))
    assert house.files.path(name).read_bytes() == PICTURE


async def test_what_is_kept_is_not_fetched_again(house, client, api):
    kept = Incoming("wechat:main", "1", "oLan", "", media=(Media("image/jpeg", "p", "ab" * 32, 3),))

    assert await fetch_media(house, client, kept) == kept.media
    assert api.calls == []


async def test_a_page_that_calls_itself_a_picture_is_refused(house, client, api):
    api.media["evil"] = b"<html><script>alert(1)</script>"

    with pytest.raises(WechatError, match="不是图片或语音") as raised:
        await fetch_media(house, client, picture("evil"))

    assert raised.value.permanent is True


async def test_a_sound_is_no_picture(house, client, api):
    api.media["sound"] = b"#!AMR\n" + bytes(100)

    with pytest.raises(WechatError):
        await fetch_media(house, client, picture("sound"))
    (media,) = await fetch_media(house, client, picture("sound", "audio/speex"))
    assert media.media_type == "audio/amr"


async def test_media_ids_cannot_reach_other_addresses(house, client, api):
    api.media["../../etc?x=1&access_token=&#/"] = PICTURE

    await fetch_media(house, client, picture("../../etc?x=1&access_token=&#/"))

    assert [call.path for call in api.calls] == ["/cgi-bin/stable_token", "/cgi-bin/media/get"]
