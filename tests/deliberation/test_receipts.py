"""Receipts: codes that survive being read out, proofs, and the words for those who did not vote."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import merkle
from deliberation.ballot_log import Standing, write_log
from deliberation.ballot_records import NamedBallot
from deliberation.receipts import (
    ALPHABET,
    InclusionProof,
    NotAReceipt,
    code_of_number,
    draw_code,
    named_code,
    prove_inclusion,
    read_code,
    receipt_places,
    shown,
    words_for_detached,
    words_for_entry,
)
from tests.deliberation.bundles import vote

codes = st.integers(0, 2**45 - 1).map(code_of_number)


def test_the_alphabet_is_crockfords():
    assert len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_codes_are_nine_characters_and_a_check():
    assert code_of_number(0) == "0000000000"
    assert code_of_number(1) == "0000000012"
    assert code_of_number(2**45 - 1)[:9] == "ZZZZZZZZZ"
    assert shown("ABCDEFGHJK") == "ABC-DEF-GHJK"


@given(codes)
def test_a_code_is_read_however_it_is_written(code):
    assert read_code(code) == code
    assert read_code(f" {shown(code).lower()} ") == code
    assert read_code(code.replace("1", "l").replace("0", "o")) == code
    assert read_code(code.replace("1", "I").replace("0", "O")) == code


@given(codes, st.integers(0, 9), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code, place, other):
    wrong = code[:place] + other + code[place + 1 :]

    if wrong == code:
        assert read_code(wrong) == code
    else:
        with pytest.raises(NotAReceipt):
            read_code(wrong)


@given(codes, st.integers(0, 9), st.integers(0, 9))
def test_every_two_swapped_characters_are_found(code, one, two):
    signs = list(code)
    signs[one], signs[two] = signs[two], signs[one]
    wrong = "".join(signs)

    if wrong == code:
        assert read_code(wrong) == code
    else:
        with pytest.raises(NotAReceipt):
            read_code(wrong)


@pytest.mark.parametrize(
    "text", ["", "000000000", "00000000000", "000000000U", "十十十十十十十十十十"]
)
def test_what_is_no_code_is_refused(text):
    with pytest.raises(NotAReceipt, match="抄错了"):
        read_code(text)


def test_drawn_codes_use_all_45_bits():
    random = Random(1)
    drawn = [draw_code(random) for _ in range(2_000)]

    assert len(set(drawn)) == 2_000
    assert all(len({code[place] for code in drawn}) == 32 for place in range(9))


def test_a_named_code_is_the_beginning_of_the_fingerprint():
    leaf = bytes.fromhex("0842108421084210" + "00" * 24)

    # 45 bits in fives: 00001 00001 00001 ...
    assert named_code(leaf)[:9] == "111111111"


def test_the_public_list_holds_every_ballot_once():
    for mode in ("named", "detached"):
        records = vote(mode).records
        lines = write_log(records)

        places = receipt_places(records, lines)

        assert len(places) == 120
        assert places == sorted(places)
        assert all(read_code(code) == code for code, _ in places)
        if mode == "named":
            named = {seq for seq, one in enumerate(records) if isinstance(one, NamedBallot)}
            assert {seq for _, seq in places} == named


@pytest.mark.parametrize("seq", [0, 1, 64, 126])
def test_a_receipt_is_proved_against_the_posted_root(seq):
    lines = write_log(vote().records)

    proof = prove_inclusion(lines, seq)

    assert proof.root == vote().heads[-1]["root"]
    assert proof.leaf == merkle.leaf_hash(lines[seq]).hex()
    assert proof.holds()
    other = InclusionProof(seq, proof.size, proof.leaf, proof.path, "0" * 64)
    assert not other.holds()


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (None, "以您这一户的名义：计票 0 张，没有收到过选票。"),
        (
            Standing(1, 5, "c", "paper", False),
            "以您这一户的名义：计票 1 张，途径：纸质，经办人：丁。",
        ),
        (
            Standing(3, 9, "c", "wechat", False),
            "以您这一户的名义：计票 1 张，途径：微信，经办人：丁，先后收到 3 张。",
        ),
        (
            Standing(2, 9, "c", "desk", True),
            "以您这一户的名义：计票 0 张，有一张正在核实，只算到场，途径：窗口，经办人：丁，"
            "先后收到 2 张。",
        ),
        (Standing(1, None, "", "", False), "以您这一户的名义：计票 0 张，经办人：丁。"),
    ],
)
def test_everybody_is_told_what_was_counted_in_their_name(standing, words):
    assert words_for_entry(standing, household=True, handler="丁") == words


def test_a_person_is_addressed_as_a_person():
    assert words_for_entry(None, household=False) == "以您的名义：计票 0 张，没有收到过选票。"


def test_a_detached_voter_is_told_no_more_than_the_roll_knows():
    assert words_for_detached(True).startswith("以您的名义：收到选票 1 张。")
    assert words_for_detached(False).startswith("以您的名义：收到选票 0 张。")
