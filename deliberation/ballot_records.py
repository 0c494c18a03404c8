"""What a ballot log holds: seals and the six kinds of records. No name, no time, no choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from core.canonical import Json, canonical

Mode = Literal["named", "detached"]
BallotState = Literal["valid", "suspended", "superseded", "void"]

SALT_BYTES = 32


# Seals -----------------------------------------------------------------------------------------


def seal_choice(option: str, salt: bytes) -> str:
    """SHA-256(0x02 || salt || choice) in hex: binds the ballot, tells nothing without the salt."""
    return _seal(b"\x02", salt, {"option": option})


def seal_entry(*, who: str, heads: int, area: int, salt: bytes) -> str:
    """The line of the roll of one voter: SHA-256(0x03 || salt || facts), area in 0.01 m2."""
    return _seal(b"\x03", salt, {"area": area, "heads": heads, "who": who})


def seal_person(entry_id: str, salt: bytes) -> str:
    """The `who` of a roll entry; only the person is given the salt that opens it."""
    return _seal(b"\x04", salt, {"entry": entry_id})


def _seal(domain: bytes, salt: bytes, facts: Mapping[str, Json]) -> str:
    assert len(salt) == SALT_BYTES, "a short salt can be guessed"
    return sha256(domain + salt + canonical(facts)).hexdigest()


# Records ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RollTotals:
    """What the roll amounts to; `sha256` is that of its sorted lines, each with a newline."""

    entries: int
    heads: int
    area: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What the vote is; `question` and `profile` are the SHA-256 of the documents voted on."""

    motion: str
    mode: Mode
    key: str
    question: str
    profile: str
    roll: RollTotals

    def body(self) -> dict[str, Json]:
        roll = {name: getattr(self.roll, name) for name in ("entries", "heads", "area", "sha256")}
        return {
            "kind": "open",
            "motion": self.motion,
            "mode": self.mode,
            "key": self.key,
            "question": self.question,
            "profile": self.profile,
            "roll": roll,
        }


@dataclass(frozen=True, slots=True)
class NamedBallot:
    """Version `version` (from 1) of the ballot of roll line `entry`; `scan` is of the paper."""

    entry: str
    version: int
    channel: str
    choice: str
    scan: str = ""

    def body(self) -> dict[str, Json]:
        body: dict[str, Json] = {
            "kind": "ballot",
            "entry": self.entry,
            "version": self.version,
            "channel": self.channel,
            "choice": self.choice,
        }
        return {**body, "scan": self.scan} if self.scan else body


@dataclass(frozen=True, slots=True)
class LateBallot:
    """A ballot that came after the close: kept, never counted."""

    entry: str
    channel: str
    choice: str

    def body(self) -> dict[str, Json]:
        return {
            "kind": "late",
            "entry": self.entry,
            "channel": self.channel,
            "choice": self.choice,
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """Detached ballots. Both lists are sorted by value, so neither tells of the other or of time.

    Salted seals and random codes in sorted order are as good as shuffled.
    """

    ballots: tuple[str, ...]
    receipts: tuple[str, ...]

    def body(self) -> dict[str, Json]:
        return {
            "kind": "batch",
            "ballots": sorted(self.ballots),
            "receipts": sorted(self.receipts),
        }


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about the named ballot at `ballot`, with the code of the reason."""

    ballot: int
    state: BallotState
    reason: str

    def body(self) -> dict[str, Json]:
        return {
            "kind": "ruling",
            "ballot": self.ballot,
            "state": self.state,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of voting; `voted` is the SHA-256 of the list of lines that voted (detached)."""

    ballots: int
    voted: str = ""

    def body(self) -> dict[str, Json]:
        body: dict[str, Json] = {"kind": "close", "ballots": self.ballots}
        return {**body, "voted": self.voted} if self.voted else body


Record: TypeAlias = Opening | NamedBallot | LateBallot | Batch | Ruling | Closing
