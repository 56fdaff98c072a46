"""Linear maps from one space to another, fitted on pairs of vectors of the same inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.spaces import FloatArray

PENALTY = 0.1
"""Of ridge, as a share of the mean square of the source's singular values."""


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


def fit_ridge(source: FloatArray, target: FloatArray, penalty: float = PENALTY) -> FloatArray:
    """The linear map of least squares with a penalty (Hoerl and Kennard 1970, "Ridge regression").

    Args:
        source: shape (n, a), float32.
        target: shape (n, b), float32, of the same inputs.
        penalty: above 0, see :data:`PENALTY`; greater for fewer pairs.

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
