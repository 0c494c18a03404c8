"""Seals over an append-only log: signed tree heads, so that history cannot be rewritten unseen.

Each community's rows form one history tree (`core.merkle`). A seal signs its size and root and
names the seal before it. Sealing costs as much as the rows that are new; the tree itself is kept
as its peaks. Pure: whoever reads rows from the database hands them over as ids and bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core import merkle
from core.canonical import Json, canonical
from core.errors import Refusal
from core.signatures import fingerprint, signature_holds, signed

FORMAT = "yunshequ-seal-1"
ZERO = "0" * 64  # stands where there is no seal before
# A minute's rows; a backlog after a long rest takes several seals.
ROWS_MAX = 50_000


class SealBroken(Refusal):
    """History is not what was sealed; `number` is the first seal that does not hold."""

    code = "seal_broken"
    text = "第 {number} 道封条对不上：{why}。"
    status = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A row to be sealed: its id and the bytes that stand for all of it (canonical JSON)."""

    id: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """The head of one community's tree after `size` rows; hashes, key and signature in hex."""

    community_id: int
    number: int
    size: int
    root: str
    previous: str
    time: str
    key: str
    signature: str

    def document(self) -> dict[str, Json]:
        """The seal as signed and published; the id as text, since JSON numbers end at 2**53."""
        return {
            "format": FORMAT,
            "community": str(self.community_id),
            "number": self.number,
            "size": self.size,
            "root": self.root,
            "previous": self.previous,
            "time": self.time,
            "key": self.key,
            "signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one round of sealing gives: the seal, the tree to go on from, each row's place."""

    seal: Seal
    peaks: merkle.Peaks
    places: tuple[tuple[int, int], ...]


def row_leaf(row: Row) -> bytes:
    """The leaf of a row: its id is bound as well as its content."""
    return merkle.leaf_hash(b"%d\n" % row.id + row.data)


def seal_rows(
    rows: Sequence[Row],
    *,
    community_id: int,
    last: Seal | None,
    peaks: merkle.Peaks,
    time: datetime,
    key: Ed25519PrivateKey,
) -> Sealed:
    """Seal rows that have no place yet: sorted by id they follow those already sealed.

    `last` and `peaks` are what the round before gave (None and `Peaks()` at first). A row that was
    committed late gets a later place; its id does not matter. `places` pairs row id and place.
    """
    assert 0 < len(rows) <= ROWS_MAX, "nothing to seal, or too much at once"
    assert peaks.size == (last.size if last else 0), "tree and last seal belong together"
    assert time.tzinfo is not None, "a time without zone cannot be checked by a stranger"
    places = []
    for row in sorted(rows, key=lambda row: row.id):
        places.append((row.id, peaks.size))
        peaks = merkle.grow(peaks, row_leaf(row))
    assert len({row_id for row_id, _ in places}) == len(places), "a row twice"
    document = signed(
        {
            "format": FORMAT,
            "community": str(community_id),
            "number": last.number + 1 if last else 0,
            "size": peaks.size,
            "root": merkle.peaks_root(peaks).hex(),
            "previous": fingerprint(last.document()) if last else ZERO,
            "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        key,
    )
    return Sealed(seal_of(document), peaks, tuple(places))


def seal_of(document: Mapping[str, Json]) -> Seal:
    """The seal that a document writes; SealBroken when it is no such document."""
    match document:
        case {
            "format": "yunshequ-seal-1",
            "community": str() as community,
            "number": int() as number,
            "size": int() as size,
            "root": str() as root,
            "previous": str() as previous,
            "time": str() as time,
            "key": str() as key,
            "signature": str() as signature,
        } if community.isascii() and community.isdigit() and len(document) == 9:
            return Seal(int(community), number, size, root, previous, time, key, signature)
        case _:
            raise SealBroken(number="?", why="不是封条")


def check_seals(
    seals: Iterable[Seal],
    rows: Iterable[Row],
    *,
    community_id: int,
    key: str,
    last: Seal | None = None,
    peaks: merkle.Peaks | None = None,
) -> merkle.Peaks:
    """Go through the seals of a community and its rows in the order of their places.

    Gives the tree at the last seal; rows beyond it are not read. `key` is the public key (hex)
    that must have signed. Start later with the `last` seal known to hold and its `peaks`.
    Raises SealBroken with the first seal that does not hold: a change lies between it and the
    one before.
    """
    grown = peaks or merkle.Peaks()
    remaining = iter(rows)
    for seal in seals:
        _check_link(seal, last, community_id=community_id, key=key)
        while grown.size < seal.size:
            row = next(remaining, None)
            if row is None:
                raise SealBroken(
                    number=seal.number, why=f"只剩 {grown.size} 行，应有 {seal.size} 行"
                )
            grown = merkle.grow(grown, row_leaf(row))
        if merkle.peaks_root(grown).hex() != seal.root:
            first = last.size if last else 0
            raise SealBroken(
                number=seal.number, why=f"第 {first} 到 {seal.size - 1} 行里有改动、增删或换序"
            )
        last = seal
    return grown


def _check_link(seal: Seal, last: Seal | None, *, community_id: int, key: str) -> None:
    number = last.number + 1 if last else 0
    if seal.number != number or seal.previous != (fingerprint(last.document()) if last else ZERO):
        raise SealBroken(number=seal.number, why="与前一道接不上，有封条被改、被拿掉或换序")
    if seal.community_id != community_id or seal.key != key:
        raise SealBroken(number=seal.number, why="是别处的封条，或换了签名的钥匙")
    if not signature_holds(seal.document()):
        raise SealBroken(number=seal.number, why="签名不对")
    if last and (seal.size <= last.size or seal.time < last.time):
        raise SealBroken(number=seal.number, why="比前一道还早，或没有封住新的行")


def export_lines(seals: Iterable[Seal], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file that the stand-alone check reads: every row in its place, each seal after its rows.

    One JSON document a line, newline included. Rows that are not sealed yet are left out.
    """
    written = 0
    remaining = iter(rows)
    for seal in seals:
        while written < seal.size:
            row = next(remaining, None)
            if row is None:
                break
            yield canonical({"id": str(row.id), "row": row.data.decode("utf-8")}) + b"\n"
            written += 1
        yield canonical({"seal": seal.document()}) + b"\n"
