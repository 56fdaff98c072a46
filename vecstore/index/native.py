"""The nearest of chosen rows of memory, by native code.

:func:`nearest_at` answers as :func:`vecstore.index.exact.nearest` does for the same vectors brought
together in a matrix, to the last bit, and in a third of the time, since it copies nothing. It is
built with the package where there is a C compiler. Once in each process it is held against NumPy,
whose order of summing it follows; where it is missing or disagrees, NumPy does the work.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vecstore.index.exact import Distances, Positions, nearest
from vecstore.spaces import FloatArray, Metric

try:
    from vecstore.index import _nearest as _native
except ImportError:
    _native = None  # type: ignore[assignment]

_CODES = {Metric.COSINE: 0, Metric.IP: 1, Metric.L2: 2}

# Vectors that it is held against NumPy with: dims on both sides of where the order of summing
# changes, more rows than are wanted, and so many wanted that rows are left over.
_DIMS, _ROWS, _WANTED = (3, 96, 129, 384, 1000), 24, 16


class Memory(NamedTuple):
    """Rows of vectors within other things.

    Args:
        whole: all of it, bytes.
        stride: bytes from row to row.
        offset: of the vector in its row.
    """

    whole: memoryview
    stride: int
    offset: int


def nearest_at(
    memory: Memory, rows: NDArray[np.int32], query: FloatArray, metric: Metric, k: int
) -> tuple[Positions, Distances]:
    """The ``k`` nearest of some rows, with every one that ties with the last.

    Only where there is :func:`native`.

    Args:
        memory: where the rows are.
        rows: their numbers, shape (n,).
        query: shape (dim,), float32; the rows' vectors are as long.
        metric: how distance is measured.
        k: how many.

    Returns:
        Positions in ``rows`` and distances, nearest first; ties in the order of ``rows``.

    Raises:
        IndexError: a row is not within the memory.
    """
    if not query.flags.c_contiguous:
        query = np.ascontiguousarray(query)
    places, distances = _native.nearest(*memory, rows, query, _CODES[metric], k)
    return np.frombuffer(places, np.intp), np.frombuffer(distances, np.float64)


def nearest_in(
    matrix: FloatArray, query: FloatArray, metric: Metric, k: int
) -> tuple[Positions, Distances]:
    """What :func:`vecstore.index.exact.nearest` answers, natively where that is possible.

    Args:
        matrix: shape (n, dim), float32.
        query: shape (dim,), float32.
        metric: how distance is measured.
        k: how many.
    """
    rows = matrix.dtype == np.float32 and matrix.flags.c_contiguous and len(matrix)
    if not rows or not native():
        return nearest(matrix, query, metric, k)
    # Where there is one row, its stride may be anything.
    memory = Memory(matrix.data.cast("B"), matrix.itemsize * matrix.shape[1], 0)
    return nearest_at(memory, np.arange(len(matrix), dtype=np.int32), query, metric, k)


@functools.cache
def native() -> bool:
    """Whether there is native code, and it agrees with NumPy."""
    return _native is not None and all(_agrees(dim, metric) for dim in _DIMS for metric in Metric)


def _agrees(dim: int, metric: Metric) -> bool:
    random: Any = np.random.default_rng(dim)
    vectors = random.standard_normal((_ROWS, dim), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    memory = Memory(memoryview(vectors).cast("B"), vectors.strides[0], 0)
    rows = random.permutation(_ROWS).astype(np.int32)
    places, distances = nearest_at(memory, rows, vectors[0], metric, _WANTED)
    expected, exactly = nearest(vectors[rows], vectors[0], metric, _WANTED)
    return np.array_equal(places, expected) and np.array_equal(distances, exactly)
