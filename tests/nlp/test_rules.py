"""Every rule of danger with its examples for and against."""

import pytest

from nlp.plain import plain
from nlp.rules import RULES, danger_rules, shielded

FOR = [(rule, text) for rule in RULES for text in rule.yes]
AGAINST = [(rule, text) for rule in RULES for text in rule.no]


@pytest.mark.parametrize(("rule", "text"), FOR, ids=[f"{r.name}-{t[:12]}" for r, t in FOR])
def test_rule_fires_on_its_examples(rule, text):
    assert rule in danger_rules(plain(text))


@pytest.mark.parametrize(("rule", "text"), AGAINST, ids=[f"{r.name}-{t[:12]}" for r, t in AGAINST])
def test_rule_stays_silent_on_its_counterexamples(rule, text):
    assert rule not in danger_rules(plain(text))


def test_rules_have_names_of_their_own_and_examples_on_both_sides():
    names = [rule.name for rule in RULES]

    assert len(set(names)) == len(names)
    assert all(len(rule.yes) >= 2 and len(rule.no) >= 2 for rule in RULES)


@pytest.mark.parametrize(
    "text",
    [
        "消防演练下午三点开始",
        "听说外地有小区着火",
        "要是真着火了怎么跑",
        "昨天着火了现在没事",
        "笑死我了",
    ],
)
def test_shield_covers_drills_news_fears_past_and_figures(text):
    assert shielded(plain(text))


@pytest.mark.parametrize("text", ["3栋着火了", "刚刚有人触电", "煤气味越来越重"])
def test_shield_leaves_present_danger_alone(text):
    assert not shielded(plain(text))
