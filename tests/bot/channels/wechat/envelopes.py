"""Requests as the platform makes them: signed, and encrypted where the mode asks for it."""

from pathlib import Path
from urllib.parse import urlencode

from bot.channels.wechat.codec import Codec, sign

TOKEN = "t0ken-for-tests"
APP_ID = "wxb11529c136998cb6"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PAYLOADS = Path(__file__).resolve().parents[3] / "payloads" / "wechat"


def codec() -> Codec:
    return Codec(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.xml").read_bytes()


def text_message(content: str, *, message_id: int | str = 1, sender="oLan", created=1795320000):
    return (
        f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{created}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
        f"<MsgId>{message_id}</MsgId></xml>"
    ).encode()


def plain_query(timestamp, nonce="n1", token=TOKEN) -> dict[str, str]:
    stamp = str(timestamp)
    return {"timestamp": stamp, "nonce": nonce, "signature": sign(token, stamp, nonce)}


def sealed(body: bytes, timestamp, nonce="n1", *, compatible=False, by=None):
    """Query and body of secure mode, or of compatible mode, in which the fields stand open too."""
    by = by or codec()
    encrypted = by.encrypt(body)
    query = plain_query(timestamp, nonce) | {
        "encrypt_type": "aes",
        "msg_signature": sign(TOKEN, str(timestamp), nonce, encrypted),
    }
    fields = b"<ToUserName><![CDATA[gh_1]]></ToUserName>"
    if compatible:
        fields = body.strip().removeprefix(b"<xml>").removesuffix(b"</xml>")
    return query, b"<xml>%s<Encrypt>%s</Encrypt></xml>" % (fields, encrypted.encode())


def url(query: dict[str, str], account: str = "main") -> str:
    return f"/channels/wechat/{account}?{urlencode(query)}"
