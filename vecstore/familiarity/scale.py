"""What distances are ordinary: where a query's stands among them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from vecstore.calibrations import FLAG_PERCENTILE, Basis, Unfamiliarity
from vecstore.familiarity.classes import Yardstick

FEWEST = 50
"""Distances, and queries, that a percentile needs at least."""

BLUR = 1e-6
"""Distances that differ by less, as a share of themselves, are one."""

# How much of a collection may change before its distances are measured again.
_LEEWAY = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Distances measured at one moment. Never changes.

    Args:
        distances: ascending; none where there is too little to calibrate with.
        basis: whose they are.
        source: where queries are from.
        yardstick: measures distances to classes; None for the nearest neighbour.
        records: how many vectors were live.
        turnover: of the index, when the distances were measured.
        gathered: how many queries had been gathered from use.
        note: one sentence where something is missing.
        blur: differences of this size mean nothing: graph and tail round the last bits of a
            distance differently, and among equal vectors all distances are such bits.
    """

    distances: list[float] = field(default_factory=list)
    basis: Basis = Basis.NONE
    source: str = ""
    yardstick: Yardstick | None = None
    records: int = 0
    turnover: int = 0
    gathered: int = 0
    note: str = ""
    blur: float = 0.0

    @property
    def leeway(self) -> int:
        """How many vectors may come or go before it is out of date."""
        return 0 if self.records < FEWEST else int(_LEEWAY * self.records)

    @property
    def threshold(self) -> float | None:
        """The distance past which a query is flagged: more than 95 of 100 ordinary ones are less.

        None where no queries calibrate it.
        """
        if self.basis is not Basis.QUERIES:
            return None
        return self.distances[int(FLAG_PERCENTILE * len(self.distances)) // 100]

    def place(self, distance: float) -> Unfamiliarity:
        """Where a distance stands."""
        distances = self.distances
        if not distances:
            return Unfamiliarity(distance, None, None, Basis.NONE)
        less = distance - self.blur - BLUR * abs(distance)
        percentile = 100.0 * bisect_left(distances, less) / len(distances)
        if self.basis is not Basis.QUERIES:
            return Unfamiliarity(distance, percentile, None, self.basis)
        return Unfamiliarity(distance, percentile, percentile > FLAG_PERCENTILE, Basis.QUERIES)
