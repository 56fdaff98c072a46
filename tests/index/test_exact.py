import numpy as np
import pytest

from vecstore.index.exact import measure, nearest, scan
from vecstore.spaces import Metric


def plainly(matrix, query, metric):
    rows, one = matrix.astype(np.float64), query.astype(np.float64)
    if metric is Metric.L2:
        return ((rows - one) ** 2).sum(axis=1)
    return 1.0 - (rows * one).sum(axis=1)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("dim", [1, 7, 384])
def test_nearest_rows(random, metric, dim):
    matrix = random(3000, dim)
    for query in random(5, dim, seed=1):
        expected = plainly(matrix, query, metric)
        rows, distances = scan(matrix, query, metric, 12)
        assert rows.tolist() == np.argsort(expected, kind="stable")[:12].tolist()
        np.testing.assert_allclose(distances, expected[rows], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("metric", list(Metric))
def test_equal_rows_tie_in_row_order(random, metric):
    matrix = np.repeat(random(5, 33), 50, axis=0)[np.random.default_rng(2).permutation(250)]
    query = random(1, 33, seed=3)[0]
    rows, distances = nearest(matrix, query, metric, 60)
    assert len(rows) == 100
    assert len(set(distances.tolist())) == 2
    assert rows[:50].tolist() == sorted(rows[:50])
    assert scan(matrix, query, metric, 60)[0].tolist() == rows[:60].tolist()


@pytest.mark.parametrize("metric", list(Metric))
def test_a_distance_does_not_depend_on_the_neighbours(random, metric):
    matrix, query = random(2500, 100), random(1, 100, seed=1)[0]
    together = measure(matrix, query, metric)
    alone = [measure(matrix[n : n + 1], query, metric)[0] for n in range(0, 2500, 50)]
    assert together[::50].tolist() == alone


def test_differences_below_float32(random):
    """The first pass cannot tell these rows apart; the answer must."""
    base = random(1, 256)[0] * 100
    matrix = np.repeat(base[None], 40, axis=0)
    order = np.random.default_rng(4).permutation(40)
    for row, rank in enumerate(order):
        matrix[row, 0] = base[0] + np.float32(rank * 1e-4)
    for metric in (Metric.L2, Metric.IP):
        expected = plainly(matrix, base, metric)
        rows, _ = scan(matrix, base, metric, 5)
        assert expected[rows].tolist() == sorted(expected.tolist())[:5]


@pytest.mark.parametrize("metric", [Metric.IP, Metric.L2])
def test_beyond_float32(random, metric):
    matrix = random(50, 8)
    matrix[::5] *= np.float32(1e30)
    query = matrix[0]
    expected = plainly(matrix, query, metric)
    rows, distances = scan(matrix, query, metric, 50)
    assert rows.tolist() == np.argsort(expected, kind="stable").tolist()
    assert np.isfinite(distances).all()


def test_what_is_no_number_comes_last():
    matrix = np.array([[np.nan, 0], [1, 0], [2, 0]], np.float32)
    rows, distances = scan(matrix, np.array([1, 0], np.float32), Metric.L2, 3)
    assert rows.tolist() == [1, 2, 0]
    assert distances[2] == np.inf


def test_nothing_to_scan():
    rows, distances = scan(np.empty((0, 3), np.float32), np.ones(3, np.float32), Metric.L2, 4)
    assert len(rows) == len(distances) == 0
