"""The wire against wechatpy, against vectors other implementations agree on, and against malice."""

import base64
import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.parser import parse_message
from wechatpy.utils import check_signature

from bot.channels.wechat.codec import (
    BODY_BYTES_MAX,
    FIELDS_MAX,
    REPLY_BYTES_MAX,
    Codec,
    Letter,
    WireRefused,
    cdata,
    disarm,
    fit,
    parse,
    sign,
)
from tests.bot.channels.wechat.envelopes import (
    AES_KEY,
    APP_ID,
    PAYLOADS,
    TOKEN,
    codec,
    payload,
    plain_query,
    sealed,
    text_message,
)

VECTORS = json.loads((PAYLOADS / "vectors.json").read_text("utf-8"))
NOW = 1795320000
CODEC = codec()

# Everything XML 1.0 can carry, which is everything the platform can send.
xml_text = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=["Cs"],
        exclude_characters="".join(map(chr, {*range(32), 0xFFFE, 0xFFFF} - {9, 10})),
    )
)
words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)


def wechatpy_crypto():
    return WeChatCrypto(TOKEN, AES_KEY, APP_ID)


def named(vector):
    return vector.get("name") or vector.get("source")


@pytest.mark.parametrize("vector", VECTORS["url_signature"], ids=lambda v: v["token"])
def test_signature_of_vectors(vector):
    signature = sign(vector["token"], vector["timestamp"], vector["nonce"])

    assert signature == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS["encrypted"], ids=named)
def test_codec_agrees_with_six_implementations(vector):
    mine = Codec(token=vector["token"], app_id=vector["id"], aes_key=vector["aes"])
    plain, encrypted = vector["message"].encode(), vector["encrypt"]

    assert mine.encrypt(plain, vector["random"].encode()) == encrypted
    assert mine.decrypt(encrypted) == plain
    signature = sign(vector["token"], vector["timestamp"], vector["nonce"], encrypted)
    assert signature == vector["msg_signature"]


@pytest.mark.parametrize("sample", VECTORS["official_samples"], ids=named)
def test_codec_opens_official_samples(sample):
    mine = Codec(token=sample["token"], app_id=sample["receiveid"], aes_key=sample["aes"])
    encrypted = sample.get("encrypt") or sample["echostr"]

    assert mine.decrypt(encrypted).decode() == sample["plain"]
    signature = sign(sample["token"], sample["timestamp"], sample["nonce"], encrypted)
    assert signature == sample["msg_signature"]


@given(words, st.integers(0, 10**10).map(str), words)
def test_signature_agrees_with_wechatpy(token, timestamp, nonce):
    check_signature(token, sign(token, timestamp, nonce), timestamp, nonce)
    with pytest.raises(InvalidSignatureException):
        check_signature(token, sign(token, timestamp, nonce + "x"), timestamp, nonce)


@given(xml_text)
@example("]]>")
@example("y" * 26)
def test_what_wechatpy_encrypts_is_opened(text):
    envelope = wechatpy_crypto().encrypt_message(f"<xml><a>{cdata(text)}</a></xml>", "n", str(NOW))
    outer = parse(envelope.encode())
    query = {"timestamp": str(NOW), "nonce": "n", "encrypt_type": "aes"}
    query |= {"msg_signature": outer["MsgSignature"]}

    letter = CODEC.open(query, envelope.encode())

    assert letter == Letter(parse(f"<xml><a>{cdata(text)}</a></xml>".encode()), is_sealed=True)


@given(xml_text)
@example("]]></Content><MsgType><![CDATA[image]]></MsgType>")
@example("\x00\x1b[31m\u202e灯")
def test_wechatpy_reads_the_replies(text):
    query, body = sealed(text_message("x"), NOW)
    letter = CODEC.open(query, body)

    envelope = parse(CODEC.reply(letter, text, timestamp=NOW))

    opened = wechatpy_crypto().decrypt_message(
        envelope, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
    )
    reply = parse_message(opened)
    assert reply.type == "text"
    assert (reply.source, reply.target) == ("gh_1", "oLan")
    expected = f"<xml><a>{cdata(fit(disarm(text), REPLY_BYTES_MAX))}</a></xml>"
    assert (reply.content or "") == parse(expected.encode())["a"]


