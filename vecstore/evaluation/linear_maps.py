"""Linear maps from one space to another, fitted on pairs of vectors of the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.spaces import FloatArray

K = TypeVar("K")

Fit = Callable[[FloatArray, FloatArray], FloatArray]
"""(shape (n, a), shape (n, b)) -> shape (a, b)."""

Worth = Callable[[FloatArray, NDArray[np.int64]], tuple[float, float]]
"""(a map, rows) -> how good it is for these; of more than one number the first counts first."""

# One of so many pairs judges, and is fitted on by nobody.
_JUDGES = 5


def fit_orthogonal(source: FloatArray, target: FloatArray) -> FloatArray:
    """The rotation (or reflection) that brings a space nearest to another one.

    Orthogonal Procrustes (Schönemann 1966, "A generalized solution of the orthogonal Procrustes
    problem"). Where the dims differ the map is the nearest one with orthonormal rows or columns.

    Args:
        source: shape (n, a), float32.
        target: shape (n, b), float32, of the same inputs.

    Returns:
        Shape (a, b), float32: ``source @ it`` is near ``target``.

    Raises:
        InvalidArgument: the rows are not as many, or none.
    """
    before, after = _checked(source, target)
    left, _, right = np.linalg.svd(before.T @ after, full_matrices=False)
    rotation: FloatArray = (left @ right).astype(np.float32)
    return rotation


def fit_ridge(source: FloatArray, target: FloatArray, penalty: float) -> FloatArray:
    """The linear map of least squares with a penalty (Hoerl and Kennard 1970, "Ridge regression").

    Args:
        source: shape (n, a), float32.
        target: shape (n, b), float32, of the same inputs.
        penalty: above 0, as a share of the mean square of the source's singular values; greater
            for fewer pairs.

    Returns:
        Shape (a, b), float32.

    Raises:
        InvalidArgument: the rows are not as many, or none.
    """
    before, after = _checked(source, target)
    gram = before.T @ before
    weight = penalty * np.trace(gram) / len(gram)
    solved = np.linalg.solve(gram + weight * np.eye(len(gram)), before.T @ after)
    mapped: FloatArray = solved.astype(np.float32)
    return mapped


RIDGES: tuple[Fit, ...] = tuple(partial(fit_ridge, penalty=one) for one in (0.1, 0.01, 1.0))
"""Ridge maps, from which one is to be chosen."""


def split_pairs(
    rows: NDArray[np.int64] | int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of pairs to fit a map on, and of those to judge it by: one of five, drawn by chance.

    Args:
        rows: which there are, or how many.
        seed: of the draw.
    """
    order = np.random.default_rng(seed).permutation(rows)
    return order[len(order) // _JUDGES :], order[: len(order) // _JUDGES]


def best_fit(
    source: FloatArray,
    target: FloatArray,
    rows: NDArray[np.int64],
    fits: Sequence[tuple[K, Fit]],
    worth: Worth,
    seed: int,
) -> tuple[K, FloatArray]:
    """The map of several that is worth most, by no other pairs than those it may be fitted on.

    Each is fitted on four fifths of them and judged by the last fifth, and the best one is fitted
    anew on all. Whatever else is held out then says what it is worth, for it chose nothing.

    Args:
        source: shape (n, a), float32.
        target: shape (n, b), float32, of the same inputs.
        rows: of the pairs that may be looked at.
        fits: the ways to fit one, by what each is called; the first of several that are as good.
        worth: of a map, by the pairs of these rows.
        seed: of the draw.

    Returns:
        What it is called, and the map, shape (a, b), float32.
    """
    some, judges = split_pairs(rows, seed)
    worths = [worth(fit(source[some], target[some]), judges) for _, fit in fits]
    name, fit = fits[max(range(len(fits)), key=worths.__getitem__)]
    return name, fit(source[rows], target[rows])


def _checked(
    source: FloatArray, target: FloatArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(source) != len(target) or not len(source):
        raise InvalidArgument(
            f"{len(source)} vectors of one space and {len(target)} of the other; a map is fitted "
            "on as many of both, of the same inputs",
            field="pairs",
        )
    return source.astype(np.float64), target.astype(np.float64)
