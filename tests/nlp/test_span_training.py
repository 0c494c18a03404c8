"""Learning of address spans from labelled addresses."""

import pytest

from nlp.span_cues import STATES, tokens_in
from nlp.span_training import fit_spans, gold_spans, save_spans, states_of
from nlp.spans import load_spans, named

ROAD = [["road", "花园路"], ["roadno", "12号"]]


def labelled(*pieces):
    return {"text": "".join(words for _, words in pieces), "spans": list(pieces)}


@pytest.fixture(scope="module")
def addresses():
    return [
        labelled(*ROAD, ["poi", "东苑"], ["houseno", f"{house}幢"], ["roomno", f"{house}0{room}室"])
        for house in range(1, 9)
        for room in range(1, 5)
    ]


@pytest.mark.parametrize(
    ("words", "pieces", "states"),
    [
        ([("12号", 3, 6), ("3幢", 8, 10)], [*ROAD, ["poi", "东苑"], ["houseno", "3幢"]], "nh"),
        ([("501", 2, 5), ("2", 6, 7)], [["poi", "东苑"], ["roomno", "501-2"]], "rJ"),
        ([("A501", 2, 6)], [["poi", "东苑"], ["houseno", "A"], ["roomno", "501"]], "A"),
        ([("三区", 2, 4)], [["poi", "东苑三区"]], "p"),
        ([("B1", 0, 2)], [["redundant", "B1"]], "o"),
    ],
)
def test_states_say_what_each_token_is_part_of(words, pieces, states):
    assert states_of(words, labelled(*pieces)) == states


def test_gold_spans_are_those_of_the_four_labels(addresses):
    assert gold_spans(addresses[0]) == {(8, 10, "houseno"), (10, 14, "roomno")}


@pytest.mark.slow
def test_training_is_the_same_again_and_names_what_it_has_seen(addresses, tmp_path):
    model, count = fit_spans(addresses)
    again, _ = fit_spans(addresses)
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"

    assert save_spans(model, first) == save_spans(again, second)
    assert count == 3 * len(addresses)
    tokens = tokens_in(["花园路12号东苑5幢503室"])
    states = named(load_spans(first), tokens, 1)
    assert "".join(STATES[state] for state in states) == "nhr"
