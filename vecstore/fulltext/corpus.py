"""The texts of one collection in memory, and the postings of those words that were asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vecstore.fulltext import bm25
from vecstore.storage.text_reads import TextRows
from vecstore.storage.texts import Text, TextChange
from vecstore.storage.texts_sqlite import Numbered

# A word more often in one text counts as so often; PostgreSQL keeps no more places of one.
_MOST_TIMES = 255
# Texts that are gone and may still stand in the postings, beside a quarter of all.
_FEW = 1_000
# So many postings of a word wait to be put with the others, beside an eighth of these.
_FRESH = 1_000
# A word that more than one text in so many has is frequent.
_DENSE = 16


@dataclass(slots=True, eq=False)
class Postings:
    """The places of the texts that have one word, ascending, and how often they have it.

    ``count`` leaves out texts that are gone. ``impacts``, what the word gives to each text, and
    ``most``, the greatest of them, hold as long as ``stamp`` is the corpus's.
    """

    places: NDArray[np.int64]
    times: NDArray[np.uint8]
    count: int
    used: int = 0
    stamp: int = -1
    most: float = 0.0
    impacts: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    fresh: list[tuple[int, int]] = field(default_factory=list)
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
        """How many there are, those of texts that are gone among them."""
        return len(self.places) + len(self.fresh)

    def add(self, place: int, times: int) -> None:
        """Take in a text that is newer than all before."""
        self.fresh.append((place, min(times, _MOST_TIMES)))
        self.count += 1
        # In a list each takes ten times as much, and nobody may ever ask for the word again.
        if len(self.fresh) > _FRESH + len(self.places) // 8:
            self.settle()

    def has(self, place: int) -> bool:
        """Whether the text at a place has the word."""
        self.settle()
        at = int(self.places.searchsorted(place))
        return at < len(self.places) and int(self.places[at]) == place

    def given(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """What the word gives to the texts at these places, in any order; shape (n,)."""
        if self.dense is not None:
            return np.asarray(self.dense[places])
        at = np.minimum(self.places.searchsorted(places), len(self.places) - 1)
        return np.where(self.places[at] == places, self.impacts[at], np.float32(0.0))


class Corpus:
    """Texts by place: in the order of their numbers, those that are gone left standing."""

    def __init__(self, rows: TextRows) -> None:
        numbers, records, lengths = rows.numbers, rows.records, rows.lengths
        self.records = records
        self.count = len(records)
        self.stamp = 0
        self.words: dict[str, Postings] = {}
        self.alive = np.ones(len(records), bool)
        self.norms = np.empty(0, np.float32)
        self.held = 0
        # By place. Sums are zero, but while a search sums up; notes are any.
        self.sums = np.zeros(len(records), np.float64)
        self.notes = np.empty(len(records), np.int64)
        self._numbers = numbers
        self._lengths = lengths
        self._fresh: list[tuple[int, float]] = []
        self._last = int(numbers[-1]) if len(numbers) else 0
        self._words = float(lengths.sum(dtype=np.float64))
        self._normed = -1

    @property
    def gone(self) -> int:
        """Texts that are no more, and still have a place."""
        return len(self.records) - self.count

    @property
    def worn(self) -> bool:
        """Whether it is better read anew."""
        return self.gone > _FEW + self.count // 4

    def settle(self) -> None:
        """Take in texts that were added one by one, and let lengths count as they are now."""
        self._grow()
        if self._normed != self.stamp and self.count:
            self.norms = bm25.norms(self._lengths, self._words / self.count)
            self._normed = self.stamp

    def _grow(self) -> None:
        """Give places to the texts that were added one by one."""
        if self._fresh:
            numbers, lengths = zip(*self._fresh, strict=True)
            self._numbers = np.concatenate([self._numbers, np.array(numbers, np.int64)])
            self._lengths = np.concatenate([self._lengths, np.array(lengths, np.float32)])
            self.alive = np.concatenate([self.alive, np.ones(len(numbers), bool)])
            self.sums = np.zeros(len(self.alive), np.float64)
            self.notes = np.empty(len(self.alive), np.int64)
            self._fresh = []

    def take(self, word: str, numbered: Numbered) -> None:
        """Take the postings of a word in, as the database has them."""
        self.settle()
        given, times = numbered
        places = np.searchsorted(self._numbers, given)
        # A text that is newer than all that this corpus knows is told of in a moment.
        known = given <= self._last
        known[known] = self._numbers[places[known]] == given[known]
        places = places[known]
        often = np.minimum(times[known], _MOST_TIMES).astype(np.uint8)
        if word in self.words:
            self.held -= self.words[word].size
        self.words[word] = Postings(places, often, int(np.count_nonzero(self.alive[places])))
        self.held += len(places)

    def weigh(self, postings: Postings) -> None:
        """Let a word give what it gives now; after :meth:`settle`."""
        postings.settle()
        if postings.stamp == self.stamp or not postings.count:
            return
        norms = self.norms[postings.places]
        impacts = bm25.impacts(postings.times.astype(np.float32), norms)
        impacts *= np.float32(bm25.rarity(self.count, postings.count))
        postings.impacts, postings.most = impacts, float(impacts.max())
        postings.dense = None
        if len(impacts) >= len(self.records) // _DENSE:
            postings.dense = np.zeros(len(self.records), np.float32)
            postings.dense[postings.places] = impacts
        postings.stamp = self.stamp

    def mask(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which texts are among these numbers, by place."""
        return np.isin(self._numbers, numbers)

    def spare(self, postings: int) -> None:
        """Drop words that were not asked for lately, where more postings than these are held."""
        if self.held <= postings:
            return
        for word in sorted(self.words, key=lambda word: self.words[word].used):
            self.held -= self.words.pop(word).size
            if self.held <= postings // 2:
                return

    def follow(self, change: TextChange) -> None:
        """Take in what a commit changed. What is known already is passed over."""
        if change.removed:
            self._grow()
        for text in change.removed:
            self._remove(text)
        for text in change.added:
            self._add(text)
        self.stamp += 1

    def _remove(self, text: Text) -> None:
        at = int(np.searchsorted(self._numbers, text.number))
        if at == len(self._numbers) or int(self._numbers[at]) != text.number or not self.alive[at]:
            return
        self.alive[at] = False
        self.count -= 1
        self._words -= float(self._lengths[at])
        for word in set(text.words):
            found = self.words.get(word)
            if found is not None and found.has(at):
                found.count -= 1

    def _add(self, text: Text) -> None:
        if text.number <= self._last:
            return
        place = len(self.records)
        self._last = text.number
        self._fresh.append((text.number, float(len(text.words))))
        self.records.append(text.record)
        self.count += 1
        self._words += len(text.words)
        for word, times in Counter(text.words).items():
            found = self.words.get(word)
            if found is not None:
                found.add(place, times)
                self.held += 1
