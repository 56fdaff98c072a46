"""Record ids by label, in one array: the hot path's way from a hit to its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels

# Labels may be sparse, for all fields of a store draw from one sequence. Beyond this many places
# for each live label the array is given up, and the dictionary serves alone.
_PLACES = 4
_FEWEST_PLACES = 4096


class Names:
    """What the index's dictionary of live labels says, once more, for looking up many at a time.

    A dictionary costs three or four cache misses for each label, one after the other; this one
    or two, side by side. Changed under the exclusive lock only.
    """

    def __init__(self) -> None:
        self._array: NDArray[np.object_] | None = np.empty(0, np.object_)
        self._first = -1
        self._live = 0

    def begin(self, first: int, labels: Labels, ids: Sequence[str]) -> None:
        """Set out with labels that are live.

        Args:
            first: no label below this one will be looked up.
            labels: ascending, none below ``first``.
            ids: their records' ids.
        """
        self._first = first
        self.put(labels, ids)

    def put(self, labels: Labels, ids: Sequence[str]) -> None:
        """Add labels, ascending and greater than any before."""
        if self._array is None or not len(labels):
            return
        if self._first < 0:
            self._first = int(labels[0])
        self._live += len(labels)
        needed = int(labels[-1]) + 1 - self._first
        if needed > max(_FEWEST_PLACES, _PLACES * self._live):
            self._array = None
            return
        if needed > len(self._array):
            grown = np.empty(needed + needed // 4, np.object_)
            grown[: len(self._array)] = self._array
            self._array = grown
        self._array[labels - self._first] = ids

    def drop(self, label: int) -> None:
        """A label has died."""
        if self._array is not None:
            self._live -= 1
            self._array[label - self._first] = None

    def get(self, labels: Labels, otherwise: dict[int, str]) -> list[Any]:
        """The id for each label, None where it is not live.

        Args:
            labels: int64, all known once, so none is out of range.
            otherwise: asked where the labels are too sparse for an array.
        """
        if self._array is None:
            return list(map(otherwise.get, labels.tolist()))
        found: list[Any] = self._array[labels - self._first].tolist()
        return found
