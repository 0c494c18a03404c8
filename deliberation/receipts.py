"""What a voter keeps: a short code that the public list of the log must show.

Named: the code is taken from the fingerprint of the ballot's record, so it also binds the record.
Detached: the code is drawn by lot and proves that a ballot entered, never which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from core import merkle
from core.errors import Refusal
from deliberation.ballot_log import Standing
from deliberation.ballot_records import Batch, NamedBallot, Record

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
CODE_LENGTH = 9  # 45 bits, and one check character
_READ_AS = {"I": "1", "L": "1", "O": "0"}

CHANNEL_WORDS: Mapping[str, str] = {
    "wechat": "微信",
    "wecom": "企业微信",
    "page": "网页",
    "paper": "纸质",
    "desk": "窗口",
    "phone": "电话",
    "visit": "上门",
}


class NotAReceipt(Refusal):
    code = "not_a_receipt"
    text = "回执码“{code}”抄错了，请对着原来的再看一遍。"


def _check_character(digits: Sequence[int]) -> int:
    """A weighted sum in the field of 32 elements (x^5 + x^2 + 1), weights 2, 4, 8, ...

    Distinct non-zero weights find every single wrong character and every two that were swapped,
    which no sum modulo 32 can do.
    """
    total = 0
    for digit in digits:
        total = _doubled(total ^ digit)
    return total


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def code_of_number(number: int) -> str:
    """Nine characters for a number below 2**45, and the check character."""
    digits = [number >> 5 * place & 31 for place in reversed(range(CODE_LENGTH))]
    return "".join(ALPHABET[digit] for digit in (*digits, _check_character(digits)))


def named_code(leaf: bytes) -> str:
    """The receipt of the record with this leaf hash: its first 45 bits."""
    return code_of_number(int.from_bytes(leaf[:6], "big") >> 3)


def draw_code(random: Random) -> str:
    """A receipt by lot, for a detached ballot; `random` must be a `SystemRandom` in earnest."""
    return code_of_number(random.getrandbits(5 * CODE_LENGTH))


def shown(code: str) -> str:
    """The code in groups of 3-3-4, as people read it out."""
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"


def read_code(text: str) -> str:
    """The code somebody typed: any case, I and L for 1, O for 0; NotAReceipt when mistyped."""
    typed = "".join(_READ_AS.get(sign, sign) for sign in text.upper() if sign not in "- \t")
    digits = [ALPHABET.find(sign) for sign in typed]
    if len(digits) != CODE_LENGTH + 1 or min(digits) < 0:
        raise NotAReceipt(code=text[:40])
    if _check_character(digits[:-1]) != digits[-1]:
        raise NotAReceipt(code=text[:40])
    return typed


def receipt_places(records: Iterable[Record], lines: Iterable[bytes]) -> list[tuple[str, int]]:
    """Every receipt code with the seq of the record that holds it, sorted by code: the public list.

    Two named ballots share a code once in some ten million votes; then the code stands twice.
    """
    places: list[tuple[str, int]] = []
    for seq, (record, line) in enumerate(zip(records, lines, strict=True)):
        if isinstance(record, NamedBallot):
            places.append((named_code(merkle.leaf_hash(line)), seq))
        elif isinstance(record, Batch):
            places.extend((code, seq) for code in record.receipts)
    return sorted(places)


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """What shows that the line at `seq` is in the tree of `size` lines with this root (hex)."""

    seq: int
    size: int
    leaf: str
    path: tuple[str, ...]
    root: str

    def holds(self) -> bool:
        return merkle.verify_inclusion(
            bytes.fromhex(self.leaf),
            index=self.seq,
            size=self.size,
            proof=[bytes.fromhex(sibling) for sibling in self.path],
            root=bytes.fromhex(self.root),
        )


def prove_inclusion(lines: Sequence[bytes], seq: int) -> InclusionProof:
    """The proof for one line of a log."""
    leaves = [merkle.leaf_hash(line) for line in lines]
    return InclusionProof(
        seq=seq,
        size=len(leaves),
        leaf=leaves[seq].hex(),
        path=tuple(sibling.hex() for sibling in merkle.inclusion_proof(leaves, seq)),
        root=merkle.root(leaves).hex(),
    )


def words_for_entry(standing: Standing | None, *, household: bool, handler: str = "") -> str:
    """What everybody on the roll is told after the close, voted or not (the negative receipt).

    It is the one notice that finds a ballot cast in the name of somebody who is away.
    """
    whose = "您这一户" if household else "您"
    if standing is None:
        return f"以{whose}的名义：计票 0 张，没有收到过选票。"
    counted = 1 if standing.ballot is not None and not standing.suspended else 0
    parts = [f"以{whose}的名义：计票 {counted} 张"]
    if standing.suspended:
        parts.append("有一张正在核实，只算到场")
    if standing.ballot is not None:
        parts.append(f"途径：{CHANNEL_WORDS.get(standing.channel, standing.channel)}")
    if handler:
        parts.append(f"经办人：{handler}")
    if standing.recorded > 1:
        parts.append(f"先后收到 {standing.recorded} 张")
    return "，".join(parts) + "。"


def words_for_detached(voted: bool) -> str:
    """The same for a detached vote, where only the roll knows who has voted."""
    return f"以您的名义：收到选票 {1 if voted else 0} 张。写的是什么，没有任何记录连到您。"