@given(xml_text)
def test_texts_read_as_wechatpy_reads_them(text):
    body = f"<xml><MsgType>text</MsgType><Content>{cdata(text)}</Content></xml>"

    assert parse(body.encode())["Content"] == (parse_message(body).content or "")


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.xml")), ids=lambda path: path.stem)
def test_payloads_read_as_wechatpy_reads_them(path):
    fields = parse(path.read_bytes())
    theirs = parse_message(path.read_bytes())._data

    flat = {name: value or "" for name, value in theirs.items() if not isinstance(value, dict)}
    if flat.get("Event") == "subscribe_scan":  # wechatpy's own name for following by a code
        flat |= {"Event": "subscribe", "EventKey": f"qrscene_{flat['EventKey']}"}
    assert {name: fields[name] for name in flat} == flat
    assert fields.keys() == theirs.keys()


@pytest.mark.parametrize("compatible", [False, True])
def test_open_secure_and_compatible_mode(compatible):
    query, body = sealed(payload("text"), NOW, compatible=compatible)

    letter = CODEC.open(query, body)

    assert letter == Letter(parse(payload("text")), is_sealed=True)


def test_open_plain_mode():
    assert CODEC.open(plain_query(NOW), payload("text")) == Letter(
        parse(payload("text")), is_sealed=False
    )


def test_open_compatible_mode_without_a_key_reads_the_open_fields():
    query, body = sealed(payload("text"), NOW, compatible=True)

    letter = Codec(token=TOKEN, app_id=APP_ID).open(query, body)

    assert letter.is_sealed is False
    assert letter.fields["MsgId"] == parse(payload("text"))["MsgId"]


def test_open_secure_mode_without_a_key_is_refused():
    query, body = sealed(payload("text"), NOW)

    with pytest.raises(WireRefused, match="没有设置消息加解密密钥"):
        Codec(token=TOKEN, app_id=APP_ID).open(query, body)


def without(query, name):
    return {key: value for key, value in query.items() if key != name}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda q: without(q, "signature"),
        lambda q: q | {"signature": ""},
        lambda q: q | {"signature": q["signature"][:-1] + "é"},
        lambda q: q | {"signature": q["signature"].upper()},
        lambda q: q | {"signature": "\ud800"},
        lambda q: q | {"nonce": "n2"},
        lambda q: q | {"nonce": "\ud800"},
        lambda q: q | {"timestamp": str(NOW + 1)},
    ],
)
def test_open_plain_with_a_wrong_signature_is_refused(spoil):
    with pytest.raises(WireRefused) as refused:
        CODEC.open(spoil(plain_query(NOW)), payload("text"))

    assert refused.value.status == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda q: q | {"msg_signature": q["signature"]},  # the two mixed up
        lambda q: without(q, "msg_signature"),
        lambda q: q | {"signature": q["msg_signature"]},
        lambda q: q | {"timestamp": str(NOW + 1)},
        lambda q: without(q, "signature") | {"nonce": "n2"},
    ],
)
def test_open_sealed_with_a_wrong_signature_is_refused(spoil):
    query, body = sealed(payload("text"), NOW)

    with pytest.raises(WireRefused) as refused:
        CODEC.open(spoil(query), body)

    assert refused.value.status == 403


def test_negatives_of_the_vectors_are_refused():
    vector = VECTORS["encrypted"][0]
    stranger = Codec(token=vector["token"], app_id="wx0000000000000000", aes_key=vector["aes"])

    with pytest.raises(WireRefused, match="另一个公众号"):
        stranger.decrypt(vector["encrypt"])


def raw_encrypt(content: bytes) -> str:
    encryptor = CODEC._cipher.encryptor()
    return base64.b64encode(encryptor.update(content) + encryptor.finalize()).decode()


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "A",
        "AAA=",
        "AAAA",
        "不是",
        "AA AA",
        base64.b64encode(bytes(31)).decode(),
        raw_encrypt(bytes(32)),  # padding of 0
        raw_encrypt(bytes(31) + b"\x21"),  # padding of 33
        raw_encrypt(bytes(28) + b"\x01\x02\x03\x04"),  # padding that differs
        raw_encrypt(b"\x10" * 16),  # nothing but padding
        raw_encrypt(bytes(16) + b"\x0d\x00\x00" + b"\x0d" * 13),  # no room for a length
        raw_encrypt(bytes(16) + b"\xff\xff\xff\xff" + bytes(11) + b"\x01"),  # a length beyond all
        raw_encrypt(b"\x20" * 32),
    ],
)
def test_decrypt_refuses_broken_ciphertext(encrypted):
    with pytest.raises(WireRefused):
        CODEC.decrypt(encrypted)


