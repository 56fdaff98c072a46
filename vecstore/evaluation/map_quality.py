"""What a map between two spaces is worth, by pairs that it was not fitted on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluation.intervals import RESAMPLES, bounds
from vecstore.evaluation.retrieval import rankings
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

NEIGHBOURS = 10

# Of a normal distribution, 95 % lie within so many standard deviations.
_DEVIATIONS = 1.959964


def neighbours(
    asked: FloatArray, there: FloatArray, itself: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows of the 10 nearest by cosine, without the query's own.

    Args:
        asked: shape (q, dim), float32.
        there: shape (n, dim), float32.
        itself: shape (q,): the row of each query among those that are there.

    Returns:
        Shape (q, 10), int64.
    """
    return rankings(asked, there, NEIGHBOURS, without=itself)


def shared(these: NDArray[np.int64], those: NDArray[np.int64]) -> list[float]:
    """The share of its 10 neighbours that each query has in common in two rankings."""
    return [
        len(np.intersect1d(one, other)) / NEIGHBOURS
        for one, other in zip(these, those, strict=True)
    ]


def share_interval(hits: NDArray[np.bool_]) -> Figure:
    """The share of queries that were answered rightly, and its 95 % interval.

    The interval is Wilson's (1927), which does not shrink to a point where all are right.
    """
    count, value = len(hits), float(hits.mean())
    square = _DEVIATIONS**2
    middle = (value + square / (2 * count)) / (1 + square / count)
    spread = math.sqrt(value * (1 - value) / count + square / (4 * count**2))
    width = _DEVIATIONS * spread / (1 + square / count)
    return Figure(value, max(0.0, middle - width), min(1.0, middle + width))


def ratio_interval(above: Sequence[float], below: Sequence[float], seed: int) -> Figure | None:
    """The mean of some values as a share of that of others, and its 95 % interval.

    Args:
        above, below: of the same queries, which are resampled together.
        seed: of the resamples.

    Returns:
        None where those below come to nothing.
    """
    over, under = np.asarray(above, np.float64), np.asarray(below, np.float64)
    if not under.sum() > 0:
        return None
    count = len(over)
    weights = np.random.default_rng(seed).multinomial(
        count, np.full(count, 1 / count), size=RESAMPLES
    )
    sums = weights @ under
    resampled = np.divide(weights @ over, sums, out=np.full(len(sums), np.nan), where=sums > 0)
    return Figure(float(over.sum() / under.sum()), *bounds(resampled))
