"""Distances to classes of records: to their prototypes, or by Mahalanobis.

Both take vectors as the index holds them (of length 1 under cosine), and can leave one vector out
of the class that it belongs to, so that a record is not held against itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.index.prepare import prepare, prepare_query
from vecstore.inputs import shorten
from vecstore.spaces import FloatArray, Metric

Wide = NDArray[np.float64]

MOST_CLASSES = 10_000
# The least variance in any direction, as a share of the mean one of all vectors.
_FLOOR = 1e-6
_TINY = 1e-9
# Characters of a class in a message.
_SHOWN = 60


class Yardstick(Protocol):
    """Measures how far a vector lies from classes."""

    def distance(self, values: FloatArray, own: str | None = None) -> float:
        """How far the nearest class is.

        Args:
            values: shape (dim,), float32.
            own: the class that this very vector was counted to; measured as if it had not been.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What is needed of the vectors of classes.

    Args:
        names: of the classes.
        counts: shape (classes,), vectors of each.
        means: shape (classes, dim).
        scatter: shape (dim, dim): the sum of outer products of the vectors, each less the mean of
            all; zeros where it was not asked for.
    """

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    means: Wide
    scatter: Wide

    @property
    def mean(self) -> Wide:
        """The mean of all vectors, shape (dim,)."""
        whole: Wide = self.counts @ self.means / self.counts.sum()
        return whole


def summed(
    pieces: Iterable[tuple[FloatArray, Sequence[str]]], dim: int, *, scatter: bool, key: str
) -> Sums:
    """The sums over vectors, piece by piece.

    Args:
        pieces: prepared vectors (n, dim) float32, and the class of each.
        dim: their length.
        scatter: whether outer products are wanted.
        key: where the classes are from, for messages.

    Raises:
        InvalidArgument: there are fewer than two classes or far too many, or no two vectors are
            of one class.
    """
    places: dict[str, int] = {}
    totals: list[Wide] = []
    counts: list[int] = []
    products = np.zeros((dim, dim))
    shift: Wide | float = 0.0
    for vectors, names in pieces:
        wide = vectors.astype(np.float64)
        # Products of what is near zero lose no digits.
        shift = shift if places else wide.mean(axis=0)
        wide -= shift
        rows = np.array([places.setdefault(name, len(places)) for name in names], np.int64)
        if len(places) > MOST_CLASSES:
            raise InvalidArgument(
                f"the label key {shorten(key)} has more than {MOST_CLASSES:,} classes; name a key "
                "with fewer values",
                field="label_key",
            )
        while len(totals) < len(places):
            totals.append(np.zeros(dim))
            counts.append(0)
        order = np.argsort(rows, kind="stable")
        present, starts, many = np.unique(rows[order], return_index=True, return_counts=True)
        for row, part, more in zip(
            present, np.add.reduceat(wide[order], starts), many.tolist(), strict=True
        ):
            totals[row] += part
            counts[row] += more
        if scatter:
            products += wide.T @ wide
    _require_classes(places, counts, key)
    number = np.array(counts, np.int64)
    means = np.stack(totals) / number[:, None]
    if scatter:
        mean = number @ means / number.sum()
        products -= number.sum() * np.outer(mean, mean)
    return Sums(tuple(places), number, means + shift, products)


def _require_classes(places: dict[str, int], counts: list[int], key: str) -> None:
    if not places:
        raise InvalidArgument(
            f"no record has a string, a whole number or a boolean under {shorten(key)}; name a key "
            "of the payload that holds its class",
            field="label_key",
        )
    first = next(iter(places))[:_SHOWN]
    if len(places) == 1:
        raise InvalidArgument(
            f"all records have one class under {shorten(key)}: {first}; two or more are needed",
            field="label_key",
        )
    if max(counts) == 1:
        raise InvalidArgument(
            f"no two records have the same value under {shorten(key)}, such as {first}; name a key "
            "that holds a class",
            field="label_key",
        )


class Prototypes:
    """The distance to the nearest class mean, by the collection's metric.

    Snell, Swersky, Zemel 2017, "Prototypical Networks for Few-shot Learning".

    Args:
        sums: of the classes.
        metric: how distance is measured.
    """

    def __init__(self, sums: Sums, metric: Metric) -> None:
        self._sums = sums
        self._metric = metric
        self._places = {name: place for place, name in enumerate(sums.names)}
        self._points = self._prepared(sums.means)

    def distance(self, values: FloatArray, own: str | None = None) -> float:
        query = prepare_query(values, self._metric)[0].astype(np.float64)
        distances = self._to(self._points, query)
        place = None if own is None else self._places.get(own)
        if place is not None:
            count = int(self._sums.counts[place])
            distances[place] = np.inf
            if count > 1:
                rest = (count * self._sums.means[place] - query) / (count - 1)
                distances[place] = self._to(self._prepared(rest[None]), query)[0]
        return float(distances.min())

    def _prepared(self, means: Wide) -> Wide:
        # Distances leave float32 where vectors are long; infinitely far would be nowhere.
        return prepare(means.astype(np.float32), self._metric).astype(np.float64)

    def _to(self, points: Wide, query: Wide) -> Wide:
        if self._metric is Metric.L2:
            return _squares(points - query)
        similar: Wide = points @ query
        return 1.0 - similar


class Mahalanobis:
    """The relative Mahalanobis distance to the nearest class.

    Ren et al. 2021, "A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection": the
    squared distance to a class under the covariance that all classes share, less that to the mean
    of all vectors under the covariance of all. It may be negative. Where there are fewer vectors
    than dims, covariances are shrunk as by Chen et al. 2010, "Shrinkage Algorithms for MMSE
    Covariance Estimation" (OAS).

    Args:
        sums: of the classes, with their scatter.
        metric: how vectors are prepared.
    """

    def __init__(self, sums: Sums, metric: Metric) -> None:
        self._counts = sums.counts
        self._metric = metric
        self._places = {name: place for place, name in enumerate(sums.names)}
        total = int(sums.counts.sum())
        self._mean = sums.mean
        between = sums.means - self._mean
        within = sums.scatter - (between.T * sums.counts) @ between
        floor = _FLOOR * float(np.trace(sums.scatter)) / (total * len(between[0])) or 1.0
        self._inner = _Whitened(within, total, total - len(sums.names), floor)
        self._outer = _Whitened(sums.scatter, total, total - 1, floor)
        self._points = between @ self._inner.matrix

    def distance(self, values: FloatArray, own: str | None = None) -> float:
        query, _ = prepare_query(values, self._metric)
        apart = query.astype(np.float64) - self._mean
        inner, outer = apart @ self._inner.matrix, apart @ self._outer.matrix
        place = None if own is None else self._places.get(own)
        if place is not None:
            return self._without(inner, outer, place)
        return float(_squares(inner - self._points).min() - outer @ outer)

    def _without(self, inner: Wide, outer: Wide, place: int) -> float:
        """As if the vector itself were in no mean and in no covariance."""
        count, total = int(self._counts[place]), int(self._counts.sum())
        left = inner - self._points[place]
        apart = inner - self._points
        apart[place] = left * (count / max(1, count - 1))
        weight = count / (count - 1) if count > 1 else 0.0
        distances = self._inner.without(apart, left, weight)
        if count == 1:
            distances[place] = np.inf
        weight = total / (total - 1)
        background = self._outer.without(weight * outer[None], outer, weight)
        return float(distances.min() - background[0])


class _Whitened:
    """A covariance, as the matrix that makes it the identity.

    Args:
        scatter: shape (dim, dim); the covariance is this divided by ``total``.
        total: vectors that it is made of.
        free: how many of them could differ.
        floor: variances below it count as this.

    Attributes:
        matrix: shape (dim, dim): squared lengths after it are squared Mahalanobis distances.
    """

    def __init__(self, scatter: Wide, total: int, free: int, floor: float) -> None:
        self._total = total
        covariance = scatter / total
        if free < len(covariance):
            covariance = _shrunk(covariance, total)
        spread, axes = np.linalg.eigh(covariance)
        self.matrix: Wide = axes / np.sqrt(np.maximum(spread, floor))

    def without(self, apart: Wide, left: Wide, weight: float) -> Wide:
        """Squared lengths of rows, as if a vector were not in the covariance.

        Sherman and Morrison's formula for taking one outer product out of a scatter.

        Args:
            apart: shape (n, dim), whitened.
            left: shape (dim,), whitened: the vector less the mean that it was counted to.
            weight: of its outer product.
        """
        share = weight / self._total
        rest = max(_TINY, 1.0 - share * float(left @ left))
        taken: Wide = _squares(apart) + share * (apart @ left) ** 2 / rest
        return taken * ((self._total - 1) / self._total)


def _shrunk(covariance: Wide, total: int) -> Wide:
    dim = len(covariance)
    trace, square = float(np.trace(covariance)), float((covariance * covariance).sum())
    # As in scikit-learn, without the terms that vanish where there are many dims.
    above = square + trace * trace
    below = (total + 1.0) * (square - trace * trace / dim)
    share = 1.0 if below <= 0 else min(1.0, above / below)
    target = np.eye(dim) * (trace / dim)
    shrunk: Wide = (1.0 - share) * covariance + share * target
    return shrunk


def _squares(rows: Wide) -> Wide:
    squares: Wide = np.einsum("ij,ij->i", rows, rows)
    return squares
