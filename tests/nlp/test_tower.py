"""The hidden layer: one text at a time as in training, written and read again."""

import numpy as np
import pytest

from nlp.fitting import Table, matrix
from nlp.linear import Linear
from nlp.reading import WEIGHTS
from nlp.signals import all_numbers, numbers_of, pieces_of
from nlp.tower import Tower, load_tower, save_tower
from nlp.tower_training import Truth, fit_tower, tower_scores

TEXTS = ("电梯又坏了", "三栋楼道灯不亮 麻烦修一下", "今天太阳真好", "收到", "")


def _tower(rows: int, numbers: int) -> Tower:
    chance = np.random.default_rng(7)

    def some(*shape: int) -> np.ndarray:
        return chance.standard_normal(shape).astype(np.float32)

    return Tower(
        embedding=some(rows, 6),
        mix=some(6, 5),
        numbers=some(numbers, 5),
        shift=some(5),
        out=some(5, 3),
        direct=some(numbers, 3),
        bias=some(3),
    )


def _linear(texts: tuple[str, ...]) -> Linear:
    pieces = sorted({piece for text in texts for piece in pieces_of(text, None)})
    count = len(pieces)
    return Linear(
        names=("a", "b", "c"),
        vocabulary={piece: row for row, piece in enumerate(pieces)},
        idf=np.linspace(1, 3, count, dtype=np.float32),
        weights=np.zeros((count, 3), dtype=np.float32),
        dense=np.zeros((1, 3), dtype=np.float32),
        bias=np.zeros(3, dtype=np.float32),
    )


def test_one_text_scores_as_in_training():
    linear = _linear(TEXTS[:4])
    heard = [numbers_of(text, None, addressed=False) for text in TEXTS]
    tower = _tower(len(linear.vocabulary), len(all_numbers(heard[0])))
    table = Table(
        matrix([pieces_of(text, None) for text in TEXTS], linear.vocabulary, linear.idf),
        np.array([all_numbers(one) for one in heard], dtype=np.float32),
    )

    together = tower_scores(tower, table)
    alone = [
        tower.scores(linear.rows(pieces_of(text, None)), one)
        for text, one in zip(TEXTS, heard, strict=True)
    ]

    assert np.allclose(together, np.array(alone), atol=1e-3)


def test_written_and_read_again_it_says_nearly_the_same(tmp_path):
    linear = _linear(TEXTS[:4])
    heard = numbers_of(TEXTS[1], None, addressed=False)
    tower = _tower(len(linear.vocabulary), len(heard))

    digest = save_tower(tower, tmp_path / "tower.npz")
    again = load_tower(tmp_path / "tower.npz")

    known = linear.rows(pieces_of(TEXTS[1], None))
    assert len(digest) == 12
    assert np.allclose(tower.scores(known, heard), again.scores(known, heard), atol=0.5)


def test_fitting_learns_what_it_is_told_and_is_the_same_for_a_seed():
    texts = ["灯坏了", "灯不亮", "灯又坏", "谢谢", "多谢了", "谢谢你"] * 40
    linear = _linear(tuple(texts))
    table = Table(
        matrix([pieces_of(text, None) for text in texts], linear.vocabulary, linear.idf),
        np.zeros((len(texts), 2), dtype=np.float32),
    )
    labels = np.array([[1, 0] if "灯" in text else [0, 1] for text in texts], dtype=np.float32)
    labels[::40] = 0  # nobody said
    truths = [Truth(slice(0, 2), labels)]
    chance = np.random.default_rng(1)
    start = chance.standard_normal((len(linear.vocabulary), 6)).astype(np.float32)
    weights = np.ones(len(texts))

    fitted = fit_tower(table, truths, weights, start)
    again = fit_tower(table, truths, weights, start)

    scores = tower_scores(fitted, table)
    assert (scores.argmax(axis=1) == (np.array(["灯" not in text for text in texts]))).all()
    assert np.array_equal(scores, tower_scores(again, table))


@pytest.mark.parametrize("name", ["chat.npz", "tower.npz"])
def test_shipped_weights_are_there_and_small(name):
    assert 0 < (WEIGHTS / name).stat().st_size < 3_000_000
