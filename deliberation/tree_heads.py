"""Signed heads of a ballot log: what is posted in the group and printed on the notice board."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.canonical import Json
from core.signatures import fingerprint, signature_holds, signed
from deliberation.ballot_log import ZERO

Stage = Literal["open", "daily", "close", "tally"]
STAGE_WORDS: dict[Stage, str] = {
    "open": "开始",
    "daily": "每日",
    "close": "截止",
    "tally": "计票后",
}


def sign_head(
    before: Sequence[dict[str, Json]],
    *,
    motion: str,
    stage: Stage,
    time: datetime,
    size: int,
    root: str,
    key: Ed25519PrivateKey,
    tally_hash: str = "",
) -> dict[str, Json]:
    """The next head, chained to those before. `time` must be aware and is written in UTC.

    `tally_hash` is the SHA-256 of the published count and belongs to the stage `tally` alone.
    """
    assert time.tzinfo is not None, "a time without zone cannot be checked by a stranger"
    assert bool(tally_hash) == (stage == "tally")
    body: dict[str, Json] = {
        "motion": motion,
        "number": len(before),
        "previous": fingerprint(before[-1]) if before else ZERO,
        "stage": stage,
        "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "size": size,
        "root": root,
    }
    return signed({**body, "tally": tally_hash} if tally_hash else body, key)


def heads_hold(heads: Sequence[dict[str, Json]]) -> bool:
    """Whether the heads are chained without a gap and every signature is that of its key."""
    previous = ZERO
    for number, head in enumerate(heads):
        if (head.get("number"), head.get("previous")) != (number, previous):
            return False
        if not signature_holds(head):
            return False
        previous = fingerprint(head)
    return True


def spoken_root(root: str) -> str:
    """The root as eight groups of eight digits, as it is posted and printed."""
    return " ".join(root[start : start + 8] for start in range(0, len(root), 8))
