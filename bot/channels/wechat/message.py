"""What the fields of a letter say: from the platform's kinds of message to ours."""

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.channels.wechat.codec import WireRefused
from bot.messages import Incoming, Kind, Media

Fields = Mapping[str, str]

SENDER_LENGTH_MAX = 64
EVENT_LENGTH_MAX = 64
# Beyond what a phone lets people write; reading more would hold up everybody else.
TEXT_LENGTH_MAX = 4_000
NAMED_LENGTH_MAX = 48  # longer ones are known by their hash
SCENE_PREFIX = "qrscene_"
# What the platform writes in place of stickers and the like, which it does not hand on.
NOT_HANDED_ON = "【收到不支持的消息类型，暂无法显示】"

_SENDER = re.compile(rf"[!-~]{{1,{SENDER_LENGTH_MAX}}}")
_DIGITS = re.compile(r"[0-9]{1,20}")


def to_incoming(fields: Fields, *, channel: str, community: str) -> Incoming | None:
    """The message for the house; None for an event that nobody waits for an answer to.

    Refused (WireRefused) when a field that every message has is missing or broken.
    """
    sender = _need(_SENDER, fields, "FromUserName")
    created = _need(_DIGITS, fields, "CreateTime")
    kind = fields.get("MsgType", "").lower()
    if not kind:
        raise WireRefused("消息没有类型")
    if kind == "event":
        return _event(fields, sender, created, channel, community)
    read = _READERS.get(kind, _unknown)
    return read(
        fields,
        Incoming(
            channel=channel,
            message_id=_message_id(fields, sender, created, kind),
            sender=sender,
            text=_cut(fields.get("Content", "")) if kind == "text" else "",
            community=community,
            received_at=float(created),
        ),
    )


def _text(_fields: Fields, bare: Incoming) -> Incoming:
    if bare.text == NOT_HANDED_ON:
        return replace(bare, kind=Kind.UNKNOWN, text="")
    return bare


def _image(fields: Fields, bare: Incoming) -> Incoming:
    return replace(bare, kind=Kind.IMAGE, media=_media(fields, "image/jpeg"))


def _voice(fields: Fields, bare: Incoming) -> Incoming:
    """The recognised words are the text; empty when the account does not recognise speech."""
    sound = "audio/speex" if fields.get("Format", "").lower() == "speex" else "audio/amr"
    words = _cut(fields.get("Recognition", ""))
    return replace(bare, kind=Kind.VOICE, text=words, media=_media(fields, sound))


def _location(fields: Fields, bare: Incoming) -> Incoming:
    latitude = _degrees(fields, "Location_X", 90)
    longitude = _degrees(fields, "Location_Y", 180)
    label = _cut(fields.get("Label", ""))
    return replace(bare, kind=Kind.LOCATION, text=label, location=(latitude, longitude))


def _link(fields: Fields, bare: Incoming) -> Incoming:
    parts = (fields.get(name, "") for name in ("Title", "Description", "Url"))
    return replace(bare, kind=Kind.LINK, text=_cut("\n".join(part for part in parts if part)))


def _unknown(_fields: Fields, bare: Incoming) -> Incoming:
    return replace(bare, kind=Kind.UNKNOWN)


_READERS: Mapping[str, Callable[[Fields, Incoming], Incoming]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "location": _location,
    "link": _link,
}

# Of some thirty events these are the ones after which someone looks at the chat and waits. VIEW,
# unsubscribe and the reports on what was sent need no answer, and unsubscribe cannot have one.
_EVENT_KINDS: Mapping[str, Kind] = {
    "subscribe": Kind.FOLLOW,
    "scan": Kind.SCAN,
    "click": Kind.CLICK,
    "scancode_waitmsg": Kind.UNKNOWN,
}


def _event(
    fields: Fields, sender: str, created: str, channel: str, community: str
) -> Incoming | None:
    name = fields.get("Event", "")
    if not name or len(name) > EVENT_LENGTH_MAX:
        raise WireRefused("事件没有名字")
    kind = _EVENT_KINDS.get(name.lower())
    if kind is None:
        return None
    key = fields.get("EventKey", "")
    if kind is Kind.FOLLOW and key.startswith(SCENE_PREFIX):
        kind = Kind.SCAN  # who follows by scanning a code has scanned it all the same
    return Incoming(
        channel=channel,
        # Events have no id: sender, time, event and key together are one.
        message_id=f"{sender}:{created}:{_short(f'{name.lower()}:{key}')}",
        sender=sender,
        text="",
        kind=kind,
        scene=key.removeprefix(SCENE_PREFIX),
        community=community,
        received_at=float(created),
    )


def _message_id(fields: Fields, sender: str, created: str, kind: str) -> str:
    if "MsgId" in fields:
        return _need(_DIGITS, fields, "MsgId")
    return f"{sender}:{created}:{_short(kind)}"


def _media(fields: Fields, media_type: str) -> tuple[Media, ...]:
    reference = fields.get("MediaId", "")
    # PicUrl is an address a forger could choose: only the id is used, at the account's own API.
    return (Media(media_type, reference=reference),) if reference else ()


def _need(form: re.Pattern[str], fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if form.fullmatch(value) is None:
        raise WireRefused(f"消息的 {name} 不对")
    return value


def _degrees(fields: Fields, name: str, degrees_max: int) -> float:
    try:
        value = float(fields.get(name, ""))
    except ValueError as error:
        raise WireRefused(f"消息的 {name} 不对") from error
    if not math.isfinite(value) or abs(value) > degrees_max:
        raise WireRefused(f"消息的 {name} 不对")
    return value


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH_MAX else text[: TEXT_LENGTH_MAX - 1] + "…"


def _short(name: str) -> str:
    if len(name) <= NAMED_LENGTH_MAX:
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:NAMED_LENGTH_MAX]
