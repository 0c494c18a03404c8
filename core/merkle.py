"""The history tree of RFC 9162, section 2.1: roots and proofs over an append-only list.

A list of n entries has one root. An inclusion proof shows that an entry stands at its place; a
consistency proof shows that an older root is a beginning of a newer one: nothing was removed,
changed or put in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), 32 bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes: a node can never pass for a leaf."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Peaks:
    """A tree while it grows: its size and the roots of its full subtrees, the largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()


def grow(peaks: Peaks, leaf: bytes) -> Peaks:
    """The tree with one more leaf hash at its end; costs O(log n)."""
    hashes = list(peaks.hashes)
    size = peaks.size
    while size & 1:
        leaf = node_hash(hashes.pop(), leaf)
        size >>= 1
    return Peaks(peaks.size + 1, (*hashes, leaf))


def peaks_root(peaks: Peaks) -> bytes:
    """The root of the tree as it stands."""
    if not peaks.hashes:
        return EMPTY_ROOT
    *rest, root = peaks.hashes
    for left in reversed(rest):
        root = node_hash(left, root)
    return root


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in order."""
    peaks = Peaks()
    for leaf in leaves:
        peaks = grow(peaks, leaf)
    return peaks_root(peaks)


def _split(size: int) -> int:
    """The largest power of two smaller than size (size >= 2)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The sibling hashes from leaf `index` up to the root (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The hashes that lead from the tree of the first `old_size` leaves to the tree of all.

    RFC 9162, 2.1.4.1. Empty when the sizes are equal or the old tree is empty: the first needs no
    proof, and any tree continues the empty one.
    """
    if not 0 <= old_size <= len(leaves):
        raise IndexError("the old tree is larger than the new one")
    if old_size == 0:
        return ()
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    # The old root itself is known to the checker; a subtree further right is not.
    if start:
        path.append(root(leaves[start:end]))
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof shows leaf hash `leaf` at `index` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last = index, size - 1
    reached = leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(sibling, reached)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            reached = node_hash(reached, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and reached == root


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows the old tree to be a beginning of the new (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == 0 and old_root != EMPTY_ROOT:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof
    # An old tree of 2**k leaves is itself a node of the new one, so the proof does not repeat it.
    path = [*proof] if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == new_root
