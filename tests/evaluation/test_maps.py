"""Vectors on a plane."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from vecstore.errors import InvalidArgument
from vecstore.evaluation.maps import map_2d, nearest


def test_neighbours_stay_neighbours(vectors, labels):
    plane = map_2d(vectors, 0)
    assert plane.shape == (150, 2)
    assert plane.dtype == np.float32
    assert KNeighborsClassifier(5).fit(plane, labels).score(plane, labels) > 0.7
    assert np.array_equal(plane, map_2d(vectors, 0))


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7])
def test_few_vectors_have_places_too(vectors, rows):
    plane = map_2d(vectors[:rows], 0)
    assert plane.shape == (rows, 2)
    assert np.isfinite(plane).all()
    assert len(np.unique(plane, axis=0)) == rows


@pytest.mark.parametrize("dim", [1, 2, 8])
def test_equal_vectors_share_a_place(dim):
    plane = map_2d(np.ones((20, dim), np.float32), 0)
    assert plane.shape == (20, 2)
    assert np.isfinite(plane).all()


def test_too_many_vectors():
    with pytest.raises(InvalidArgument, match="at most 1,500 vectors and 1,501 were given"):
        map_2d(np.ones((1501, 2), np.float32), 0)


def test_the_nearest_are_others(vectors):
    found = nearest(vectors, np.array([5, 40]), 3)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for row, names in zip((5, 40), found, strict=True):
        cosines = unit @ unit[row]
        cosines[row] = -2
        assert names.tolist() == np.argsort(-cosines)[:3].tolist()
    with pytest.raises(InvalidArgument, match="at least 6 vectors, and there are 5"):
        nearest(vectors[:5], np.array([0]), 5)
