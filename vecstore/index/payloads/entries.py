"""Entries of one key and one type of value: sorted runs, and what came last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from vecstore.index.payloads.runs import Run, Slots

# Entries that are sorted anew after each write, before they become a run; and how many times
# longer than the next a run is at least, so that there are few and each entry is moved seldom.
_LOOSE = 256
_LONGER = 4


class Entries:
    """What one type of value holds. One thread changes it; readers go by the lock of the index.

    Args:
        make: makes a run of values and slots in any order.
    """

    __slots__ = ("_last", "_make", "_slots", "_values", "runs")

    def __init__(self, make: Callable[[Any, Any], Any], runs: Sequence[Run] = ()) -> None:
        self._make = make
        self.runs = list(runs)
        self._values: list[Any] = []
        self._slots: list[int] = []
        self._last: Run | None = None

    def __iter__(self) -> Iterator[Run]:
        """The runs, the last entries among them. Under a lock."""
        yield from self.runs
        if self._values:
            last = self._last
            if last is None:
                last = self._last = self._make(self._values, self._slots)
            yield last

    def add(self, values: Sequence[Any], slots: Sequence[int]) -> None:
        """Append entries. Under the exclusive lock."""
        self._values.extend(values)
        self._slots.extend(slots)
        self._last = None

    @property
    def loose(self) -> bool:
        """Whether there are so many entries outside the runs that they should become one."""
        return len(self._values) > _LOOSE

    def settled(self) -> list[Run]:
        """The runs that there should be, all entries in them. Changes nothing, needs no lock."""
        runs = [*self.runs]
        if self._values:
            runs.append(self._make(self._values, self._slots))
        while len(runs) > 1 and len(runs[-2].slots) < _LONGER * len(runs[-1].slots):
            last = runs.pop()
            runs[-1] = runs[-1].joined(last)
        return runs

    def settle(self, runs: list[Run]) -> None:
        """Go on with what :meth:`settled` gave. Under the exclusive lock."""
        self.runs = runs
        self._values, self._slots, self._last = [], [], None

    def renumbered(self, numbers: Slots) -> Entries:
        """All entries in one run, with new numbers of their slots; see :meth:`Run.renumbered`."""
        runs = self.settled()
        while len(runs) > 1:
            last = runs.pop()
            runs[-1] = runs[-1].joined(last)
        return Entries(self._make, [run.renumbered(numbers) for run in runs])


NO_SLOTS: Slots = np.empty(0, np.int32)
