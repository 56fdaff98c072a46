"""How two vectors of one space compare."""

from __future__ import annotations

import numpy as np

from vecstore.errors import InvalidArgument
from vecstore.records import Comparison
from vecstore.spaces import FloatArray, Metric


def as_metric(metric: str | Metric) -> Metric:
    """A metric by its name.

    Raises:
        InvalidArgument: there is none of this name.
    """
    try:
        return Metric(metric)
    except ValueError:
        raise InvalidArgument(
            f"metric is {metric!r}; cosine, ip or l2 is needed", field="metric"
        ) from None


def compare_values(a: FloatArray, b: FloatArray, metric: Metric) -> Comparison:
    """Distance and score of two vectors (dim,), computed in float64; not zero under cosine."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    if metric is Metric.L2:
        distance = float(((x - y) ** 2).sum())
        return Comparison(distance, -distance)
    score = float(x @ y)
    if metric is Metric.COSINE:
        score /= float(np.linalg.norm(x) * np.linalg.norm(y))
    return Comparison(1.0 - score, score)
