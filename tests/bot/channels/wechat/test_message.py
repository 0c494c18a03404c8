"""From the platform's kinds of message to ours, with real payloads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat.codec import WireRefused, parse
from bot.channels.wechat.message import TEXT_LENGTH_MAX, to_incoming
from bot.messages import Incoming, Kind, Media
from tests.bot.channels.wechat.envelopes import payload

LAN = "oia2TjuEGTNoeX76QEjQNrcURxG8"
AT = 1795320000


def read(name, **changes):
    fields = parse(payload(name)) | changes
    return to_incoming(fields, channel="wechat:main", community="XFL")


def incoming(message_id, text="", **rest):
    return Incoming(
        channel="wechat:main",
        message_id=message_id,
        sender=LAN,
        text=text,
        community="XFL",
        received_at=float(AT),
        **rest,
    )


MESSAGES = {
    "text": incoming("24508910346217002", "3栋2单元楼道灯坏了，晚上老人上下楼很危险"),
    "text_script": incoming("24508910346217003", '<script>alert(1)</script> & "东门" ]]> 的灯坏了'),
    "text_sticker": incoming("24508910346217004", kind=Kind.UNKNOWN),
    "image": incoming(
        "24508910346217005",
        kind=Kind.IMAGE,
        media=(Media("image/jpeg", reference="pic-9x_Zk2J7"),),
    ),
    "voice_recognised": incoming(
        "24508910346217006",
        "3栋2单元的电梯坏了，请派人来修。",
        kind=Kind.VOICE,
        media=(Media("audio/amr", reference="voice-Wm31"),),
    ),
    "voice": incoming(
        "24508910346217007",
        kind=Kind.VOICE,
        media=(Media("audio/speex", reference="voice-Wm32"),),
    ),
    "video": incoming("24508910346217008", kind=Kind.UNKNOWN),
    "location": incoming(
        "24508910346217009",
        "江苏省南京市栖霞区幸福里东门",
        kind=Kind.LOCATION,
        location=(32.10895, 118.909245),
    ),
    "link": incoming(
        "24508910346217010",
        "停水通知\n明天九点到十二点\nhttps://example.org/notice?id=7&from=chat",
        kind=Kind.LINK,
    ),
    "file": incoming("24508910346217011", kind=Kind.UNKNOWN),
    "event_subscribe": incoming(f"{LAN}:{AT}:subscribe:", kind=Kind.FOLLOW),
    "event_subscribe_scene": incoming(
        f"{LAN}:{AT}:subscribe:qrscene_XFL-3", kind=Kind.SCAN, scene="XFL-3"
    ),
    "event_scan": incoming(f"{LAN}:{AT}:scan:XFL-3", kind=Kind.SCAN, scene="XFL-3"),
    "event_click": incoming(f"{LAN}:{AT}:click:my_cases", kind=Kind.CLICK, scene="my_cases"),
    "event_scancode": incoming(
        f"{LAN}:{AT}:scancode_waitmsg:meter", kind=Kind.UNKNOWN, scene="meter"
    ),
    # Nobody waits for an answer to these.
    "event_unsubscribe": None,
    "event_view": None,
    "event_location": None,
    "event_template_done": None,
    "event_photos": None,
    "event_consent": None,
}


@pytest.mark.parametrize(("name", "expected"), MESSAGES.items(), ids=MESSAGES.keys())
def test_every_kind(name, expected):
    assert read(name) == expected


def test_a_message_without_id_is_known_by_sender_and_time():
    fields = parse(payload("text"))
    del fields["MsgId"]

    found = to_incoming(fields, channel="wechat:main", community="")

    assert found.message_id == f"{LAN}:{AT}:text"


def test_long_event_keys_are_shortened_but_stay_different():
    first, second = (read("event_click", EventKey="k" * 500 + end).message_id for end in "ab")

    assert first != second
    assert len(first) == len(second) <= 140


@pytest.mark.parametrize(
    "changes",
    [
        {"FromUserName": ""},
        {"FromUserName": "o" * 65},
        {"FromUserName": "o Lan"},
        {"FromUserName": "兰"},
        {"CreateTime": ""},
        {"CreateTime": "-1"},
        {"CreateTime": "1.5"},
        {"CreateTime": "１７９５"},
        {"CreateTime": "9" * 21},
        {"MsgType": ""},
        {"MsgId": ""},
        {"MsgId": "1; DROP TABLE"},
        {"MsgId": "1" * 21},
    ],
)
def test_broken_messages_are_refused(changes):
    with pytest.raises(WireRefused) as refused:
        read("text", **changes)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"Location_X": "north"},
        {"Location_X": ""},
        {"Location_X": "90.1"},
        {"Location_Y": "-180.1"},
        {"Location_Y": "nan"},
        {"Location_Y": "inf"},
    ],
)
def test_impossible_places_are_refused(changes):
    with pytest.raises(WireRefused):
        read("location", **changes)


@pytest.mark.parametrize("event", ["", "e" * 65])
def test_nameless_events_are_refused(event):
    with pytest.raises(WireRefused):
        read("event_click", Event=event)


def test_texts_beyond_the_limit_are_cut():
    exact = "灯" * TEXT_LENGTH_MAX

    assert read("text", Content=exact).text == exact
    assert read("text", Content=exact + "灯").text == "灯" * (TEXT_LENGTH_MAX - 1) + "…"


def test_picture_without_media_id_has_nothing_to_fetch():
    found = read("image", MediaId="", PicUrl="http://169.254.169.254/latest")

    assert found.media == ()


names = st.sampled_from(
    ["MsgType", "Event", "EventKey", "Content", "MsgId", "MediaId", "Location_X", "Recognition"]
)


@given(st.dictionaries(names, st.text(max_size=50)), st.sampled_from(sorted(MESSAGES)))
def test_any_fields_give_a_message_or_a_refusal(changes, name):
    try:
        found = read(name, **changes)
    except WireRefused:
        return
    assert found is None or (found.sender == LAN and len(found.message_id) <= 140)
