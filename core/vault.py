"""Personal data at rest: encrypted to be read, hashed to be found."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Refusal
from core.signing import Signer

NONCE_BYTES = 12


class CannotUnseal(Refusal):
    code = "cannot_unseal"
    text = "这条加密资料打不开：密钥和当时用的不一样。请检查 YUNSHEQU_SECRET_KEY。"
    status = 500


class Vault:
    """Seals short texts with AES-256-GCM and finds them again by a keyed hash."""

    def __init__(self, signer: Signer) -> None:
        self._aes = AESGCM(signer.key("vault"))
        self._signer = signer

    def seal(self, text: str) -> bytes:
        """The text encrypted: 12 bytes nonce, then ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aes.encrypt(nonce, text.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        """The text again; CannotUnseal when the secret is another one."""
        try:
            return self._aes.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
        except InvalidTag as error:
            raise CannotUnseal from error

    def index(self, text: str) -> str:
        """The keyed hash under which a sealed text is found."""
        return self._signer.fingerprint("vault-index", text)
