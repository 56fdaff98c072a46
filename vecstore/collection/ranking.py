"""Which of the nearest are shown: those in a range of scores, and those unlike each other.

Method of diversity: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for
Reordering Documents and Producing Summaries", 1998.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.index.searching import Found
from vecstore.searches import SearchOptions
from vecstore.spaces import FloatArray, Metric


def score(distance: float, metric: Metric) -> float:
    """A distance the way people read it."""
    return -distance if metric is Metric.L2 else 1.0 - distance


def scores_of(distances: Sequence[float], metric: Metric) -> list[float]:
    """The same for many."""
    if metric is Metric.L2:
        return [-distance for distance in distances]
    return [1.0 - distance for distance in distances]


def in_range(found: Found, metric: Metric, options: SearchOptions) -> Found:
    """Those whose scores are in the range asked for, its ends included."""
    least = -np.inf if options.min_score is None else options.min_score
    most = np.inf if options.max_score is None else options.max_score
    return [hit for hit in found if least <= score(hit[0], metric) <= most]


def distances_in_range(
    distances: NDArray[np.float64], metric: Metric, options: SearchOptions
) -> NDArray[np.bool_]:
    """For every distance whether its score is in the range; see :func:`in_range`."""
    scores = -distances if metric is Metric.L2 else 1.0 - distances
    least = -np.inf if options.min_score is None else options.min_score
    most = np.inf if options.max_score is None else options.max_score
    return (least <= scores) & (scores <= most)


def diverse(
    vectors: FloatArray, relevance: NDArray[np.float64], metric: Metric, count: int, share: float
) -> list[int]:
    """The order of maximal marginal relevance.

    The first is the most relevant one. Each that follows has the greatest ``(1 - share) *
    relevance - share * likeness``, where its likeness is its score with the most similar of those
    before it; of equals the one that comes first in ``vectors``.

    Args:
        vectors: shape (n, dim), float32, prepared for the metric, the most relevant first.
        relevance: shape (n,), scores of the query with each.
        metric: how two of them are compared.
        count: how many to choose.
        share: of diversity, 0 to 1.

    Returns:
        Rows, in the order chosen.
    """
    count = min(count, len(vectors))
    if not count:
        return []
    worth = (1.0 - share) * relevance
    chosen = [0]
    likeness = _likeness(vectors, 0, metric)
    while len(chosen) < count:
        worth[chosen[-1]] = -np.inf
        row = int(np.argmax(worth - share * likeness))
        chosen.append(row)
        likeness = np.maximum(likeness, _likeness(vectors, row, metric))
    return chosen


def _likeness(vectors: FloatArray, row: int, metric: Metric) -> NDArray[np.float64]:
    """Scores of all vectors with one of them."""
    with np.errstate(over="ignore", invalid="ignore"):
        if metric is Metric.L2:
            apart = vectors - vectors[row]
            scores = -np.einsum("ij,ij->i", apart, apart)
        else:
            scores = np.einsum("ij,j->i", vectors, vectors[row])
    finite: NDArray[np.float64] = np.nan_to_num(scores.astype(np.float64))
    return finite
