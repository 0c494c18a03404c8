"""The figures that every release must reach on data never trained on."""

import pytest

from nlp.evaluate import evaluate_category, evaluate_intent


@pytest.mark.slow
def test_categories_of_letters_reach_the_floor(judged):
    figures = evaluate_category(judged("requests/labelled_dev.jsonl.gz"))

    assert figures["title"]["macro_f1"] >= 0.87
    assert figures["full"]["macro_f1"] >= 0.91
    assert figures["title"]["calibration_error"] < 0.05
    assert figures["title"]["surest_80_accuracy"] >= 0.93


@pytest.mark.slow
def test_gate_and_emergencies_in_group_chat_reach_the_floor(judged):
    figures = evaluate_intent(judged("chat/dev.jsonl"))

    for view in ("bare", "context"):
        assert figures[view]["gate"]["recall"] >= 0.80
        assert figures[view]["gate"]["precision"] >= 0.80
        assert figures[view]["emergency"]["recall"] >= 0.90
    assert figures["same_as"]["f1"] >= 0.63
