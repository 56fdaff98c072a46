"""The texts that have one word, and what the word gives to each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]

# A word more often in one text counts as so often; PostgreSQL keeps no more places of one.
MOST_TIMES = 255
# So many postings of a word wait to be put with the others, beside an eighth of these.
_FRESH = 1_000
# So many impacts are looked at for what the k-th greatest has at least.
_SAMPLED = 4_000
# As many bytes as so many postings does a word take besides these.
_WORD = 50


@dataclass(slots=True, eq=False)
class Postings:
    """The places of the texts that have one word, ascending, and how often they have it.

    ``count`` leaves out texts that are gone. ``impacts``, what the word gives to each text, and
    ``most``, the greatest of them, hold as long as ``stamp`` is the corpus's.
    """

    places: Places
    times: NDArray[np.uint8]
    count: int
    used: int = 0
    stamp: int = -1
    most: float = 0.0
    impacts: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    fresh: list[tuple[int, int]] = field(default_factory=list)
    # The k that was asked for last, and what the k-th greatest impact is at least.
    floored: int = 0
    lowest: float = 0.0
    # By place, for a word that many texts have: quicker to look up.
    dense: NDArray[np.float32] | None = None

    def settle(self) -> None:
        """Take in what was added one by one."""
        if self.fresh:
            places, times = zip(*self.fresh, strict=True)
            self.places = np.concatenate([self.places, np.array(places, np.int64)])
            self.times = np.concatenate([self.times, np.array(times, np.uint8)])
            self.fresh = []

    @property
    def size(self) -> int:
        """Memory, in postings; those of texts that are gone are among them."""
        return len(self.places) + len(self.fresh) + _WORD

    def add(self, place: int, times: int) -> None:
        """Take in a text that is newer than all before."""
        self.fresh.append((place, min(times, MOST_TIMES)))
        self.count += 1
        # In a list each takes ten times as much, and nobody may ever ask for the word again.
        if len(self.fresh) > _FRESH + len(self.places) // 8:
            self.settle()

    def has(self, place: int) -> bool:
        """Whether the text at a place has the word."""
        self.settle()
        at = int(self.places.searchsorted(place))
        return at < len(self.places) and int(self.places[at]) == place

    def given(self, places: Places) -> NDArray[np.float32]:
        """What the word gives to the texts at these places, in any order; shape (n,)."""
        if self.dense is not None:
            return np.asarray(self.dense.take(places))
        at = self.places.searchsorted(places)
        here = self.places.take(at, mode="clip") == places
        return np.asarray(self.impacts.take(at, mode="clip") * here)

    def floor(self, k: int) -> float:
        """What the word gives to some k texts at least; 0 where there are fewer."""
        if self.floored != k:
            some = self.impacts[:_SAMPLED]
            least = len(some) - k
            self.lowest = float(np.partition(some, least)[least]) if least >= 0 else 0.0
            self.floored = k
        return self.lowest
