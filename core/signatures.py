"""Ed25519 signatures over canonical JSON: signed heads of logs that strangers can check."""

from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.canonical import Json, canonical


def private_key(seed: bytes) -> Ed25519PrivateKey:
    """The signing key of a 32-byte secret (RFC 8032, 5.1.5)."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key(key: Ed25519PrivateKey) -> str:
    """The public half as 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()


def signed(body: Mapping[str, Json], key: Ed25519PrivateKey) -> dict[str, Json]:
    """The body with `key` (public, hex) and `signature` (hex) over all the rest added."""
    whole = {**body, "key": public_key(key)}
    return {**whole, "signature": key.sign(canonical(whole)).hex()}


def signature_holds(document: Mapping[str, Json]) -> bool:
    """Whether `signature` is that of `key` over the rest; who owns the key is not asked here."""
    body = {name: value for name, value in document.items() if name != "signature"}
    key, signature = body.get("key"), document.get("signature")
    if not isinstance(key, str) or not isinstance(signature, str):
        return False
    try:
        holder = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        holder.verify(bytes.fromhex(signature), canonical(body))
    except (ValueError, InvalidSignature):
        return False
    return True


def fingerprint(document: Mapping[str, Json]) -> str:
    """SHA-256 of the canonical document, in hex: how the next one names it."""
    return sha256(canonical(document)).hexdigest()
