"""The texts of one collection in memory, and the postings of those words that were asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from vecstore.fulltext import bm25
from vecstore.fulltext.postings import MOST_TIMES, Postings
from vecstore.fulltext.vocabulary import Vocabulary
from vecstore.storage.all_words import AllWords
from vecstore.storage.text_reads import TextRows
from vecstore.storage.texts import Text, TextChange
from vecstore.storage.texts_sqlite import Numbered

# Texts that are gone and may still stand in the postings, beside a quarter of all.
_FEW = 1_000
# A word that more than one text in so many has is frequent.
_DENSE = 16
# All words are read at once where these are no more, in all texts together, ...
_MOST_WORDS = 4_000_000
# ... and as soon as words were read one by one for as long as that takes.
_AS_LONG = 1_500


class Corpus:
    """Texts by place: in the order of their numbers, those that are gone left standing."""

    def __init__(self, rows: TextRows) -> None:
        numbers, records, lengths = rows.numbers, rows.records, rows.lengths
        self.records = records
        self.count = len(records)
        self.stamp = 0
        self.words: dict[str, Postings] = {}
        # Whether a word that is not here is in no text.
        self.complete = False
        self.alive = np.ones(len(records), bool)
        self.norms = np.empty(0, np.float32)
        self.held = 0
        # By place. Sums are zero, but while a search sums up; notes are any.
        self.sums = np.zeros(len(records), np.float64)
        self.notes = np.empty(len(records), np.int32)
        # By place, of as many as there were: where a record stands in the order of ids.
        self.ranks = np.empty(0, np.int32)
        self._numbers = numbers
        self._lengths = lengths
        self._fresh: list[tuple[int, float]] = []
        self._last = int(numbers[-1]) if len(numbers) else 0
        self._words = float(lengths.sum(dtype=np.float64))
        self._normed = -1
        self._waiting: Vocabulary | None = None
        self._loads = 0

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
            self.notes = np.empty(len(self.alive), np.int32)
            self._fresh = []

    def knows(self, word: str) -> bool:
        """Whether the database need not be asked which texts have a word."""
        return (
            self.complete
            or word in self.words
            or (self._waiting is not None and word in self._waiting)
        )

    def of(self, word: str) -> Postings | None:
        """The postings of a word; None where no text has it, or it is not known."""
        found = self.words.get(word)
        if found is None and self._waiting is not None:
            waiting = self._waiting.pop(word)
            if waiting is not None:
                return self._put(word, *waiting)
        return found

    def take(self, word: str, numbered: Numbered) -> None:
        """Take the postings of a word in, as the database has them."""
        self.settle()
        given, times = numbered
        places, known = self._places(given)
        if word in self.words:
            self.held -= self.words[word].size
        self._put(word, places[known], _often(times[known]))
        self._loads += 1

    @property
    def better_whole(self) -> bool:
        """Whether it is time to read all words, those that nobody has asked for too."""
        return (
            not self.complete
            and self._words <= _MOST_WORDS
            and self._loads * _AS_LONG >= self._words
        )

    def put_off(self) -> None:
        """Go on word by word for as long again."""
        self._loads = 0

    def ranked(self) -> NDArray[np.int32]:
        """For :attr:`ranks`, of the texts that are known now."""
        records = self.records[:]
        ranks = np.empty(len(records), np.int32)
        ranks[sorted(range(len(records)), key=records.__getitem__)] = np.arange(len(records))
        return ranks

    def take_all(self, found: AllWords, ranks: NDArray[np.int32]) -> None:
        """Take in all words, as the database has them, and the order of the records."""
        if self.complete:
            return
        self.settle()
        places, known = self._places(found.numbers)
        ends = np.concatenate([[0], np.cumsum(known)])[found.ends]
        self._waiting = Vocabulary(
            found.words, ends, places[known], _often(found.times[known]), self.words
        )
        self.complete, self.ranks = True, ranks

    def _places(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where texts stand, and which of them stand here at all."""
        places = np.searchsorted(self._numbers, numbers)
        # A text that is newer than all that this corpus knows is told of in a moment.
        known = numbers <= self._last
        known[known] = self._numbers[places[known]] == numbers[known]
        return places, known

    def _put(self, word: str, places: NDArray[np.int64], times: NDArray[np.uint8]) -> Postings:
        count = int(np.count_nonzero(self.alive[places])) if self.gone else len(places)
        made = Postings(places, times, count)
        self.words[word] = made
        self.held += made.size
        return made

    def weigh(self, postings: Postings) -> None:
        """Let a word give what it gives now; after :meth:`settle`."""
        postings.settle()
        if postings.stamp == self.stamp or not postings.count:
            return
        norms = self.norms[postings.places]
        impacts = bm25.impacts(postings.times.astype(np.float32), norms)
        impacts *= np.float32(bm25.rarity(self.count, postings.count))
        if self.gone:
            impacts *= self.alive[postings.places]
        postings.impacts, postings.most, postings.floored = impacts, float(impacts.max()), 0
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
        self.complete = False
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
            found = self.of(word)
            if found is None and self.complete:
                found = self._put(word, np.empty(0, np.int64), np.empty(0, np.uint8))
            if found is not None:
                found.add(place, times)
                self.held += 1


def _often(times: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.minimum(times, MOST_TIMES).astype(np.uint8)