@given(st.binary(max_size=200), st.integers(0, 199))
def test_open_refuses_every_changed_byte(plain, place):
    raw = bytearray(base64.b64decode(CODEC.encrypt(plain)))
    raw[place % len(raw)] ^= 0x40

    query, _ = sealed(plain, NOW)
    changed = b"<xml><Encrypt>" + base64.b64encode(raw) + b"</Encrypt></xml>"

    # CBC alone lets some changes pass; the signature over the ciphertext does not.
    with pytest.raises(WireRefused, match="签名"):
        CODEC.open(query, changed)
    with contextlib.suppress(WireRefused):
        assert isinstance(CODEC.decrypt(base64.b64encode(raw).decode()), bytes)


BOMB = b"".join(
    [b'<!DOCTYPE x [<!ENTITY a0 "ha">']
    + [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    + [b"]>"]
)
HOSTILE = {
    "empty": b"",
    "space": b"  \n ",
    "words": "路灯坏了".encode(),
    "json": b'{"MsgType":"text"}',
    "null": b"<xml>\x00</xml>",
    "other root": b"<html><a>1</a></html>",
    "like the root": b"<xmlx><a>1</a></xmlx>",
    "not closed": b"<xml><a>1</a>",
    "crossed": b"<xml><a><b></a></b></xml>",
    "two roots": b"<xml><a>1</a></xml><xml><a>2</a></xml>",
    "bomb": BOMB + b"<xml><a>&a9;</a></xml>",
    "bomb after declaration": b'<?xml version="1.0"?>' + BOMB + b"<xml><a>&a9;</a></xml>",
    "bomb after comment": b"<!-- x -->" + BOMB + b"<xml><a>&a9;</a></xml>",
    "external entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><a>&e;</a></xml>',
    "external subset": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><a>1</a></xml>',
    "doctype inside": b"<xml><!DOCTYPE a><a>1</a></xml>",
    "unknown entity": b"<xml><a>&e;</a></xml>",
    "utf-16": '<?xml version="1.0" encoding="utf-16"?><xml><a>1</a></xml>'.encode("utf-16"),
    "utf-16 with doctype": ("<!DOCTYPE x>" + "<xml><a>1</a></xml>").encode("utf-16-le"),
    "gbk": '<?xml version="1.0" encoding="gbk"?><xml><a>灯</a></xml>'.encode("gbk"),
    "half a character": b"<xml><a>\xe7\x81</a></xml>",
    "surrogate": b"<xml><a>\xed\xa0\x80</a></xml>",
    "overlong": b"<xml><a>\xc0\xaf</a></xml>",
    "control character": b"<xml><a>\x1b[2J</a></xml>",
    "control reference": b"<xml><a>&#27;</a></xml>",
    "nested": b"<xml><Content>a<b>c</b></Content></xml>",
    "deep": b"<xml>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</xml>",
    "deep where nesting is known": b"<xml><ScanCodeInfo>" + b"<a>" * 5_000 + b"</a>" * 5_000
    + b"</ScanCodeInfo></xml>",
    "twice": b"<xml><MsgId>1</MsgId><MsgId>2</MsgId></xml>",
    "twice and the same": b"<xml><MsgId>1</MsgId><MsgId>1</MsgId></xml>",
    "too many": b"<xml>" + b"".join(b"<a%d/>" % n for n in range(FIELDS_MAX + 1)) + b"</xml>",
    "many empty": b"<xml>" + b"<a/>" * 10_000 + b"</xml>",
    "too long": b"<xml><a>" + b"x" * BODY_BYTES_MAX + b"</a></xml>",
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_parse_refuses_hostile_documents(body):
    with pytest.raises(WireRefused) as refused:
        parse(body)

    assert 400 <= refused.value.status < 500
    with pytest.raises(WireRefused):
        CODEC.open(*sealed(body, NOW))


def test_parse_at_its_limits():
    around = len(b"<xml><a></a></xml>")
    body = b"<xml><a>" + b"x" * (BODY_BYTES_MAX - around) + b"</a></xml>"
    many = b"<xml>" + b"".join(b"<a%d/>" % n for n in range(FIELDS_MAX)) + b"</xml>"

    assert len(body) == BODY_BYTES_MAX
    assert len(parse(body)["a"]) == BODY_BYTES_MAX - around
    assert len(parse(many)) == FIELDS_MAX


def test_parse_lets_people_write_about_markup():
    body = b"<xml><a><![CDATA[<!DOCTYPE html><!ENTITY x> &lt; <b>]]></a></xml>"

    assert parse(body) == {"a": "<!DOCTYPE html><!ENTITY x> &lt; <b>"}


@given(st.binary(max_size=400))
@example(b"<xml>")
def test_parse_any_bytes_gives_fields_or_a_refusal(noise):
    for body in (noise, b"<xml>" + noise + b"</xml>", b"<xml><a>" + noise + b"</a></xml>"):
        try:
            fields = parse(body)
        except WireRefused:
            continue
        assert all(isinstance(value, str) for value in fields.values())


@given(st.dictionaries(words, st.text(max_size=40), max_size=6), st.binary(max_size=300))
def test_open_any_request_gives_a_refusal_when_nothing_is_signed(query, body):
    with pytest.raises(WireRefused):
        CODEC.open(query, body)


@given(st.text())
@example("]]></Content><MsgType><![CDATA[image]]></MsgType><Content><![CDATA[")
@example("]" * 9 + ">")
def test_reply_cannot_be_broken_out_of(text):
    letter = Letter({"FromUserName": text, "ToUserName": "gh"}, is_sealed=False)

    fields = parse(CODEC.reply(letter, text, timestamp=NOW))

    assert fields.keys() == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}
    assert fields["MsgType"] == "text"
    assert fields["CreateTime"] == str(NOW)


def test_reply_keeps_words_and_drops_what_obeys():
    letter = Letter({"FromUserName": "oLan", "ToUserName": "gh"}, is_sealed=False)

    fields = parse(CODEC.reply(letter, "灯\x00坏\x1b[2J了\u202e]]>\n<b>", timestamp=NOW))

    assert fields["Content"] == "灯坏[2J了]]>\n<b>"


@given(st.text(max_size=60), st.integers(8, 120))
def test_fit_never_exceeds_and_never_breaks_a_character(text, limit):
    fitted = fit(text, limit)

    assert len(fitted.encode("utf-8", "ignore")) <= limit
    if fitted != text:
        assert fitted.endswith("…") or "…\nhttp" in fitted
        assert text.startswith(fitted.split("…")[0])


def test_fit_at_the_limit_and_one_beyond():
    exact = "灯" * 682 + "ab"

    assert len(exact.encode()) == REPLY_BYTES_MAX
    assert fit(exact, REPLY_BYTES_MAX) == exact
    assert fit(exact + "c", REPLY_BYTES_MAX) == "灯" * 681 + "…"


def test_fit_keeps_the_link_whole():
    link = "https://sq.example.org/l/abcdef"
    text = "灯" * 900 + "\n详情：" + link

    fitted = fit(text, REPLY_BYTES_MAX)

    assert fitted.endswith(f"灯…\n{link}")
    assert len(fitted.encode()) <= REPLY_BYTES_MAX


def test_fit_does_not_show_half_a_link_before_the_whole():
    link = "https://sq.example.org/l/abcdef"
    text = "灯" * 8 + link + "灯" * 20

    assert fit(text, 70) == "灯" * 8 + f"…\n{link}"


def test_fit_does_not_split_joined_signs():
    family = "👨\u200d👩\u200d👧"
    text = "abc" + family + "!!!"

    assert fit(text, 16) == "abc👨…"


def test_reply_leaves_no_link_but_the_address_itself():
    quoted = '您报的“<a href="https://evil.example/">点此登录</a> < A HREF=x>< /a> <about>”'

    assert disarm(quoted) == (
        '您报的“＜a href="https://evil.example/">点此登录＜/a> ＜ A HREF=x>＜ /a> <about>”'
    )
