"""The best texts for some words, without looking at every text that has a frequent one."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.fulltext.corpus import Corpus
from vecstore.fulltext.native import found_by, native
from vecstore.fulltext.postings import Places, Postings

_NOTHING = np.empty(0, np.int64)
# More than a sum of 64 impacts is off by, which are float32.
_ROUNDING = 1e-4
# Less than any word gives to a text that has it.
_LEAST = 1e-12
# So many texts are worth leaving those out, between two words, that are out of reach.
_SOME = 100

Allowed = Callable[[Places], NDArray[np.bool_]]
"""Which of the texts at some places may be found."""


class Among:
    """Texts of some records, each looked up once at most.

    Args:
        corpus: the texts, settled; none is added meanwhile.
        records: ids.
    """

    def __init__(self, corpus: Corpus, records: Set[str]) -> None:
        self._names = corpus.records
        self._records = records
        # By place: 0 unknown, 1 is not among them, 2 is.
        self._known = np.zeros(len(corpus.records), np.int8)

    def __call__(self, places: Places) -> NDArray[np.bool_]:
        """For every place whether its text may be found."""
        new = places[self._known[places] == 0]
        names = map(self._names.__getitem__, new.tolist())
        inside = np.fromiter(map(self._records.__contains__, names), np.int8, len(new))
        self._known[new] = inside + 1
        found: NDArray[np.bool_] = self._known[places] > 1
        return found


def best(
    corpus: Corpus,
    words: Sequence[Postings],
    k: int,
    allowed: Allowed | None = None,
) -> list[tuple[str, float]]:
    """The k texts of the greatest sum of impacts, and those sums; ties by record.

    Words are gone through from the rarest on. As soon as all that are left together could lift no
    text that has none of the words before them among the best, only texts already found are looked
    up in them (MaxScore: Turtle and Flood, "Query evaluation: strategies and optimizations",
    1995). The answer is that of looking at every text. Among all texts native code does the same,
    where it is there.

    Args:
        corpus: the texts, settled.
        words: the query's, as postings of this corpus, weighed.
        k: texts wanted.
        allowed: which texts may be found; all where left out.
    """
    words = [word for word in words if word.count]
    words.sort(key=lambda word: word.count)
    if allowed is None and native():
        if len(corpus.ranks) < len(corpus.records):
            return _sorted(corpus, *found_by(words, k, None), k)
        return _named(corpus, *found_by(words, k, corpus.ranks))
    try:
        found = _summed(corpus, words, k, allowed)
    except BaseException:
        corpus.sums[:] = 0.0
        raise
    return _sorted(corpus, *_looked_up(found, k), k)


@dataclass(slots=True)
class _Found:
    """Texts that may be among the best.

    Args:
        places: of the texts, each once.
        totals: what the words gave them so far, shape (n,).
        left: words that are still to be looked up.
        rest: the most that these may give to a text.
        least: what the k-th best has, or more.
    """

    places: Places
    totals: NDArray[np.float64]
    left: Sequence[Postings]
    rest: float
    least: float

    def drop(self, least: float) -> None:
        """Leave out what cannot come up to this."""
        self.least = max(self.least, least)
        rows = (self.totals >= self.least - self.rest - _ROUNDING).nonzero()[0]
        if len(rows) < len(self.places):
            self.places, self.totals = self.places.take(rows), self.totals.take(rows)


def _summed(corpus: Corpus, words: Sequence[Postings], k: int, allowed: Allowed | None) -> _Found:
    """All texts that may be among the best, with what the rarest words give them."""
    rest, most = sum([word.most for word in words]), 0.0
    # Some k texts have as much by one word alone.
    least = max([word.floor(k) for word in words], default=0.0) if allowed is None else 0.0
    parts: list[Places] = []
    totals: NDArray[np.floating[Any]] = np.empty(0)
    sums = corpus.sums
    for word in words:
        rest, most = rest - word.most, most + word.most
        places, impacts = word.places, word.impacts
        if allowed is not None:
            may = allowed(places)
            places, impacts = places[may], impacts[may]
        if len(parts) == 1:
            sums[parts[0]] = totals
        totals = sums.take(places) + impacts if parts else impacts
        if parts:
            sums[places] = totals
        parts.append(places)
        # The k-th best of this word's has no more than all words so far may give.
        if rest + _ROUNDING >= least and rest < most and len(totals) >= k:
            least = max(least, _kth(totals, k))
        if rest + _ROUNDING < least:
            break
    # What is gone was given nothing.
    enough = max(least - rest - _ROUNDING, _LEAST)
    places, totals = _united(corpus, parts, totals, enough)
    return _Found(places, totals.astype(np.float64), words[len(parts) :], rest, least)


def _united(
    corpus: Corpus, parts: Sequence[Places], totals: NDArray[np.floating[Any]], enough: float
) -> tuple[Places, NDArray[np.floating[Any]]]:
    """The texts at all these places that have so much, each once; sums are zero after that."""
    several = len(parts) > 1
    if several:
        places = np.concatenate(parts)
        totals = corpus.sums.take(places)
        corpus.sums[places] = 0.0
    else:
        places = parts[0] if parts else _NOTHING
    rows = (totals >= enough).nonzero()[0]
    places, totals = places.take(rows), totals.take(rows)
    if several:
        # Of equal places the one that was noted last stays.
        numbers = np.arange(len(places), dtype=np.int32)
        corpus.notes[places] = numbers
        rows = (corpus.notes.take(places) == numbers).nonzero()[0]
        places, totals = places.take(rows), totals.take(rows)
    return places, totals


def _looked_up(found: _Found, k: int) -> tuple[Places, NDArray[np.float64]]:
    """Add what the words that are left give to texts that may still be among the best."""
    for word in found.left:
        if len(found.places) > max(k, _SOME):
            found.drop(_kth(found.totals, k))
        found.totals += word.given(found.places)
        found.rest -= word.most
    return found.places, found.totals


def _kth(sums: NDArray[np.floating[Any]], k: int) -> float:
    ordered = sums.copy()
    ordered.partition(len(sums) - k)
    return float(ordered[len(sums) - k])


def _sorted(
    corpus: Corpus, places: Places, totals: NDArray[np.float64], k: int
) -> list[tuple[str, float]]:
    if len(places) > k:
        chosen = (totals >= _kth(totals, k)).nonzero()[0]
        places, totals = places.take(chosen), totals.take(chosen)
    ranks = corpus.ranks
    if len(places) and int(places.max()) < len(ranks):
        order = np.lexsort((ranks.take(places), -totals))[:k]
        return _named(corpus, places.take(order), totals.take(order))
    scores = {
        corpus.records[place]: score
        for place, score in zip(places.tolist(), totals.tolist(), strict=True)
    }
    names = sorted(scores)
    names.sort(key=scores.__getitem__, reverse=True)  # equals keep their order
    return [(one, scores[one]) for one in names[:k]]


def _named(corpus: Corpus, places: Places, totals: NDArray[np.float64]) -> list[tuple[str, float]]:
    ids = [corpus.records[place] for place in places.tolist()]
    return list(zip(ids, totals.tolist(), strict=True))
