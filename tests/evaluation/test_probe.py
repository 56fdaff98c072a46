"""Small models with few samples, as scikit-learn fits them on the same rows."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluation.probe import probe
from vecstore.evaluation.sampling import even_rows, ranks_in_class


def judged(*args, **settings):
    return {name: figure.value for name, figure in probe(*args, **settings).items()}


def codes_of(labels):
    return np.unique(labels, return_inverse=True)[1]


def test_figures_are_those_of_scikit_learn(vectors, labels):
    codes = codes_of(labels)
    ranks = ranks_in_class(codes, np.random.default_rng([4, 0]))
    train, test = ranks < 5, ranks >= 8
    scaler = StandardScaler().fit(vectors[train])
    seen, unseen = scaler.transform(vectors[train]), scaler.transform(vectors[test])
    perceptron = MLPClassifier((256, 128), max_iter=200, random_state=4).fit(seen, codes[train])
    linear = LogisticRegression(max_iter=200).fit(seen, codes[train])
    nearest = KNeighborsClassifier(1, metric="cosine").fit(vectors[train], codes[train])
    found = judged(vectors, labels, shots=(5, 8), draws=1, seed=4)
    assert found["probe.accuracy@5"] == pytest.approx(perceptron.score(unseen, codes[test]))
    assert found["probe.linear@5"] == pytest.approx(linear.score(unseen, codes[test]))
    assert found["probe.neighbour@5"] == pytest.approx(nearest.score(vectors[test], codes[test]))


def test_figures_come_by_shots_with_intervals(vectors, labels):
    seen = []
    figures = probe(vectors, labels, (2, 10), 2, 0, lambda done, total: seen.append((done, total)))
    names = ("accuracy", "linear", "neighbour")
    assert list(figures) == [f"probe.{name}@{count}" for count in (2, 10) for name in names]
    assert all(0 <= f.low < f.value < f.high <= 1 for f in figures.values())
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert figures == probe(vectors, labels, (2, 10), 2, 0)


def test_no_model_sees_what_it_is_tested_on(rng, labels):
    """Vectors that say nothing about classes teach nothing: one in five by chance."""
    noise = rng.standard_normal((150, 16)).astype(np.float32)
    found = judged(noise, labels, (10,), 4, 0)
    assert list(found.values()) == pytest.approx([0.2] * 3, abs=0.1)


def test_sparse_rows(sparse, labels):
    found = judged(sparse, labels, (10,), 2, 0)
    assert min(found.values()) > 0.4


def test_a_column_that_no_sample_has_changes_nothing(sparse, labels):
    from scipy.sparse import hstack

    ranks = ranks_in_class(codes_of(labels), np.random.default_rng([0, 0]))
    tested = np.flatnonzero(ranks >= 10)
    extra = np.zeros((150, 1), np.float32)
    extra[tested] = 1e-6
    wider = hstack([sparse, extra]).tocsr()
    assert judged(wider, labels, (10,), 1, 0) == judged(sparse, labels, (10,), 1, 0)


def test_a_rotation_does_not_change_the_nearest_neighbour(vectors, labels, rotation):
    plain = judged(vectors, labels, (3,), 2, 0)
    turned = judged(vectors @ rotation, labels, (3,), 2, 0)
    assert turned["probe.neighbour@3"] == pytest.approx(plain["probe.neighbour@3"])


def test_the_few_samples_are_among_the_many_and_even(rng):
    codes = rng.integers(0, 4, 200)
    ranks = ranks_in_class(codes, rng)
    for number in range(4):
        assert sorted(ranks[codes == number]) == list(range((codes == number).sum()))
    assert not np.array_equal(ranks, ranks_in_class(codes, rng))


def test_few_test_rows_are_spread_over_classes(rng):
    codes = np.repeat([0, 1, 2], [500, 100, 4])
    rows = even_rows(codes, 50, rng)
    assert (np.diff(rows) > 0).all()
    assert np.bincount(codes[rows]).tolist() == [23, 23, 4]
    assert len(even_rows(codes, 1000, rng)) == 604


def test_the_limit_on_test_rows_holds(vectors, labels, monkeypatch):
    monkeypatch.setattr("vecstore.evaluation.probe.TEST_ROWS", 10)
    found = judged(vectors, labels, (10,), 1, 0)
    assert all(value * 10 == pytest.approx(round(value * 10)) for value in found.values())


def test_a_class_with_too_few_rows_is_named(vectors, labels):
    short = ["rare"] * 6 + labels[6:]
    with pytest.raises(
        InvalidArgument, match=r"class 'rare' has 6 inputs, .* 6 samples a class needs 7.*at most 5"
    ):
        probe(vectors, short, (3, 6))
    assert len(judged(vectors, short, (5,), 1)) == 3
    with pytest.raises(InvalidArgument, match="class 'one' has 1 inputs"):
        probe(vectors, ["one", *labels[1:]], (1,))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shots": ()}, "shots are none"),
        ({"shots": (5, 0)}, "shots are 5, 0"),
        ({"draws": 0}, "draws are 0"),
    ],
)
def test_settings_that_cannot_be(vectors, labels, settings, message):
    with pytest.raises(InvalidArgument, match=message):
        probe(vectors, labels, **settings)


def test_labels_are_checked(vectors, labels):
    with pytest.raises(InvalidInput, match="label of row 0"):
        probe(vectors, ["", *labels[1:]])
    with pytest.raises(InvalidArgument, match="at least two classes"):
        probe(vectors, ["a"] * 150)
