"""Where the vector of a key stands: keys to row numbers, in four bytes each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Column, Labels

Places32 = NDArray[np.int32]

NOWHERE = -1

# Keys may be sparse, for all fields of a store draw from one sequence. Beyond this many places for
# each key the array is given up, and sorted columns serve instead, slower and of 12 bytes a key.
_PLACES = 4
_FEWEST_PLACES = 4096


class Places:
    """Keys, which ascend as they come, and a number for each that may change.

    One array holds the numbers by key. Its first and last places are empty for good, so that keys
    out of range, which are clipped to these, are found nowhere.
    """

    def __init__(self) -> None:
        self._array: Places32 | None = np.full(2, NOWHERE, np.int32)
        self._before = 0
        self._keys = Column(np.int64)
        self._numbers = Column(np.int32)
        self._count = 0

    def put(self, keys: Labels, numbers: Places32) -> None:
        """Add keys, ascending and greater than any before."""
        if not len(keys):
            return
        if self._array is None:
            self._keys.extend(keys)
            self._numbers.extend(numbers)
            return
        if not self._count:
            self._before = int(keys[0]) - 1
        self._count += len(keys)
        needed = int(keys[-1]) - self._before + 2
        if needed > max(_FEWEST_PLACES, _PLACES * self._count):
            self._spread(keys, numbers)
            return
        if needed > len(self._array):
            grown = np.full(needed + needed // 8, NOWHERE, np.int32)
            grown[: len(self._array)] = self._array
            self._array = grown
        self._array[keys - self._before] = numbers

    def get(self, keys: Labels) -> Places32:
        """The number of each key, shape (n,); ``NOWHERE`` where it is not held."""
        if self._array is not None:
            found: Places32 = self._array.take(keys - self._before, mode="clip")
            return found
        held = self._keys.array
        if not len(held):
            return np.full(len(keys), NOWHERE, np.int32)
        at = np.minimum(np.searchsorted(held, keys), len(held) - 1)
        return np.where(held[at] == keys, self._numbers.array[at], np.int32(NOWHERE))

    def move(self, key: int, number: int) -> None:
        """Give a key that is held another number."""
        if self._array is not None:
            self._array[key - self._before] = number
        else:
            held = self._keys.array
            self._numbers.array[int(np.searchsorted(held, key))] = number

    def _spread(self, keys: Labels, numbers: Places32) -> None:
        array, self._array = self._array, None
        assert array is not None  # noqa: S101 - only called while there is one
        at = np.flatnonzero(array != NOWHERE)
        self._keys.extend(at.astype(np.int64) + self._before)
        self._numbers.extend(array[at])
        self.put(keys, numbers)
