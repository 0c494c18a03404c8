"""Messages are tied to the first one of the matter they go on with."""

import json
import shutil

import numpy as np
import pytest

from nlp.corpus import Line
from nlp.installed import choose_model
from nlp.link_numbers import Said, pair_numbers, reached, said_numbers, words_of
from nlp.link_training import (
    conversations,
    fit_links,
    guesses,
    link_figures,
    link_table,
    table_scores,
)
from nlp.matters import first_chances, load_links, save_links
from nlp.plain import plain
from nlp.reading import WEIGHTS, Context, models, read, use_weights
from nlp.signals import SIDE, numbers_of

TALK = (
    ("m1", "3-201王姐", "早上电梯又停在7楼不动了，物业来个人修一下"),
    ("m2", "豆豆妈", "今晚谁去跳操"),
    ("m3", "8-1103", "东门快递柜3号柜门弹不开，我的件在里面两天了"),
    ("m4", "豆豆妈", "哈哈哈我七点到"),
)


def said(key, sender, text):
    words = plain(text)
    signals = numbers_of(words, sender, addressed=False)
    return Said(key, sender, words_of(words, sender, signals), [1 / SIDE] * SIDE, [0.4, 0.3, 0.3])


def link(text, sender="9-502小李", messages=TALK, **rest):
    return read(text, Context(sender=sender, messages=messages, **rest)).same_as


def test_a_follow_up_is_tied_to_the_matter_it_shares_words_with():
    assert link("我家这边电梯也停了，等了十分钟还没人来修") == "m1"
    assert link("我的件也在快递柜里，柜门打不开，三天了") == "m3"


def test_a_new_matter_and_idle_talk_are_tied_to_nothing():
    assert link("5号楼楼顶的水箱漏水了，滴到走廊里") is None
    assert link("哈哈哈哈笑死我了") is None


def test_a_picture_right_after_ones_own_request_belongs_to_it():
    assert link("[图片]", "8-1103", TALK[:3]) == "m3"


def test_without_being_asked_for_no_link_is_given():
    assert link("我家这边电梯也停了，等了十分钟还没人来修", links=False) is None


def test_an_open_matter_is_found_though_the_talk_has_gone_on_without_it():
    matters = (("case", "3-201王姐", "3栋2单元左边电梯坏了，一直停在7楼"),)
    chatter = (("m2", "豆豆妈", "今晚谁去跳操"), ("m4", "豆豆妈", "哈哈哈我七点到"))

    assert link("我们3栋2单元的电梯还是没人来修", messages=chatter, matters=matters) == "case"


def test_what_surely_goes_on_with_a_matter_concerns_us_whatever_its_words_say():
    lifted = [
        text
        for text in ("一样", "我也是", "+1", "同", "我家那边也一样", "又来了", "在二单元")
        if not read(text).concerns_us
        and (reading := read(text, Context(sender="8-1103", messages=TALK[:3]))).same_as == "m3"
        and reading.concerns_us
    ]

    assert lifted


def test_chances_lead_through_follow_ups_to_the_first_message():
    # The third chooses the second for sure, which for sure goes on with the first.
    scores = np.array([40.0, -40.0, 40.0], dtype=np.float32)

    chances = first_chances(scores, 3)

    assert chances[2] == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert chances.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])


def test_an_open_matter_goes_on_with_nothing_but_open_matters():
    scores = np.array([40.0, -40.0, 40.0], dtype=np.float32)

    chances = first_chances(scores, 3, opened=[False, True, False])

    assert chances[1] == pytest.approx([0.0, 1.0, 0.0])
    assert chances[2] == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)


def test_pairs_reach_back_a_bounded_way():
    later, earlier = reached(60)

    assert (later > earlier).all()
    assert (later - earlier).max() == 20
    assert (np.diff(later) >= 0).all()


def test_numbers_know_speakers_places_names_and_quotes():
    talk = [
        said("1", "9-1804奶爸", "3栋电梯坏了"),
        said("2", "王师傅", "哪一部"),
        said("3", "9-1804奶爸", "「王师傅：哪一部」\n5栋的也坏了"),
    ]
    alone, pairs = said_numbers(talk), pair_numbers(talk)
    same, latest, between = pairs[:, 5], pairs[:, 7], pairs[:, 8]

    assert len(alone) == len(pairs) == 3
    assert np.isfinite(alone).all()
    assert np.isfinite(pairs).all()
    assert same.tolist() == [0, 1, 0]
    assert latest.tolist() == [0, 1, 0]
    assert between.tolist() == [0, 0, 0]
    assert talk[2].words.quote == "哪一部"
    assert talk[0].words.buildings == {"3"}
    assert talk[0].words.home == "9"


def lines_of_a_teachable_town(groups):
    """Conversations in which, plainly, "我也" goes on with the request right before it."""
    texts = [("甲", "电梯坏了", None), ("乙", "我也", 1), ("丙", "今天真热", None)]
    return [
        Line(f"g{group}", seq, sender, text, "request", None, False, None, None, "town")
        if first is None
        else Line(
            f"g{group}",
            seq,
            sender,
            text,
            "request",
            None,
            False,
            None,
            f"g{group}#{first}",
            "town",
        )
        for group in range(groups)
        for seq, (sender, text, first) in enumerate(texts, start=1)
    ]


@pytest.mark.slow
def test_training_learns_what_goes_together(monkeypatch):
    monkeypatch.setattr("nlp.link_training.ROUNDS", 150)
    lines = lines_of_a_teachable_town(300)
    sides, threads = np.full((len(lines), SIDE), 0.04), np.full((len(lines), 3), 0.33)
    table = link_table(lines, sides, threads)
    weights = fit_links(table, np.ones(len(lines), dtype=bool))
    guess = guesses(lines, table, table_scores(weights, table))
    ours = np.ones(len(lines), dtype=bool)

    assert len(conversations(lines)) == 300
    assert link_figures(lines, guess, ours, 0.5, 0.5)["f1"] == 1.0
    assert link_figures(lines, guess, ~ours, 0.5, 1.1)["recall"] == 0.0


def test_weights_come_back_as_they_were_written(tmp_path):
    shipped = models().links
    digest = save_links(shipped.weights, tmp_path / "links.npz")
    again = load_links(tmp_path / "links.npz", {"least": 0.3, "lift": 0.5})

    assert len(digest) == 12
    assert (again.least, again.lift) == (0.3, 0.5)
    assert np.array_equal(again.weights.pair, shipped.weights.pair)


def test_a_model_without_links_of_its_own_uses_those_that_ship(tmp_path):
    shipped = models().links
    shutil.copytree(WEIGHTS, tmp_path / "old")
    facts = json.loads((WEIGHTS / "manifest.json").read_text("utf-8")) | {"version": "old"}
    (tmp_path / "old" / "manifest.json").write_text(json.dumps(facts), "utf-8")
    (tmp_path / "old" / "links.npz").unlink()
    choose_model(tmp_path, "old")
    use_weights(tmp_path)
    try:
        assert models().version == "old"
        assert np.array_equal(models().links.weights.pair, shipped.weights.pair)
    finally:
        use_weights(None)
