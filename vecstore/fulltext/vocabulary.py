"""All words of a corpus as they were read at once, until each is asked for or written."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Times = NDArray[np.uint8]


class Vocabulary:
    """Postings of many words in two arrays: 5 bytes a posting, and some 200 a word.

    Args:
        words: each once.
        ends: where the postings of each end, shape (len(words),).
        places: of the texts that have a word, ascending for each.
        times: how often they have it.
        without: words that are left out.
    """

    __slots__ = ("_ends", "_numbers", "_places", "_times")

    def __init__(
        self,
        words: list[str],
        ends: NDArray[np.int64],
        places: Places,
        times: Times,
        without: Collection[str],
    ) -> None:
        self._numbers = {word: n for n, word in enumerate(words) if word not in without}
        self._ends = ends
        self._places = places.astype(np.int32)
        self._times = times

    def __contains__(self, word: str) -> bool:
        return word in self._numbers

    def pop(self, word: str) -> tuple[Places, Times] | None:
        """The postings of a word, which is not asked for here again."""
        number = self._numbers.pop(word, None)
        if number is None:
            return None
        end = int(self._ends[number])
        start = int(self._ends[number - 1]) if number else 0
        # Copies: what is left of these arrays may go before the word does.
        return self._places[start:end].astype(np.int64), self._times[start:end].copy()
