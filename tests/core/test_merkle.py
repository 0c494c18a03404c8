"""The tree against two independent ones, and every proof against every way to bend it."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle import verify_consistency as their_consistency
from pymerkle import verify_inclusion as their_inclusion

from core import merkle

ENTRIES = [b"%d" % number for number in range(70)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(index: int, entries: list[bytes]) -> list[bytes]:
    """RFC 9162, 2.1.3.1, word for word."""
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if index < k:
        return [*naive_path(index, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(index - k, entries[k:]), naive_root(entries[:k])]


def naive_subproof(old: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """RFC 9162, 2.1.4.1, word for word."""
    if old == len(entries):
        return [] if whole else [naive_root(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if old <= k:
        return [*naive_subproof(old, entries[:k], whole), naive_root(entries[k:])]
    return [*naive_subproof(old - k, entries[k:], False), naive_root(entries[:k])]


def their_tree(size: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in ENTRIES[:size]:
        tree.append_entry(entry)
    return tree


def test_root_of_the_published_vectors():
    # Roots of the eight entries that certificate transparency logs use as their test.
    entries = [
        bytes.fromhex(text)
        for text in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    leaves = [merkle.leaf_hash(entry) for entry in entries]

    assert merkle.root(leaves[:1]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert merkle.root(leaves).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@pytest.mark.parametrize("size", range(65))
def test_root_equals_the_recursive_definition_and_pymerkle(size):
    mine = merkle.root(LEAVES[:size])

    assert mine == naive_root(ENTRIES[:size])
    if size:
        assert mine == their_tree(size).get_root()


def test_empty_root_is_the_hash_of_nothing():
    assert merkle.root([]) == merkle.EMPTY_ROOT == merkle.peaks_root(merkle.Peaks())


@pytest.mark.parametrize("size", range(1, 34))
def test_inclusion_proofs_equal_the_definition_and_convince_pymerkle(size):
    tree = their_tree(size)
    for index in range(size):
        proof = merkle.inclusion_proof(LEAVES[:size], index)

        assert list(proof) == naive_path(index, ENTRIES[:size])
        their_inclusion(LEAVES[index], tree.get_root(), tree.prove_inclusion(index + 1))
        assert merkle.verify_inclusion(
            LEAVES[index], index=index, size=size, proof=proof, root=tree.get_root()
        )


@pytest.mark.parametrize("size", range(1, 34))
def test_consistency_proofs_equal_the_definition_and_convince_pymerkle(size):
    tree = their_tree(size)
    new_root = tree.get_root()
    for old in range(1, size + 1):
        old_root = tree.get_root(old)
        proof = merkle.consistency_proof(LEAVES[:size], old)

        assert list(proof) == naive_subproof(old, ENTRIES[:size], True)
        their_consistency(old_root, new_root, tree.prove_consistency(old, size))
        assert merkle.verify_consistency(
            old_size=old, new_size=size, old_root=old_root, new_root=new_root, proof=proof
        )


@pytest.mark.parametrize("size", range(1, 20))
def test_inclusion_is_refused_when_anything_is_bent(size):
    other = merkle.leaf_hash(b"other")
    root = merkle.root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(LEAVES[:size], index)

        def holds(leaf=LEAVES[index], index=index, size=size, proof=proof, root=root):
            return merkle.verify_inclusion(leaf, index=index, size=size, proof=proof, root=root)

        assert holds()
        assert not holds(leaf=other)
        assert not holds(root=other)
        assert not holds(proof=(*proof, other))
        assert not holds(proof=(other, *proof))
        assert not any(holds(index=wrong) for wrong in range(-1, size + 2) if wrong != index)
        for place in range(len(proof)):
            assert not holds(proof=(*proof[:place], other, *proof[place + 1 :]))
            assert not holds(proof=proof[:place] + proof[place + 1 :])


@pytest.mark.parametrize("size", range(1, 20))
def test_consistency_is_refused_when_anything_is_bent(size):
    other = merkle.leaf_hash(b"other")
    new_root = merkle.root(LEAVES[:size])
    for old in range(1, size + 1):
        old_root = merkle.root(LEAVES[:old])
        proof = merkle.consistency_proof(LEAVES[:size], old)

        def holds(old=old, size=size, old_root=old_root, new_root=new_root, proof=proof):
            return merkle.verify_consistency(
                old_size=old, new_size=size, old_root=old_root, new_root=new_root, proof=proof
            )

        assert holds()
        assert not holds(old_root=other)
        assert not holds(new_root=other)
        assert not holds(old_root=other, new_root=other, proof=(other, *proof))
        assert not holds(proof=(*proof, other))
        assert not holds(proof=(other, *proof))
        for place in range(len(proof)):
            assert not holds(proof=(*proof[:place], other, *proof[place + 1 :]))
            assert not holds(proof=proof[:place] + proof[place + 1 :])
        for wrong in range(-1, size + 3):
            # The size of a tree is not part of its root, so some wrong pairs cannot be told;
            # what must hold is that the roots are those of the sizes claimed.
            if 0 < wrong <= size and merkle.root(LEAVES[:wrong]) == old_root:
                continue
            assert not (wrong > size and holds(old=wrong))


def test_consistency_with_the_empty_tree():
    root = merkle.root(LEAVES[:5])

    assert merkle.consistency_proof(LEAVES[:5], 0) == ()
    assert merkle.verify_consistency(
        old_size=0, new_size=5, old_root=merkle.EMPTY_ROOT, new_root=root, proof=()
    )
    assert not merkle.verify_consistency(
        old_size=0, new_size=5, old_root=root, new_root=root, proof=()
    )
    assert not merkle.verify_consistency(
        old_size=0, new_size=5, old_root=merkle.EMPTY_ROOT, new_root=root, proof=(root,)
    )
    assert merkle.verify_consistency(
        old_size=0, new_size=0, old_root=merkle.EMPTY_ROOT, new_root=merkle.EMPTY_ROOT, proof=()
    )
    assert not merkle.verify_consistency(
        old_size=0, new_size=0, old_root=root, new_root=root, proof=()
    )
    assert not merkle.verify_consistency(
        old_size=-1, new_size=5, old_root=root, new_root=root, proof=()
    )


def test_consistency_without_its_hashes_is_refused():
    # Six is no power of two: the first hash must come with the proof.
    assert not merkle.verify_consistency(
        old_size=6,
        new_size=9,
        old_root=merkle.root(LEAVES[:6]),
        new_root=merkle.root(LEAVES[:9]),
        proof=(),
    )


@pytest.mark.parametrize("index", [-1, 3, 4])
def test_no_proof_of_a_leaf_that_is_not_there(index):
    with pytest.raises(IndexError, match=r"^no such leaf$"):
        merkle.inclusion_proof(LEAVES[:3], index)


@pytest.mark.parametrize("old_size", [-1, 4])
def test_no_proof_from_a_larger_tree(old_size):
    with pytest.raises(IndexError, match=r"^the old tree is larger than the new one$"):
        merkle.consistency_proof(LEAVES[:3], old_size)


def test_a_node_cannot_pass_for_a_leaf():
    left, right = LEAVES[0], LEAVES[1]

    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)


@given(st.lists(st.binary(max_size=40), max_size=200), st.data())
def test_any_prefix_is_consistent_and_all_its_leaves_are_included(entries, data):
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    old = data.draw(st.integers(0, len(leaves)))
    peaks = merkle.Peaks()
    for leaf in leaves[:old]:
        peaks = merkle.grow(peaks, leaf)

    assert peaks.size == old
    assert len(peaks.hashes) == old.bit_count()
    assert merkle.peaks_root(peaks) == naive_root(entries[:old])
    assert merkle.verify_consistency(
        old_size=old,
        new_size=len(leaves),
        old_root=merkle.peaks_root(peaks),
        new_root=naive_root(entries),
        proof=merkle.consistency_proof(leaves, old),
    )
    if old:
        assert merkle.verify_inclusion(
            leaves[old - 1],
            index=old - 1,
            size=len(leaves),
            proof=merkle.inclusion_proof(leaves, old - 1),
            root=naive_root(entries),
        )


@given(
    st.lists(st.binary(max_size=8), min_size=1, max_size=40, unique=True),
    st.lists(st.binary(max_size=8), min_size=1, max_size=40, unique=True),
)
def test_a_rewritten_past_has_no_proof(entries, others):
    old = min(len(entries), len(others))
    if entries[:old] == others[:old]:
        return
    leaves = [merkle.leaf_hash(entry) for entry in entries]

    assert not merkle.verify_consistency(
        old_size=old,
        new_size=len(leaves),
        old_root=naive_root(others[:old]),
        new_root=naive_root(entries),
        proof=merkle.consistency_proof(leaves, old),
    )
