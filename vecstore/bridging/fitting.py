"""The better of two maps from the queries of a newer model to the vectors of an older one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vecstore.bridges import FIGURES, BridgeFigure, BridgeKind, BridgeMap
from vecstore.evaluation.intervals import mean_interval
from vecstore.evaluation.linear_maps import RIDGES, best_fit, fit_orthogonal, split_pairs
from vecstore.evaluation.map_quality import (
    neighbours,
    ratio_interval,
    share_interval,
    shared,
)
from vecstore.evaluation.matrices import unit_rows
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

MIN_RECALL = 0.90
"""Known-item recall@1, below which a bridge is refused unless it is forced."""

RECALL, OVERLAP, CEILING, OF_CEILING = FIGURES

# Of each query, whether it finds its record, and what share of its neighbours is right.
Quality = tuple[NDArray[np.bool_], list[float]]


class Finds(Protocol):
    """Whether mapped queries find their own records."""

    def __call__(self, mapped: FloatArray, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Of each query, shape (q, dim), the row of its pair is told, shape (q,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FittedBridge:
    """A map, and what it is worth.

    Args:
        map: the map.
        pairs, held_out: inputs that it was fitted on, and judged on.
        figures: see :class:`vecstore.bridges.BridgeInfo`.
    """

    map: BridgeMap
    pairs: int
    held_out: int
    figures: dict[str, BridgeFigure]


def fit_best(source: FloatArray, target: FloatArray, finds: Finds, seed: int) -> FittedBridge:
    """Fit both kinds of map, choose, and judge the chosen one by queries that were held out.

    Those that choose are among those that it is fitted on, so that the figures are of queries that
    had no part in either.

    Args:
        source: shape (n, a), float32: the newer model's queries.
        target: shape (n, b), float32: stored vectors of the same inputs.
        finds: asks all records of the field.
        seed: of what is held out, of what chooses, and of the intervals.

    Returns:
        The map that finds more of its own records, or has more neighbours in common with the
        stored vectors where both find as many. Neighbours are counted by cosine among all pairs,
        and so is the ceiling: what the newer model's own neighbours have in common with those of
        the stored vectors. A map that was fitted to the older space can lie above it.
    """
    asked = unit_rows(source)
    fit, held = split_pairs(len(source), seed)

    def quality(one: BridgeMap, rows: NDArray[np.int64]) -> Quality:
        mapped = one.apply(asked[rows])
        if not mapped.any(axis=1).all():
            return np.zeros(len(rows), np.bool_), [0.0] * len(rows)
        own = neighbours(target[rows], target, rows)
        return finds(mapped, rows), shared(neighbours(mapped, target, rows), own)

    def worth(matrix: FloatArray, rows: NDArray[np.int64]) -> tuple[float, float]:
        # The kind changes nothing of what a map does.
        found, common = quality(BridgeMap(BridgeKind.RIDGE, matrix), rows)
        return float(found.mean()), float(np.mean(common))

    # Of two that are as good the rotation, which keeps distances.
    fits = [(BridgeKind.ORTHOGONAL, fit_orthogonal), *((BridgeKind.RIDGE, one) for one in RIDGES)]
    chosen = BridgeMap(*best_fit(asked, target, fit, fits, worth, seed))
    found, common = quality(chosen, held)
    own = neighbours(target[held], target, held)
    ceiling = shared(neighbours(source[held], source, held), own)
    figures = {
        RECALL: share_interval(found),
        OVERLAP: mean_interval(common, seed),
        CEILING: mean_interval(ceiling, seed),
        OF_CEILING: ratio_interval(common, ceiling, seed),
    }
    told = {name: _figure(one) for name, one in figures.items() if one is not None}
    return FittedBridge(chosen, len(fit), len(held), told)


def _figure(found: Figure) -> BridgeFigure:
    low = found.value if found.low is None else found.low
    high = found.value if found.high is None else found.high
    return BridgeFigure(found.value, low, high)
