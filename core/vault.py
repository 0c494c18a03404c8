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
        return self.seal_bytes(text.encode())

    def unseal(self, sealed: bytes) -> str:
        """The text again; CannotUnseal when the secret is another one."""
        return self.unseal_bytes(sealed).decode()

    def seal_bytes(self, content: bytes) -> bytes:
        """A whole file encrypted in the same way."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aes.encrypt(nonce, content, None)

    def unseal_bytes(self, sealed: bytes) -> bytes:
        """The file again; CannotUnseal when the secret is another one."""
        try:
            return self._aes.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except InvalidTag as error:
            raise CannotUnseal from error

    def index(self, text: str) -> str:
        """The keyed hash under which a sealed text is found."""
        return self._signer.fingerprint("vault-index", text)
