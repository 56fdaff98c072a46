"""Clusters beside classes, as scikit-learn finds them on the same rows."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score, v_measure_score
from sklearn.preprocessing import normalize

from vecstore.errors import InvalidArgument
from vecstore.evaluation.clustering import cluster

NAMES = {"clustering.v_measure", "clustering.adjusted_rand", "clustering.silhouette"}


def values(found):
    return {name: figure.value for name, figure in found.figures.items()}


@pytest.mark.parametrize("kind", ["vectors", "sparse"])
def test_figures_are_those_of_scikit_learn(kind, labels, request):
    rows = request.getfixturevalue(kind)
    unit = normalize(rows)
    by_hand = KMeans(5, n_init=10, random_state=3).fit_predict(unit)
    found = values(cluster(rows, labels, 3))
    assert found == {
        "clustering.v_measure": pytest.approx(v_measure_score(labels, by_hand)),
        "clustering.adjusted_rand": pytest.approx(adjusted_rand_score(labels, by_hand)),
        "clustering.silhouette": pytest.approx(
            silhouette_score(rows, labels, metric="cosine"), abs=1e-5
        ),
    }
    assert found["clustering.v_measure"] < 1


def test_the_silhouette_of_a_class_of_one_and_in_parts(vectors, labels, monkeypatch):
    labels = ["alone", *labels[1:]]
    monkeypatch.setattr("vecstore.evaluation.clustering._AT_ONCE", 100)
    wanted = silhouette_score(vectors, labels, metric="cosine")
    assert values(cluster(vectors, labels, 0))["clustering.silhouette"] == pytest.approx(wanted)


def test_perfect_clusters_give_one(labels):
    rows = np.repeat(np.eye(5, dtype=np.float32), 30, axis=0)
    found = cluster(rows, labels, 0)
    assert values(found) == dict.fromkeys(NAMES, pytest.approx(1.0))
    assert np.array_equal(found.confusion, 30 * np.eye(5))


def test_a_column_stands_where_its_class_stands(vectors, labels):
    found = cluster(vectors, labels, 0)
    assert found.confusion.sum() == len(labels)
    assert found.confusion.sum(axis=1).tolist() == [30] * 5
    assert np.trace(found.confusion) == max(
        sum(found.confusion[range(5), order])
        for order in np.array(np.meshgrid(*[range(5)] * 5)).T.reshape(-1, 5)
        if len(set(order)) == 5
    )
    assert found.classes == tuple(f"class {number}" for number in range(5))


def test_neither_names_nor_a_rotation_nor_lengths_change_figures(vectors, labels, rotation, rng):
    plain = values(cluster(vectors, labels, 0))
    named = values(cluster(vectors, [f"{9 - int(label[-1])}" for label in labels], 0))
    assert named == pytest.approx(plain)
    turned = (vectors @ rotation) * rng.uniform(0.1, 9, (len(vectors), 1)).astype(np.float32)
    assert values(cluster(turned, labels, 0)) == pytest.approx(plain, abs=1e-5)


def test_as_many_classes_as_rows(vectors):
    with pytest.raises(InvalidArgument, match="clustering by 4 classes needs at least 5 inputs"):
        cluster(vectors[:4], list("abcd"), 0)


def test_equal_rows_leave_clusters_empty(labels):
    found = cluster(np.ones((150, 3), np.float32), labels, 0)
    assert found.confusion.shape == (5, 5)
    assert found.confusion.sum() == 150
    assert values(found) == dict.fromkeys(NAMES, pytest.approx(0, abs=1e-6))
