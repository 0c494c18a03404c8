"""One-time passwords of an authenticator (TOTP, RFC 6238): 6 digits, every 30 seconds."""

import re
from dataclasses import dataclass
from datetime import datetime

import pyotp

from core.signing import same

ISSUER = "云社区"
STEP_SECONDS = 30
DRIFT_STEPS = 1
_DIGITS = re.compile(r"\d{6}")


@dataclass(frozen=True, slots=True)
class TotpOffer:
    """A fresh secret (base 32) and the address an authenticator reads from a QR code."""

    secret: str
    uri: str


def offer_totp(login: str) -> TotpOffer:
    """What to show to somebody who wants a second factor; nothing is kept yet."""
    secret = pyotp.random_base32()
    return TotpOffer(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The number of the 30-second step the code belongs to, one step early or late allowed."""
    typed = "".join(code.split())
    if not _DIGITS.fullmatch(typed):
        return None
    step = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for near in range(step - DRIFT_STEPS, step + DRIFT_STEPS + 1):
        if same(totp.generate_otp(near), typed):
            found = near
    return found
