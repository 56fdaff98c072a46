"""Linear maps from the vectors of one space to those of another, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.bridges import BridgeKind
from vecstore.evaluation.intervals import mean_interval
from vecstore.evaluation.linear_maps import RIDGES, best_fit, fit_orthogonal, split_pairs
from vecstore.evaluation.map_quality import neighbours, share_interval, shared
from vecstore.evaluation.matrices import cosines, paired_cosines, unit_rows
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

_SEED = 0
_SAME = 1e-6  # cosines that differ by less differ by rounding


@dataclass(frozen=True, slots=True, eq=False)
class FittedMap:
    """A map from one space to another, and what it is worth.

    Args:
        kind: how it was fitted.
        matrix: shape (dims before, dims after), float32.
        pairs, held_out: inputs that it was fitted on, and judged on.
        recall: known-item recall@1: the share of held-out inputs whose mapped vector is nearest to
            the vector that the new encoder made of the same input, among those of all pairs.
        overlap: mean share of the 10 nearest of these that the mapped vector and the encoded one
            have in common.
    """

    kind: BridgeKind
    matrix: FloatArray
    pairs: int
    held_out: int
    recall: Figure
    overlap: Figure

    def __str__(self) -> str:
        return (
            f"the best map, fitted on {self.pairs:,} stored inputs, finds {self.recall.value:.2f} "
            f"of {self.held_out:,} others again (recall@1), and shares {self.overlap.value:.2f} of "
            "their nearest neighbours"
        )


def best_map(source: FloatArray, target: FloatArray) -> FittedMap:
    """The better of an orthogonal and a ridge map; its figures are of pairs that chose nothing.

    Args:
        source: shape (n, a), float32.
        target: shape (n, b), float32, of the same inputs; some hundreds at least.
    """
    fit, held = split_pairs(len(source), _SEED)

    def worth(matrix: FloatArray, rows: NDArray[np.int64]) -> tuple[float, float]:
        recall, overlap = _quality(source[rows] @ matrix, target, rows)
        return recall.value, overlap.value

    # Of two that are as good the rotation, which keeps distances.
    fits = [(BridgeKind.ORTHOGONAL, _scaled), *((BridgeKind.RIDGE, one) for one in RIDGES)]
    kind, matrix = best_fit(source, target, fit, fits, worth, _SEED)
    recall, overlap = _quality(source[held] @ matrix, target, held)
    return FittedMap(kind, matrix, len(fit), len(held), recall, overlap)


def _scaled(source: FloatArray, target: FloatArray) -> FloatArray:
    """The rotation, times what makes the lengths those of the new space."""
    matrix = fit_orthogonal(source, target)
    mapped = (source @ matrix).astype(np.float64)
    size = float(np.square(mapped).sum())
    return np.asarray(matrix * (float((mapped * target).sum()) / size), np.float32)


def _quality(
    mapped: FloatArray, target: FloatArray, held: NDArray[np.int64]
) -> tuple[Figure, Figure]:
    if not mapped.any(axis=1).all():
        return Figure(0.0), Figure(0.0)
    asked, there = unit_rows(mapped), unit_rows(target)
    best = cosines(asked, there).max(axis=1)
    recall = share_interval(paired_cosines(asked, there[held]) >= best - _SAME)
    these, those = neighbours(asked, there, held), neighbours(there[held], there, held)
    return recall, mean_interval(shared(these, those), _SEED)
