"""Means and their intervals."""

import numpy as np
import pytest

from vecstore.evaluation.intervals import crossed_interval, mean_interval
from vecstore.evaluations import Figure


def test_the_interval_is_that_of_the_mean(rng):
    values = rng.normal(3.0, 2.0, 2_000)
    figure = mean_interval(values, seed=0)
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert figure.value == pytest.approx(values.mean())
    assert figure.low == pytest.approx(values.mean() - error, abs=0.2 * error)
    assert figure.high == pytest.approx(values.mean() + error, abs=0.2 * error)


def test_the_same_seed_gives_the_same_interval(rng):
    values = rng.random(30)
    assert mean_interval(values, 1) == mean_interval(values, 1) != mean_interval(values, 2)


def test_one_value_alone_has_no_interval():
    assert mean_interval([0.5], 0) == Figure(0.5)


def test_draws_that_differ_widen_the_interval(rng):
    rows = rng.random(500)
    alike = crossed_interval(np.tile(rows, (5, 1)), 0)
    apart = crossed_interval(rows + np.linspace(-0.5, 0.5, 5)[:, None], 0)
    assert apart.value == pytest.approx(alike.value)
    assert apart.high - apart.low > 3 * (alike.high - alike.low)


def test_rows_that_every_draw_shares_count_once(rng):
    rows = rng.random(500)
    once, often = mean_interval(rows, 0), crossed_interval(np.tile(rows, (5, 1)), 0)
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.2)


def test_what_took_no_part_is_left_out():
    figure = crossed_interval(np.array([[1.0, np.nan], [np.nan, 0.0], [1.0, 1.0]]), 0)
    assert figure.value == 0.75
    assert 0 <= figure.low < figure.high <= 1
