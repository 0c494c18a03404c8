"""House, unit, floor and room numbers of formal addresses."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.evaluate import evaluate_place
from nlp.spans import LABELS, address_spans, spans_of


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("逸天广场52幢413", [("52幢", "houseno"), ("413", "roomno")]),
        ("流星花园8-10-1109", [("8", "houseno"), ("10", "cellno"), ("1109", "roomno")]),
        (
            "万宝小区11号楼2单元501室",
            [("11号楼", "houseno"), ("2单元", "cellno"), ("501室", "roomno")],
        ),
        ("松阳路901号14幢13层", [("14幢", "houseno"), ("13层", "floorno")]),
        ("蔡宅东路206号", []),
    ],
)
def test_address_spans_name_the_parts(address, parts):
    assert [(address[a:b], label) for a, b, label in address_spans(address)] == parts


@settings(deadline=None)  # the first reads the weights
@given(st.text(max_size=300))
def test_address_spans_take_any_text_in_order(text):
    spans = address_spans(text)

    assert all(0 <= a < b <= len(text) and label in LABELS for a, b, label in spans)
    assert sorted(spans) == spans


def test_addresses_together_have_the_spans_of_each_alone():
    addresses = [
        "",
        "\ud800",
        "流星花园8-10-1109",
        "无",
        "万宝小区11号楼2单元501室",
        "A座12楼C1215",
    ]

    assert spans_of(addresses) == [address_spans(address) for address in addresses]


def test_address_spans_bound_their_time():
    address_spans("热身")
    begin = time.thread_time()

    address_spans("12-3-" * 200_000)

    # Reading all of it would take half a minute.
    assert time.thread_time() - begin < 5


def test_address_spans_reach_the_floor(judged):
    figures = evaluate_place(judged("addresses/dev.jsonl.gz"))

    assert figures["f1"] >= 0.915
