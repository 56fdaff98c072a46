"""Exact search by looking at every vector: the oracle, and the way for the few or the filtered.

A first pass measures all rows in float32; whatever could be among the nearest is then measured
again in float64, row by row in one fixed way. So the answer does not depend on how a row was
stored beside others, and equal rows have equal distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, InvalidVector, NotFound, StorageError
from vecstore.spaces import FloatArray, Metric

Distances = NDArray[np.float64]
Positions = NDArray[np.intp]

# Rows measured at a time; keeps temporary arrays within a cache.
_PIECE = 1024
_VECDOT = getattr(np, "vecdot", None)
_EPSILON = float(np.finfo(np.float32).eps)


def scan(matrix: FloatArray, query: FloatArray, metric: Metric, k: int) -> tuple[Positions, Any]:
    """The ``k`` nearest rows of a matrix.

    Args:
        matrix: shape (n, dim), float32, prepared for the metric.
        query: shape (dim,), float32, prepared likewise.
        metric: how distance is measured.
        k: how many; fewer come back where there are fewer rows.

    Returns:
        Row numbers and distances (float64), nearest first; ties in row order.
    """
    rows, distances = nearest(matrix, query, metric, k)
    return rows[:k], distances[:k]


def nearest(
    matrix: FloatArray, query: FloatArray, metric: Metric, k: int
) -> tuple[Positions, Distances]:
    """As :func:`scan`, with every row that ties with the last of the ``k``."""
    rows = _candidates(matrix, query, metric, k)
    distances = measure(matrix[rows], query, metric)
    if len(distances) > k > 0:
        bound = np.partition(distances, k - 1)[k - 1]
        near = distances <= bound
        rows, distances = rows[near], distances[near]
    order = np.argsort(distances, kind="stable")
    return rows[order], distances[order]


def measure(rows: FloatArray, query: FloatArray, metric: Metric) -> Distances:
    """The distance of every row, in float64, each independent of the others.

    Args:
        rows: shape (n, dim), float32.
        query: shape (dim,), float32.
        metric: how distance is measured.

    Returns:
        Shape (n,). What is no number becomes infinity.
    """
    wide = query.astype(np.float64)
    out = np.empty(len(rows), np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(rows), _PIECE):
            piece = rows[start : start + _PIECE].astype(np.float64)
            if metric is Metric.L2:
                piece -= wide
                piece *= piece
                out[start : start + _PIECE] = piece.sum(axis=1)
            else:
                piece *= wide
                out[start : start + _PIECE] = 1.0 - piece.sum(axis=1)
    out[np.isnan(out)] = np.inf
    return out


def _candidates(matrix: FloatArray, query: FloatArray, metric: Metric, k: int) -> Positions:
    """Rows that can be among the ``k`` nearest, as far as float32 can tell."""
    if len(matrix) <= k:
        return np.arange(len(matrix))
    rough, error = _roughly(matrix, query, metric)
    if metric is not Metric.COSINE and not np.isfinite(rough).all():
        return np.arange(len(matrix))
    bound = np.partition(rough, k - 1)[k - 1]
    return np.flatnonzero(rough <= bound + 2.0 * error * (1.0 + abs(bound)))


def _roughly(matrix: FloatArray, query: FloatArray, metric: Metric) -> tuple[FloatArray, float]:
    """Distances in float32, and how far they may be off (the usual bound of a summed product)."""
    error = len(query) * _EPSILON
    with np.errstate(over="ignore", invalid="ignore"):
        if metric is Metric.L2:
            pieces = []
            for start in range(0, len(matrix), _PIECE):
                apart = matrix[start : start + _PIECE] - query
                pieces.append(np.einsum("ij,ij->i", apart, apart))
            return np.concatenate(pieces), error
        rough = 1.0 - _products(matrix, query)
        if metric is Metric.IP:
            longest = np.sqrt(np.einsum("ij,ij->i", matrix, matrix).max() * query.dot(query))
            error *= max(1.0, float(longest))
        return rough, error


def _products(matrix: FloatArray, query: FloatArray) -> FloatArray:
    """Inner products of rows with one vector, by one thread.

    Not by one product of BLAS: its threads wait for each other, for long where a graph is being
    built, or where another process has the other core. A product for each row has no such threads,
    and takes two thirds of the time of ``einsum``; NumPy has it from 2.0 on.
    """
    found: FloatArray = (
        np.einsum("ij,j->i", matrix, query) if _VECDOT is None else _VECDOT(matrix, query)
    )
    return found


class ExactIndex:
    """A :class:`~vecstore.specs.NeighbourIndex` that compares a query with every vector.

    Args:
        dim: length of the vectors.
        metric: how distance is measured; vectors come prepared for it.
        capacity: how many to make room for at first.
    """

    def __init__(self, dim: int, metric: Metric, capacity: int = 256) -> None:
        if dim < 1:
            raise InvalidArgument(f"dim is {dim}; 1 or more is needed", field="dim")
        self._dim = dim
        self._metric = metric
        self._used = 0
        self._keys: NDArray[np.int64] = np.empty(max(1, capacity), np.int64)
        self._present: NDArray[np.bool_] = np.empty(len(self._keys), np.bool_)
        self._matrix: FloatArray = np.empty((len(self._keys), dim), np.float32)

    def __len__(self) -> int:
        return self._used

    def add(self, keys: NDArray[np.int64], vectors: FloatArray) -> None:
        check_new(keys, vectors, self._dim, int(self._keys[self._used - 1]) if self._used else -1)
        end = self._used + len(keys)
        if end > len(self._keys):
            self._grow(max(end, 2 * len(self._keys)))
        self._keys[self._used : end] = keys
        self._present[self._used : end] = True
        self._matrix[self._used : end] = vectors
        self._used = end

    def remove(self, keys: NDArray[np.int64]) -> None:
        self._present[self._rows(keys)] = False

    def search(self, query: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        check_query(query, self._dim, k)
        present = self._present[: self._used]
        matrix = self._matrix[: self._used]
        if present.all():
            rows, distances = scan(matrix, query, self._metric, k)
        else:
            alive = np.flatnonzero(present)
            rows, distances = scan(matrix[alive], query, self._metric, k)
            rows = alive[rows]
        return self._keys[rows], distances.astype(np.float32)

    def search_many(self, queries: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        check_queries(queries, self._dim, k)
        return stacked([self.search(query, k) for query in queries])

    def vectors(self, keys: NDArray[np.int64]) -> FloatArray:
        return self._matrix[self._rows(keys)]

    def rows(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        held = self._keys[: self._used]
        if not len(held):
            return np.full(len(keys), -1, np.int32)
        at = np.minimum(np.searchsorted(held, keys), len(held) - 1)
        return np.where(held[at] == keys, at, -1).astype(np.int32)

    def at(self, rows: NDArray[np.int32]) -> FloatArray:
        return self._matrix[rows]

    def tend(self) -> None:
        """Nothing is to be done for plain arrays."""

    def keys(self) -> NDArray[np.int64]:
        return self._keys[: self._used].copy()

    def save(self, path: Path) -> None:
        try:
            with path.open("wb") as file:
                for array in (self._keys, self._present, self._matrix):
                    np.save(file, array[: self._used], allow_pickle=False)
        except OSError as error:
            raise StorageError(
                f"cannot write the index file {path}: {error.strerror}; make room on the disk",
                path=path,
            ) from error

    @classmethod
    def load(cls, path: Path, dim: int, metric: Metric) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            StorageError: it is not such a file, or of another dim.
        """
        try:
            with path.open("rb") as file:
                keys, present, matrix = (np.load(file, allow_pickle=False) for _ in range(3))
        except (OSError, ValueError, EOFError) as error:
            raise StorageError(f"cannot read the index file {path}: {error}", path=path) from error
        fits = keys.dtype == np.int64 and present.dtype == np.bool_ and matrix.dtype == np.float32
        if not fits or matrix.shape != (len(keys), dim) or present.shape != keys.shape:
            raise StorageError(f"the index file {path} is not one of {dim} dims", path=path)
        index = cls(dim, metric, 1)
        index._keys, index._present, index._matrix = keys, present, matrix
        index._used = len(keys)
        return index

    def _rows(self, keys: NDArray[np.int64]) -> Positions:
        held = self._keys[: self._used]
        rows = np.searchsorted(held, keys)
        known = rows < self._used
        if not (known.all() and (held[rows] == keys).all()):
            raise unknown_keys()
        return rows

    def _grow(self, capacity: int) -> None:
        for name in ("_keys", "_present", "_matrix"):
            old = getattr(self, name)
            new = np.empty((capacity, *old.shape[1:]), old.dtype)
            new[: self._used] = old[: self._used]
            setattr(self, name, new)


