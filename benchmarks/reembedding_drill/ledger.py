"""What the clients of the drill know: which records there are, and what went wrong."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

MILLI = 1e3
# Faults that are shown; the rest is counted.
SHOWN = 10


class Ledger:
    """Acknowledged writes, seconds of searches by phase, and faults. Used by several threads.

    Args:
        texts: by record id, as they were stored before.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._gate = threading.Lock()
        self._texts = dict(texts)
        self._written: dict[str, str] = {}
        self._deleted: frozenset[str] = frozenset()
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._faults: list[str] = []
        self.writes = 0
        self.unavailable = 0

    def done(self, texts: Mapping[str, str], deleted: Iterable[str] = ()) -> None:
        """A write was acknowledged."""
        with self._gate:
            self.writes += 1
            self._texts.update(texts)
            self._written.update(texts)
            gone = list(deleted)
            for one in gone:
                self._texts.pop(one, None)
                self._written.pop(one, None)
            self._deleted |= frozenset(gone)

    def took(self, phase: str, seconds: float) -> None:
        """A search was answered."""
        with self._gate:
            self._seconds[phase].append(seconds)

    def fault(self, what: str) -> None:
        """Something that must not be."""
        with self._gate:
            self._faults.append(what)

    def refused(self) -> None:
        """A call found no server while there was none."""
        with self._gate:
            self.unavailable += 1

    @property
    def faults(self) -> list[str]:
        with self._gate:
            return list(self._faults)

    @property
    def deleted(self) -> frozenset[str]:
        """Ids that are gone, and are never used again."""
        return self._deleted

    def texts(self) -> dict[str, str]:
        """Every record that there is, by id."""
        with self._gate:
            return dict(self._texts)

    def written(self) -> dict[str, str]:
        """Of these, those that were written since the drill began."""
        with self._gate:
            return dict(self._written)

    def percentiles(self, phase: str) -> str:
        """The median and the 99th percentile of searches, in words."""
        with self._gate:
            seconds = self._seconds[phase]
            if not seconds:
                return "none"
            middle, slow = np.percentile(seconds, [50, 99]) * MILLI
            return f"{middle:.1f} / {slow:.1f} ms ({len(seconds):,})"
