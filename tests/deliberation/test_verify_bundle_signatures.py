"""The integer Ed25519 of the verifier against the RFC and the library."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation import verify_bundle

# Signatures ------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
@settings(max_examples=25, deadline=None)
def test_signatures_of_the_library_hold(seed, message):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)

    assert verify_bundle.signature_holds(public, message, signature)
    assert not verify_bundle.signature_holds(public, message + b"x", signature)
    for at in (0, 31, 32, 63):
        bent = bytes(byte ^ (place == at) for place, byte in enumerate(signature))
        assert not verify_bundle.signature_holds(public, message, bent)


def test_signatures_of_rfc_8032():
    # Section 7.1, test 1 (empty message) and test 2.
    for public, message, signature in (
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ):
        assert verify_bundle.signature_holds(
            bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
        )


def test_a_signature_is_written_one_way_only():
    key = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"root")
    s = int.from_bytes(signature[32:], "little")
    larger = signature[:32] + (s + verify_bundle.ORDER).to_bytes(32, "little")

    assert verify_bundle.signature_holds(public, b"root", signature)
    assert not verify_bundle.signature_holds(public, b"root", larger)


@pytest.mark.parametrize(
    "raw",
    [
        verify_bundle.P.to_bytes(32, "little"),  # y is written in more than one way
        (2).to_bytes(32, "little"),  # no point has this y
        ((1 << 255) + 1).to_bytes(32, "little"),  # minus zero
    ],
)
def test_bytes_that_are_no_point_are_refused(raw):
    assert verify_bundle.point(raw) is None
    assert not verify_bundle.signature_holds(raw, b"", b"\x01" + bytes(63))
