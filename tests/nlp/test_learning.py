"""Masking of examples and learning from corrections."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.masking import masked
from nlp.reading import WEIGHTS
from nlp.retrain import corrections_of, retrain, worse_classes


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("电话13912345678找我", "电话电话找我"),
        ("打025-83456789", "打电话"),
        ("身份证320106199001011234", "身份证证件号"),
        ("我叫王小明住3栋", "我叫某人住3栋"),
        ("车牌苏A12345挡路", "车牌车牌挡路"),
        ("3栋2单元501漏水", "3栋2单元501漏水"),
    ],
)
def test_masked_hides_what_names_a_person(text, hidden):
    assert masked(text) == hidden


@given(st.text(max_size=200))
def test_masked_takes_any_text(text):
    assert isinstance(masked(text), str)


def test_corrections_are_masked_and_must_carry_a_known_label(tmp_path):
    rows = [
        {"text": "漏水 13912345678", "intent": "request"},
        {"text": "没有标注"},
        {"text": "乱写的标注", "intent": "别的", "category": "不存在"},
    ]
    file = tmp_path / "corrections.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))

    assert [example.text for example in corrections_of(file)] == ["漏水 电话"]


def test_worse_classes_ignores_noise_and_small_classes():
    old = {"intent": {"request": {"f1": 0.8, "count": 400}, "ad": {"f1": 0.9, "count": 5}}}
    new = {"intent": {"request": {"f1": 0.78, "count": 400}, "ad": {"f1": 0.1, "count": 5}}}
    bad = {"intent": {"request": {"f1": 0.6, "count": 400}, "ad": {"f1": 0.9, "count": 5}}}

    assert worse_classes(old, new) == []
    assert worse_classes(old, bad) == ["intent:request"]


@pytest.mark.slow
def test_retraining_learns_installs_and_keeps_the_old_model(tmp_path):
    ends = ["又来", "吵死", "半夜", "不走", "在楼下"]
    words = ["喇叭裤大爷" + end for end in ends]
    rows = [{"text": word, "intent": "request", "category": "环境保护"} for word in words * 2]
    file = tmp_path / "corrections.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))

    facts = retrain(file, WEIGHTS, tmp_path / "models")

    assert facts["installed"] is (facts["worse"] == [])
    assert facts["corrections"] == 8
    assert (tmp_path / "models" / "current").exists() is facts["installed"]
    assert (WEIGHTS / "manifest.json").exists()


def test_retraining_without_corrections_changes_nothing(tmp_path):
    file = tmp_path / "corrections.jsonl"
    file.write_text("")

    assert retrain(file, WEIGHTS, tmp_path / "models")["installed"] is False
    assert not (tmp_path / "models").exists()
