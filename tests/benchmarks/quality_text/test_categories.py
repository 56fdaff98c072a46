import numpy as np
import pytest

from benchmarks.quality_text.categories import CHANCE, HOURS, adjacent_share, interval


def clock(order=range(HOURS)):
    angles = 2 * np.pi * np.array(order) / HOURS
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return unit @ unit.T


def test_on_a_clock_every_hour_is_beside_its_neighbours():
    assert adjacent_share(clock()) == 1.0


def test_the_day_is_round():
    alike = np.zeros((HOURS, HOURS))
    alike[0, 23] = alike[23, 0] = 1.0
    # All others take the first that there is, which is the neighbour of the second hour alone.
    assert adjacent_share(alike) == pytest.approx(3 / HOURS)


def test_hours_in_any_order_are_beside_each_other_by_chance():
    rng = np.random.default_rng(3)
    shares = [adjacent_share(clock(rng.permutation(HOURS))) for _ in range(200)]
    assert np.mean(shares) == pytest.approx(CHANCE, abs=0.02)


def test_the_interval_over_three_seeds():
    assert interval([0.5, 0.6, 0.7]) == "0.352 to 0.848"
    assert interval([0.99, 1.0, 0.98]) == "0.965 to 1.000"
