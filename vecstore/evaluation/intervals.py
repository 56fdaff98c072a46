"""Means, and how sure they are: percentile bootstrap (Efron and Tibshirani 1993)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluations import Figure

RESAMPLES = 1000
_AT_ONCE = 20_000_000  # numbers


def mean_interval(values: Sequence[float] | NDArray[np.floating], seed: int) -> Figure:
    """The mean and its 95 % interval.

    Args:
        values: at least one, such as one for each query. One alone has no interval.
        seed: of the resamples.
    """
    return crossed_interval(np.asarray(values, np.float64)[None, :], seed)


def crossed_interval(values: NDArray[np.floating], seed: int) -> Figure:
    """The mean over draws and rows, and its 95 % interval.

    Draws and rows are resampled independently of each other (Owen 2007, "The pigeonhole
    bootstrap"), since every draw is judged on much the same rows.

    Args:
        values: shape (draws, rows); NaN where a row took no part in a draw.
        seed: of the resamples.
    """
    there = np.isfinite(values)
    filled = np.where(there, values, 0.0)
    value = float(filled.sum() / there.sum())
    if there.sum() == 1:
        return Figure(value)
    means = _resampled(filled, there.astype(np.float64), np.random.default_rng(seed))
    return Figure(value, *bounds(means))


def bounds(resampled: NDArray[np.floating]) -> tuple[float, float]:
    """The middle 95 % of what resamples gave; NaN among them is left out."""
    low, high = np.nanpercentile(resampled, (2.5, 97.5))
    return float(low), float(high)


def _resampled(
    values: NDArray[np.floating], there: NDArray[np.floating], rng: np.random.Generator
) -> NDArray[np.floating]:
    draws, rows = values.shape
    at_once = max(1, _AT_ONCE // rows)
    means = []
    for start in range(0, RESAMPLES, at_once):
        count = min(at_once, RESAMPLES - start)
        of_rows = rng.multinomial(rows, np.full(rows, 1 / rows), size=count)
        of_draws = rng.multinomial(draws, np.full(draws, 1 / draws), size=count)
        sums = (of_draws * (of_rows @ values.T)).sum(axis=1)
        counts = (of_draws * (of_rows @ there.T)).sum(axis=1)
        means.append(np.divide(sums, counts, out=np.full(count, np.nan), where=counts > 0))
    return np.concatenate(means)