def check_new(keys: NDArray[np.int64], vectors: FloatArray, dim: int, last: int) -> None:
    """What may be added to an index.

    Raises:
        InvalidArgument: keys that are not ascending int64 beyond ``last``.
        InvalidVector: shape, dtype or finiteness.
    """
    if keys.dtype != np.int64 or keys.ndim != 1:
        raise InvalidArgument(
            f"keys have dtype {keys.dtype} and shape {keys.shape}; int64 and (n,) are needed",
            field="keys",
        )
    if vectors.dtype != np.float32 or vectors.shape != (len(keys), dim):
        raise InvalidVector(
            f"the vectors have dtype {vectors.dtype} and shape {vectors.shape}; float32 and "
            f"({len(keys)}, {dim}) are needed",
            field="vectors",
        )
    if len(keys) and (keys[0] <= last or (np.diff(keys) <= 0).any()):
        raise InvalidArgument(
            f"keys must ascend, and begin beyond {last}, the last one held; use every key once",
            field="keys",
        )
    if not np.isfinite(vectors).all():
        raise InvalidVector("a vector holds NaN or infinity; leave it out", field="vectors")


def check_query(query: FloatArray, dim: int, k: int) -> None:
    """What an index may be asked.

    Raises:
        InvalidArgument: k below 1.
        InvalidVector: shape, dtype or finiteness.
    """
    if query.dtype != np.float32 or query.shape != (dim,):
        raise InvalidVector(
            f"the query has dtype {query.dtype} and shape {query.shape}; float32 and ({dim},) are "
            "needed",
            field="query",
        )
    if k < 1:
        raise InvalidArgument(f"k is {k}; 1 or more is needed", field="k")
    # One pass that is finite only if all numbers are; overflow alone needs the second look.
    if not abs(query.dot(query)) < np.inf and not np.isfinite(query).all():
        raise InvalidVector("the query holds NaN or infinity; send finite numbers", field="query")


def check_queries(queries: FloatArray, dim: int, k: int) -> None:
    """What an index may be asked many at a time: see :func:`check_query`."""
    if queries.dtype != np.float32 or queries.shape[1:] != (dim,):
        raise InvalidVector(
            f"the queries have dtype {queries.dtype} and shape {queries.shape}; float32 and "
            f"(n, {dim}) are needed",
            field="query",
        )
    if k < 1:
        raise InvalidArgument(f"k is {k}; 1 or more is needed", field="k")
    if not np.isfinite(queries).all():
        raise InvalidVector("a query holds NaN or infinity; send finite numbers", field="query")


def stacked(
    answers: Sequence[tuple[NDArray[np.int64], FloatArray]],
) -> tuple[NDArray[np.int64], FloatArray]:
    """Answers of equal length as one; of none, nothing."""
    if not answers:
        return np.empty((0, 0), np.int64), np.empty((0, 0), np.float32)
    keys, distances = zip(*answers, strict=True)
    return np.stack(keys), np.stack(distances)


def unknown_keys() -> NotFound:
    """The error for keys that an index does not hold."""
    return NotFound("the index does not hold all of these keys; ask for those it was given")
