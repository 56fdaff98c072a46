import math

import numpy as np
import pytest

from vecstore.pretext.word_judge import Judge, Rules

COUNTS = {"a": 60, "b": 50, "x": 40, "y": 30}
SENTENCES = [["a", "b"] * 4, ["x", "y"] * 4, ["unknown"], []] * 20
RULES = Rules(window=3, negative=4, sample=0.0, single=True, seed=1)


def model(together):
    """Vectors by which the words of a topic are near each other, or far where not together."""
    inputs = np.array([[4, 0], [4, 0], [0, 4], [0, 4]], dtype=np.float32)
    return inputs, inputs if together else inputs[::-1].copy()


@pytest.mark.parametrize("single", [True, False])
def test_the_better_model_has_the_better_figures(single):
    judge = Judge(SENTENCES, COUNTS, Rules(3, 4, 0.0, single, 1))
    good, bad = (judge.figures(*model(together)) for together in (True, False))
    assert good["loss"] < bad["loss"]
    assert good["auc"] > 0.7
    assert bad["auc"] < 0.3


def test_a_model_of_zeros_tells_nothing_apart():
    judge = Judge(SENTENCES, {"a": 1, "b": 1}, RULES)
    zeros = np.zeros((2, 3), dtype=np.float32)
    figures = judge.figures(zeros, zeros)
    assert figures["auc"] == 0.5
    # A negative that is the true word itself does not count: log 2 for each of the others.
    others = (judge._false != judge._true[:, None]).sum(axis=1).mean()
    assert 0 < others < 4
    assert figures["loss"] == pytest.approx(math.log(2) * (1 + others))


def test_contexts_lie_within_the_window_and_are_never_the_word_itself():
    counts = {f"w{n}": 1 for n in range(12)}
    judge = Judge([list(counts)] * 50, counts, Rules(2, 1, 0.0, False, 1))
    for word, row in zip(judge._true, judge._contexts, strict=True):
        distances = np.abs(row[row >= 0] - word)
        assert set(distances.tolist()) <= {1, 2}
    assert len(judge) == 600


def test_frequent_words_are_thinned_as_in_gensim():
    gensim = pytest.importorskip("gensim.models")
    from vecstore.pretext.word_judge import _kept

    counts = {"the": 900, "of": 90, "rare": 10}
    model = gensim.Word2Vec(min_count=1, sample=1e-2, sorted_vocab=0)
    model.build_vocab_from_freq(counts)
    expected = model.wv.expandos["sample_int"] / (2**32 - 1)
    assert _kept(counts, 1e-2) == pytest.approx(expected)


def test_negatives_are_drawn_as_in_gensim():
    counts = {f"w{n}": 10 * n + 1 for n in range(5)}
    judge = Judge([list(counts)] * 4000, counts, Rules(2, 5, 0.0, True, 1))
    found = np.bincount(judge._false.ravel()) / judge._false.size
    power = np.array(list(counts.values())) ** 0.75
    assert found == pytest.approx(power / power.sum(), abs=0.01)


def test_there_may_be_nothing_to_judge_by():
    assert len(Judge([["unknown", "unknown"]], COUNTS, RULES)) == 0
    assert len(Judge([], COUNTS, RULES)) == 0
