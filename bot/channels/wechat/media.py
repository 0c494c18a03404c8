"""Pictures and sounds people send: fetched while the platform still has them, and kept."""

import asyncio
import re
from dataclasses import replace

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.errors import Remedy, WechatError
from bot.house import House
from bot.messages import Incoming, Media

# The first bytes say what a file is; what the sender calls it says nothing.
_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"\x02?#!SILK"), "audio/silk"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
)


async def fetch_media(house: House, client: WechatClient, incoming: Incoming) -> tuple[Media, ...]:
    """What came with the message, kept in house.files and with `stored` and `size` filled in.

    Asks only the account's own interface, by media id; never an address out of a message. Raises
    WechatError: permanent when there is no such file or it is no picture or sound.
    """
    return tuple([await _fetch(house, client, media) for media in incoming.media])


async def _fetch(house: House, client: WechatClient, media: Media) -> Media:
    if media.stored or not media.reference:
        return media
    content = await client.get_media(media.reference)
    found = media_type_of(content)
    if found.partition("/")[0] != media.media_type.partition("/")[0]:
        raise WechatError("收到的文件不是图片或语音", Remedy.NEVER)
    # Writing waits for the disk: not on the event loop.
    stored = await asyncio.to_thread(house.files.keep, content)
    return replace(media, media_type=found, stored=stored, size=len(content))


def media_type_of(content: bytes) -> str:
    """The media type the first bytes show; empty when they are no picture or sound we know."""
    for sign, media_type in _SIGNS:
        if sign.match(content):
            return media_type
    return ""
