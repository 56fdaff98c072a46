"""Which classes the clusters mix, as a table of shades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_SHOWN = 12
_DARK = 0.5


@dataclass(frozen=True, slots=True)
class Shade:
    """One cell: the share of a class (0 to 1) that one cluster took."""

    share: float

    @property
    def text(self) -> str:
        """In percent; empty for nothing."""
        return f"{100 * self.share:.0f}" if self.share >= 0.005 else ""  # noqa: PLR2004

    @property
    def dark(self) -> bool:
        """Whether white letters are read better on it."""
        return self.share > _DARK


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The clusters against the classes.

    Args:
        columns: clusters, by the class that each stands for.
        rows: (class, its cells, its share in clusters that are not shown).
        left_out: how many classes are not shown.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Shade, ...], Shade], ...]
    left_out: int


def heat_map(confusion: NDArray[np.int64], classes: Sequence[str]) -> HeatMap:
    """A heat map of all classes, or of those that are mixed most.

    Args:
        confusion: shape (classes, clusters); column j is the cluster that stands for class j.
        classes: of the rows.
    """
    shares = confusion / np.maximum(1, confusion.sum(axis=1, keepdims=True))
    kept = _most_mixed(shares, MOST_SHOWN)
    inside = [row for row in kept if row < confusion.shape[1]]
    shown = shares[np.ix_(kept, inside)]
    return HeatMap(
        columns=tuple(classes[row] for row in inside),
        rows=tuple(
            (
                classes[row],
                tuple(Shade(float(share)) for share in cells),
                Shade(float(max(0.0, 1.0 - cells.sum()))),
            )
            for row, cells in zip(kept, shown, strict=True)
        ),
        left_out=len(classes) - len(kept),
    )


def _most_mixed(shares: NDArray[np.float64], most: int) -> list[int]:
    """The classes of the largest cells off the diagonal, both of each, in the classes' order."""
    count = len(shares)
    if count <= most:
        return list(range(count))
    off = shares.copy()
    np.fill_diagonal(off, 0.0)
    chosen: dict[int, None] = {}
    for place in np.argsort(-off, axis=None, kind="stable"):
        row, column = divmod(int(place), shares.shape[1])
        for one in (row, column):
            if len(chosen) < most and one < count:
                chosen[one] = None
        if len(chosen) == most:
            break
    return sorted(chosen)
