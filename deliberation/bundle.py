"""The public bundle of a vote: everything a stranger needs to count again, in one zip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from core.canonical import Json, canonical
from deliberation.ballot_log import write_log
from deliberation.ballot_records import Opening, Record
from deliberation.bundle_documents import (
    OpenedBallot,
    Question,
    RollLine,
    digest,
    is_weighed,
    lines_document,
    profile_document,
    question_document,
    standing_ballots,
)
from deliberation.profiles import Profile

BundleKind = Literal["recount", "notice"]

FORMAT = "yunshequ-bundle-1"
VERIFIER = Path(__file__).with_name("verify_bundle.py")
# The zip format knows no "no date"; a fixed one makes the same vote give the same bytes.
DATE = (1980, 1, 1, 0, 0, 0)

README = """这是一份表决包。任何人都可以用它把票重新计一遍，不用上网，不用安装：

    python3 verify_bundle.py 这个包.zip --root 公告栏或群里公布的树根

包里附的 verify_bundle.py 只是为了方便。信不过发包的人，就从别处取这个程序。
各文件是什么，写在 verify_bundle.py 的开头。
"""


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote that has been counted.

    `records` is the whole log from its opening, `heads` all signed heads with that of the count
    last, `tally` the published count (bytes, as signed). `openings` is by seal; ballots that do
    not count need none, and none of them is given away. `voted` belongs to detached votes.
    """

    question: Question
    profile: Profile
    roll: tuple[RollLine, ...]
    records: tuple[Record, ...]
    heads: tuple[dict[str, Json], ...]
    tally: bytes
    openings: Mapping[str, OpenedBallot]
    voted: tuple[str, ...] = ()

    @property
    def opening(self) -> Opening:
        first = self.records[0]
        assert isinstance(first, Opening), "a log begins with its opening"
        return first


def bundle_files(vote: Vote, kind: BundleKind) -> dict[str, bytes]:
    """Name and bytes of every file of the bundle.

    `recount` opens the ballots that count; `notice` shows seals and totals only, for votes whose
    weights would tell who voted how.
    """
    files = {
        "README.txt": README.encode(),
        "verify_bundle.py": VERIFIER.read_bytes(),
        "question.json": question_document(vote.question),
        "profile.json": profile_document(vote.profile),
        "roll.txt": lines_document(line.seal for line in vote.roll),
        "log.jsonl": _joined(write_log(vote.records)),
        "heads.jsonl": _joined([canonical(head) for head in vote.heads]),
        "tally.json": vote.tally,
    }
    if vote.opening.mode == "detached":
        files["voted.txt"] = lines_document(vote.voted)
    if kind == "recount":
        files["openings.jsonl"] = _openings(vote)
        if is_weighed(vote.profile):
            files["weights.jsonl"] = _weights(vote.roll)
    about: dict[str, Json] = {
        "format": FORMAT,
        "kind": kind,
        "motion": vote.opening.motion,
        "files": {name: digest(data) for name, data in files.items()},
    }
    return {"bundle.json": canonical(about), **files}


def write_bundle(file: str | Path | BinaryIO, vote: Vote, kind: BundleKind) -> None:
    """Write the bundle; the same vote always gives the same bytes."""
    with ZipFile(file, "w") as archive:
        for name, data in bundle_files(vote, kind).items():
            entry = ZipInfo(name, DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _openings(vote: Vote) -> bytes:
    """Sorted by seal, so that the file does not tell the order of casting by itself."""
    standing = standing_ballots(vote.profile, vote.roll, vote.records)
    seals = sorted(ballot.seal for ballot in standing if ballot.seal is not None)
    opened = ((vote.openings[seal].option, vote.openings[seal].salt) for seal in seals)
    return _joined(
        [canonical({"choice": {"option": option}, "salt": salt.hex()}) for option, salt in opened]
    )


def _weights(roll: Sequence[RollLine]) -> bytes:
    return _joined(
        [
            canonical(
                {"heads": line.heads, "area": line.area, "who": line.who, "salt": line.salt.hex()}
            )
            for line in sorted(roll, key=lambda line: line.seal)
        ]
    )
