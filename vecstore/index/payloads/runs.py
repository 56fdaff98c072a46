"""Sorted values of one type, each with the slot of the payload that has it. Never changed."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.int32]
Tally = list[tuple[Any, int]]

_INT64 = np.iinfo(np.int64)


class Run(Protocol):
    """Entries (value, slot), by value. Places are counted in entries."""

    slots: Slots

    def span(self, value: Any) -> tuple[int, int]:
        """The places of the entries that equal a value: from, until."""
        ...

    def place(self, value: Any, *, after: bool) -> int:
        """The one end of :meth:`span`, or, with ``after``, the other."""
        ...

    def holding(self, part: str) -> Slots:
        """Slots of strings that have ``part`` somewhere."""
        ...

    def beginning(self, prefix: str) -> tuple[int, int]:
        """The places of strings that begin so."""
        ...

    def joined(self, other: Self) -> Self:
        """Both runs as one."""
        ...

    def tallied(self, counting: NDArray[np.bool_], most: int) -> Tally | None:
        """Each value with how many of its entries count, by slot; None for more values."""
        ...

    def renumbered(self, numbers: Slots) -> Self:
        """With ``numbers[slot]`` for every slot, less those that are below 0."""
        ...


class _Plain:
    """A run of plain numbers.

    Args:
        values: ascending.
        slots: shape (len(values),).
    """

    __slots__ = ("slots", "values")

    dtype: type[np.generic]

    def __init__(self, values: NDArray[Any], slots: Slots) -> None:
        self.values = values
        self.slots = slots

    @classmethod
    def of(cls, values: Sequence[Any] | NDArray[Any], slots: Sequence[int] | Slots) -> Self:
        """Entries in any order."""
        array, numbers = np.asarray(values, cls.dtype), np.asarray(slots, np.int32)
        order = np.argsort(array, kind="stable")
        return cls(array[order], numbers[order])

    def span(self, value: Any) -> tuple[int, int]:
        """See :class:`Run`."""
        left = self.values.searchsorted(value, "left")
        return int(left), int(self.values.searchsorted(value, "right"))

    def place(self, value: Any, *, after: bool) -> int:
        """See :class:`Run`."""
        return self.span(value)[after]

    def holding(self, part: str) -> Slots:
        raise NotImplementedError(part)

    def beginning(self, prefix: str) -> tuple[int, int]:
        raise NotImplementedError(prefix)

    def joined(self, other: Self) -> Self:
        """Both runs as one."""
        return self.of(
            np.concatenate([self.values, other.values]), np.concatenate([self.slots, other.slots])
        )

    def tallied(self, counting: NDArray[np.bool_], most: int) -> Tally | None:
        """See :class:`Run`."""
        if not len(self.values):
            return []
        first = np.flatnonzero(np.r_[True, self.values[1:] != self.values[:-1]])
        if len(first) > most:
            return None
        counts = np.add.reduceat(counting[self.slots], first, dtype=np.int64)
        return list(zip(self.values[first].tolist(), counts.tolist(), strict=True))

    def renumbered(self, numbers: Slots) -> Self:
        """See :class:`Run`."""
        new = numbers[self.slots]
        kept = new >= 0
        return type(self)(self.values[kept], new[kept])


class Flags(_Plain):
    """Small codes."""

    __slots__ = ()

    dtype = np.int8


class Floats(_Plain):
    """Numbers that float64 holds exactly; compared with integers and floats alike."""

    __slots__ = ()

    dtype = np.float64

    def span(self, value: float) -> tuple[int, int]:
        """The places of what equals a number; empty, where it would stand, if nothing does."""
        return self.place(value, after=False), self.place(value, after=True)

    def place(self, value: float, *, after: bool) -> int:
        """See :class:`Run`."""
        near = float(value)
        if near != value:
            # The number lies between two floats; Python compares it exactly with its neighbour.
            after = near < value
        return int(self.values.searchsorted(near, "right" if after else "left"))


class Integers(_Plain):
    """Integers of 64 bits."""

    __slots__ = ()

    dtype = np.int64

    def span(self, value: float) -> tuple[int, int]:
        """The places of what equals a number; empty, where it would stand, if nothing does."""
        if value < _INT64.min:
            return 0, 0
        if value > _INT64.max:
            return len(self.values), len(self.values)
        whole = math.floor(value)
        right = int(self.values.searchsorted(np.int64(whole), "right"))
        if whole != value:
            return right, right
        return int(self.values.searchsorted(np.int64(whole), "left")), right


class Strings:
    """Strings by code point.

    Args:
        values: every string once, ascending.
        starts: shape (len(values) + 1,): the place of each one's first entry.
        slots: by string.
    """

    __slots__ = ("slots", "starts", "values")

    def __init__(self, values: list[str], starts: Slots, slots: Slots) -> None:
        self.values = values
        self.starts = starts
        self.slots = slots

    @classmethod
    def of(cls, values: Sequence[str], slots: Sequence[int] | Slots) -> Self:
        """Entries in any order."""
        strings = sorted(set(values))
        places = {string: place for place, string in enumerate(strings)}
        ranks = np.fromiter(map(places.__getitem__, values), np.int32, len(values))
        return cls._ranked(strings, ranks, np.asarray(slots, np.int32))

    @classmethod
    def _ranked(cls, strings: list[str], ranks: Slots, slots: Slots) -> Self:
        order = np.argsort(ranks, kind="stable")
        counts = np.bincount(ranks, minlength=len(strings))
        starts = np.zeros(len(strings) + 1, np.int32)
        np.cumsum(counts, out=starts[1:])
        return cls(strings, starts, slots[order])

    def span(self, value: str) -> tuple[int, int]:
        """See :class:`Run`."""
        place = bisect.bisect_left(self.values, value)
        start = int(self.starts[place])
        if place < len(self.values) and self.values[place] == value:
            return start, int(self.starts[place + 1])
        return start, start

    def place(self, value: str, *, after: bool) -> int:
        """See :class:`Run`."""
        return self.span(value)[after]

    def beginning(self, prefix: str) -> tuple[int, int]:
        """See :class:`Run`."""
        first = bisect.bisect_left(self.values, prefix)
        last = bisect.bisect_right(
            self.values, prefix, first, key=lambda string: string[: len(prefix)]
        )
        return int(self.starts[first]), int(self.starts[last])

    def holding(self, part: str) -> Slots:
        """See :class:`Run`."""
        found = np.fromiter((part in string for string in self.values), np.bool_, len(self.values))
        return self.slots[np.repeat(found, np.diff(self.starts))]

    def joined(self, other: Self) -> Self:
        """Both runs as one."""
        strings = sorted({*self.values, *other.values})
        places = {string: place for place, string in enumerate(strings)}
        ranks = [
            np.repeat(
                np.fromiter(map(places.__getitem__, run.values), np.int32, len(run.values)),
                np.diff(run.starts),
            )
            for run in (self, other)
        ]
        slots = np.concatenate([self.slots, other.slots])
        return self._ranked(strings, np.concatenate(ranks), slots)

    def tallied(self, counting: NDArray[np.bool_], most: int) -> Tally | None:
        """See :class:`Run`."""
        if len(self.values) > most:
            return None
        before = np.r_[0, np.cumsum(counting[self.slots], dtype=np.int64)]
        counts = np.diff(before[self.starts])
        return list(zip(self.values, counts.tolist(), strict=True))

    def renumbered(self, numbers: Slots) -> Self:
        """See :class:`Run`."""
        new = numbers[self.slots]
        ranks = np.repeat(np.arange(len(self.values), dtype=np.int32), np.diff(self.starts))
        kept = new >= 0
        used, again = np.unique(ranks[kept], return_inverse=True)
        strings = [self.values[rank] for rank in used.tolist()]
        return self._ranked(strings, again.astype(np.int32), new[kept])
