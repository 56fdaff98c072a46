import numpy as np
import pytest

from vecstore.evaluation.map_quality import neighbours, ratio_interval, share_interval, shared


def test_neighbours_in_common():
    rows = np.eye(12, dtype=np.float32) + 0.1
    itself = np.array([3, 4])
    found = neighbours(rows[itself], rows, itself)
    assert found.shape == (2, 10)
    assert 3 not in found[0]
    assert shared(found, found) == [1.0, 1.0]
    assert shared(np.array([[*range(10)]]), np.array([[*range(4, 14)]])) == [0.6]


def test_a_share_has_an_interval_even_where_all_are_right():
    # Wilson 1927: where all are right the lower end is n / (n + z * z).
    found = share_interval(np.ones(100, np.bool_))
    least = 100 / (100 + 1.959964**2)
    assert (found.value, found.low, found.high) == pytest.approx((1.0, least, 1.0), abs=1e-6)
    half = share_interval(np.arange(100) % 2 == 0)
    assert (half.low, half.high) == pytest.approx((0.403832, 0.596168), abs=1e-6)


def test_a_ratio_of_means():
    above, below = [0.2, 0.4, 0.6], [0.4, 0.8, 1.2]
    found = ratio_interval(above, below, 0)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    spread = ratio_interval([0.1, 0.9] * 50, [0.5] * 100, 0)
    assert spread.low < 0.9 < spread.value < 1.1 < spread.high
    assert ratio_interval(above, [0.0] * 3, 0) is None
