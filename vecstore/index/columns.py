"""What an index is told about vectors, column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from vecstore.spaces import FloatArray

Labels = NDArray[np.int64]

Fetch = Callable[[Labels], FloatArray]
"""Labels to vectors as SQL has them: shape (len(labels), dim), float32, in the labels' order."""


class Rows(Protocol):
    """Every live vector of a field as SQL has it, without the values, by ascending label."""

    @property
    def labels(self) -> Labels:
        """Shape (n,), strictly ascending."""
        ...

    @property
    def ids(self) -> Sequence[str]:
        """The records' ids."""
        ...

    @property
    def crcs(self) -> NDArray[np.uint32]:
        """crc32 of each vector's bytes."""
        ...


def distinct(labels: Labels) -> Labels:
    """Each label once, ascending; several times as fast as ``numpy.unique`` where most differ."""
    ordered: Labels = np.sort(labels)
    if len(ordered) < 2:  # noqa: PLR2004
        return ordered
    first: Labels = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return first


class Column:
    """A one-dimensional array that grows at its end."""

    __slots__ = ("_array", "_used")

    def __init__(self, dtype: DTypeLike) -> None:
        self._array: NDArray[Any] = np.empty(0, dtype)
        self._used = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Append values."""
        needed = self._used + len(values)
        if needed > len(self._array):
            # A quarter of slack: memory per vector matters more here than copying now and then.
            grown = np.empty(max(256, needed + needed // 4), self._array.dtype)
            grown[: self._used] = self.array
            self._array = grown
        self._array[self._used : needed] = values
        self._used = needed

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the values where ``mask`` is False."""
        self._array = self.array[mask]
        self._used = len(self._array)

    @property
    def array(self) -> NDArray[Any]:
        """The values, not copied."""
        return self._array[: self._used]

    def __len__(self) -> int:
        return self._used
