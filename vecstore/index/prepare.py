"""What is done to a vector before an index sees it, by metric."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidVector
from vecstore.spaces import FloatArray, Metric

# Beyond this length a squared distance can leave float32, and a graph would compare infinities.
MAX_NORM = 4e18
_MAX_SQUARE = MAX_NORM**2
_MIN_SQUARE = 1e-30

_PIECE = 64  # vectors

# A squared length this near to 1 is 1 as far as float32 can say.
_UNIT_BLUR = 5e-7


def prepare(values: FloatArray, metric: Metric) -> FloatArray:
    """Vectors as the index holds them: of length 1 under cosine, unchanged otherwise.

    Args:
        values: shape (n, dim), float32.
        metric: the collection's metric.

    Returns:
        The same shape, float32, contiguous. A row does not depend on its neighbours, so equal
        rows stay equal.
    """
    if metric is not Metric.COSINE:
        return np.ascontiguousarray(values, np.float32)
    unit = np.empty(values.shape, np.float32)
    # In pieces: what is of twice the width stays in the cache then.
    for start in range(0, len(values), _PIECE):
        wide = values[start : start + _PIECE].astype(np.float64)
        norms = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
        norms[norms == 0.0] = 1.0
        unit[start : start + _PIECE] = wide / norms
    return unit


def fit(values: FloatArray) -> NDArray[np.bool_]:
    """Which prepared vectors of shape (n, dim) a graph may hold: finite, and not too long."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", values, values)
        return np.asarray(squares < _MAX_SQUARE)


def prepare_query(values: FloatArray, metric: Metric) -> tuple[FloatArray, bool]:
    """One vector, prepared, and whether a graph may be asked with it.

    Dtype and length are left to the index's own check; this is the hot path.

    Args:
        values: shape (dim,), float32.
        metric: the collection's metric.

    Raises:
        InvalidVector: it is not finite, or no one-dimensional array.
    """
    try:
        square = float(values.dot(values))
    except (ValueError, TypeError) as error:
        raise InvalidVector(
            f"the query has shape {values.shape}; one dimension is needed", field="query"
        ) from error
    if metric is Metric.COSINE:
        if abs(square - 1.0) < _UNIT_BLUR:
            return values, True
        if _MIN_SQUARE < square < _MAX_SQUARE:
            return values * (1.0 / math.sqrt(square)), True
    elif square < _MAX_SQUARE:
        return values, True
    if not np.isfinite(values).all():
        raise InvalidVector("the query holds NaN or infinity; send finite numbers", field="query")
    return prepare(values[None], metric)[0], metric is Metric.COSINE
