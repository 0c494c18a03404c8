"""Signed words: links, cookies and hooks that nobody else can make."""

import hashlib
import hmac
import json
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData

from core.errors import Refusal


class LinkExpired(Refusal):
    code = "link_expired"
    text = "这个链接已经过期，请回到聊天里重新取一个。"
    status = 410


class LinkForged(Refusal):
    code = "link_forged"
    text = "这个链接不完整或不是我们发出的，请回到聊天里重新点开。"
    status = 400


# An encoder made once costs a fraction of one made for every value.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Signer:
    """Everything that is derived from the installation's one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._signers: dict[str, TimestampSigner] = {}

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose, unrelated to those of any other (HKDF-SHA256, RFC 5869)."""
        kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode())
        return kdf.derive(self._secret)

    def sign(self, purpose: str, value: object) -> str:
        """A URL-safe token that carries value (JSON) and the time of signing."""
        return self._signer(purpose).sign(base64_encode(_JSON(value))).decode()

    def open(self, purpose: str, token: str, *, seconds_max: int) -> object:
        """What was signed; LinkExpired when older than seconds_max, LinkForged when not ours."""
        try:
            words = self._signer(purpose).unsign(token.encode(), max_age=seconds_max)
            value: object = json.loads(base64_decode(words))
        except SignatureExpired as error:
            raise LinkExpired from error
        except (BadSignature, BadData, ValueError) as error:
            raise LinkForged from error
        return value

    def fingerprint(self, purpose: str, text: str) -> str:
        """A keyed hash in hex: the same for the same text, unguessable without the secret."""
        return hmac.new(self.key(purpose), text.encode(), hashlib.sha256).hexdigest()

    def _signer(self, purpose: str) -> TimestampSigner:
        # Deriving a key costs more than signing with it.
        signer = self._signers.get(purpose)
        if signer is None:
            signer = self._signers[purpose] = TimestampSigner(
                self.key(f"sign:{purpose}"), digest_method=hashlib.sha256, key_derivation="none"
            )
        return signer


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def new_token() -> str:
    """43 URL-safe characters that nobody can guess."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """How a secret token is kept: its SHA-256 in hex (a random token needs no slow hash)."""
    return hashlib.sha256(token.encode()).hexdigest()
