"""The wire of an official account: signatures, encryption, XML in and out.

Written for speed with lxml and cryptography, and held to the behaviour of wechatpy by the tests.
Everything hostile or broken ends in WireRefused and nothing else.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree

from core.errors import Refusal
from core.settings import WireMode

# A text message is under 3 KB, in compatible mode three times that.
BODY_BYTES_MAX = 64 * 1024
FIELDS_MAX = 64
REPLY_BYTES_MAX = 2_048
SALT_BYTES = 16
LENGTH_BYTES = 4
PAD_BYTES = 32
AES_BLOCK_BYTES = 16

# The only fields in which the platform puts other tags; what stands in them is not ours to use.
NESTED = frozenset(
    {
        "ScanCodeInfo",
        "SendPicsInfo",
        "SendLocationInfo",
        "SubscribeMsgPopupEvent",
        "SubscribeMsgChangeEvent",
        "SubscribeMsgSentEvent",
        "PublishEventInfo",
        "CopyrightCheckResult",
        "ArticleUrlResult",
    }
)

# A document type could only stand before the root: nothing but the root may come first.
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*\?>\s*)?<xml[\s>]")
# What XML cannot carry, what terminals obey, and what turns the direction of writing around.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINK = re.compile(r"https?://[!-~]+")
# WeChat shows <a href=…> in a text as a link: whoever is quoted could lead others anywhere.
_ANCHOR = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)
_HALF_CHARACTER = "\u200d\ufe0f"


class WireRefused(Refusal):
    """A request that did not come from the platform (403) or that nobody can read (400)."""

    code = "wire_refused"
    text = "{reason}"

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason=reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Letter:
    """A request that was checked and opened: its fields, and whether it came encrypted."""

    fields: Mapping[str, str]
    is_sealed: bool


class Codec:
    """Opens requests to one official account and writes the replies; holds its keys."""

    def __init__(
        self,
        *,
        token: str,
        app_id: str,
        aes_key: str = "",
        mode: WireMode = WireMode.COMPATIBLE,
    ) -> None:
        self._token = token
        self._app_id = app_id.encode()
        self._is_secure = mode is WireMode.SECURE
        self._cipher: Cipher[CBC] | None = None
        if aes_key and mode is not WireMode.PLAIN:
            key = base64.b64decode(aes_key + "=")
            self._cipher = Cipher(AES(key), CBC(key[:AES_BLOCK_BYTES]))

    def check_signature(self, query: Mapping[str, str]) -> None:
        """Return if `signature` proves that timestamp and nonce come from the platform."""
        expected = sign(self._token, query.get("timestamp", ""), query.get("nonce", ""))
        _check_same(query.get("signature", ""), expected)

    def open(self, query: Mapping[str, str], body: bytes) -> Letter:
        """The request's fields; plain, compatible and secure mode are told apart by the query.

        In compatible mode the encrypted part counts, unless the account has no key. In secure
        mode whoever knows the token alone says nothing: plain requests are refused.
        """
        claims_sealed = query.get("encrypt_type") == "aes" or "msg_signature" in query
        if self._is_secure and not claims_sealed:
            raise WireRefused("这个公众号是安全模式，不收明文消息", 403)
        if "signature" in query or not claims_sealed:
            self.check_signature(query)
        outer = parse(body)
        if not claims_sealed:
            return Letter(outer, is_sealed=False)
        if self._cipher is None:
            if "signature" not in query or "MsgType" not in outer:
                raise WireRefused("收到加密消息，但这个公众号没有设置消息加解密密钥")
            return Letter(outer, is_sealed=False)
        encrypted = outer.get("Encrypt", "")
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        expected = sign(self._token, timestamp, nonce, encrypted)
        _check_same(query.get("msg_signature", ""), expected)
        return Letter(parse(self.decrypt(encrypted)), is_sealed=True)

    def reply(self, letter: Letter, text: str, *, timestamp: int) -> bytes:
        """The XML that answers the letter with this text, encrypted if the letter was."""
        fields = letter.fields
        plain = (
            f"<xml><ToUserName>{cdata(fields.get('FromUserName', ''))}</ToUserName>"
            f"<FromUserName>{cdata(fields.get('ToUserName', ''))}</FromUserName>"
            f"<CreateTime>{timestamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content>{cdata(fit(disarm(text), REPLY_BYTES_MAX))}</Content></xml>"
        ).encode()
        if not letter.is_sealed:
            return plain
        return self.envelope(plain, timestamp=str(timestamp), nonce=os.urandom(8).hex())

    def envelope(self, plain: bytes, *, timestamp: str, nonce: str) -> bytes:
        """The XML around an encrypted reply."""
        encrypted = self.encrypt(plain)
        signature = sign(self._token, timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        ).encode()

    def encrypt(self, plain: bytes, salt: bytes = b"") -> str:
        """Base64 of AES-256-CBC over salt, length, text and app id, padded to 32 bytes."""
        assert self._cipher is not None, "the account has no key"
        salt = salt or os.urandom(SALT_BYTES)
        content = salt + len(plain).to_bytes(LENGTH_BYTES, "big") + plain + self._app_id
        pad = PAD_BYTES - len(content) % PAD_BYTES
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(content + bytes((pad,)) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted: str) -> bytes:
        """What encrypt() was given; refused when broken, or made for another app."""
        assert self._cipher is not None, "the account has no key"
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise WireRefused("密文不是 Base64") from error
        if not sealed or len(sealed) % AES_BLOCK_BYTES:
            raise WireRefused("密文长度不对")
        decryptor = self._cipher.decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        pad = padded[-1]
        if not 1 <= pad <= PAD_BYTES or padded[-pad:] != bytes((pad,)) * pad:
            raise WireRefused("密文的填充不对")
        content = padded[SALT_BYTES:-pad]
        end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "big")
        if len(content) < LENGTH_BYTES or end > len(content):
            raise WireRefused("密文里的长度不对")
        if not hmac.compare_digest(content[end:], self._app_id):
            raise WireRefused("消息是发给另一个公众号的", 403)
        return content[LENGTH_BYTES:end]


def sign(*parts: str) -> str:
    """The platform's signature: SHA-1 in hex over the sorted parts."""
    # surrogatepass: a query may hold half a character, which must be refused, not crash.
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest()


def parse(body: bytes) -> dict[str, str]:
    """The fields of a flat <xml> document, without the space around them.

    Refused: more than BODY_BYTES_MAX, anything but UTF-8, a document type, tags within tags (save
    the few that the platform nests, which read as empty), the same field twice.
    """
    if len(body) > BODY_BYTES_MAX:
        raise WireRefused("消息太长", 413)
    if _BEGINNING.match(body) is None:
        raise WireRefused("消息不是预期的 XML")
    try:
        body.decode()
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
        raise WireRefused("消息不是正确的 XML") from error
    fields: dict[str, str] = {}
    for element in root:
        name = element.tag
        if not isinstance(name, str) or (len(element) and name not in NESTED):
            raise WireRefused("消息里的标签嵌套不对")
        if name in fields or len(fields) == FIELDS_MAX:
            raise WireRefused("消息里有重复或过多的字段")
        fields[name] = "" if len(element) else (element.text or "").strip()
    return fields


# The encoding is ours to say: a document that declares another one is read as UTF-8 all the same.
_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


def cdata(text: str) -> str:
    """The text as character data that it cannot break out of."""
    clean = _UNPRINTABLE.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"


def disarm(text: str) -> str:
    """The text with no <a> tag left for WeChat to make a link of."""
    return _ANCHOR.sub("＜", text)


def fit(text: str, bytes_max: int) -> str:
    """The text if it is short enough in UTF-8, else its beginning, "…" and its last link."""
    raw = text.encode("utf-8", "ignore")
    if len(raw) <= bytes_max:
        return text
    links = _LINK.findall(text)
    tail = "…"
    if links and len(links[-1]) + len("…\n".encode()) < bytes_max:
        tail = f"…\n{links[-1]}"
    head = raw[: bytes_max - len(tail.encode())].decode("utf-8", "ignore")
    if len(tail) > 1:
        # A link that the cut went through would be shown twice, the first time broken.
        head = head[: _start_of_cut_link(head, text)]
    return head.rstrip(_HALF_CHARACTER) + tail


def _start_of_cut_link(head: str, text: str) -> int:
    for found in _LINK.finditer(text):
        if found.start() < len(head) < found.end():
            return found.start()
    return len(head)


def _check_same(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode()):
        raise WireRefused("签名不对", 403)
