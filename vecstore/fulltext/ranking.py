"""The best texts for some words, without looking at every text that has a frequent one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from vecstore.fulltext.corpus import Corpus
from vecstore.fulltext.postings import Postings

_NOTHING = np.empty(0, np.int64)
# More than a sum of 64 impacts is off by, which are float32.
_ROUNDING = 1e-4

Places = NDArray[np.int64]
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
    1995). The answer is that of looking at every text.

    Args:
        corpus: the texts, settled.
        words: the query's, as postings of this corpus, weighed.
        k: texts wanted.
        allowed: which texts may be found; all where left out.
    """
    words = sorted((word for word in words if word.count), key=lambda word: word.count)
    most = list(itertools.accumulate(word.most for word in words))
    summed, least = 0, 0.0
    try:
        for word in words:
            summed += 1
            corpus.sums[word.places] += word.impacts
            rest, least = most[-1] - most[summed - 1], least + word.most
            if summed < len(words) and rest >= least:
                continue  # the k-th best can have no more by now than the words left may give
            places = _found(corpus, words[:summed], allowed)
            if len(places) < k:
                continue
            least = _kth(corpus.sums[places], k)
            if rest + _ROUNDING < least:
                return _looked_up(corpus, places, words[summed:], least, rest, k)
        places = _found(corpus, words, allowed)
        return _sorted(corpus, places, corpus.sums[places], k)
    finally:
        for word in words[:summed]:
            corpus.sums[word.places] = 0.0


def _found(corpus: Corpus, words: Sequence[Postings], allowed: Allowed | None) -> Places:
    """Places of the texts that have one of the words and may be found, each once."""
    if len(words) <= 1:
        places = words[0].places if words else _NOTHING
    else:
        places = np.concatenate([word.places for word in words])
        # Of equal places the one that was noted last stays.
        numbers = np.arange(len(places))
        corpus.notes[places] = numbers
        places = places[corpus.notes[places] == numbers]
    if corpus.gone:
        places = places[corpus.alive[places]]
    return places if allowed is None else places[allowed(places)]


def _looked_up(
    corpus: Corpus, places: Places, left: Sequence[Postings], least: float, rest: float, k: int
) -> list[tuple[str, float]]:
    """Add what the words that are left give to texts that may still be among the best."""
    totals = corpus.sums[places]
    for word in left:
        may = totals + (rest + _ROUNDING) >= least
        places, totals = places[may], totals[may]
        rest -= word.most
        totals += word.given(places)
    return _sorted(corpus, places, totals, k)


def _kth(sums: NDArray[np.float64], k: int) -> float:
    ordered = sums.copy()
    ordered.partition(len(sums) - k)
    return float(ordered[len(sums) - k])


def _sorted(
    corpus: Corpus, places: Places, totals: NDArray[np.float64], k: int
) -> list[tuple[str, float]]:
    if len(places) > k:
        chosen = totals >= _kth(totals, k)
        places, totals = places[chosen], totals[chosen]
    records = corpus.records
    scores = {
        records[place]: score for place, score in zip(places.tolist(), totals.tolist(), strict=True)
    }
    order = sorted(scores)
    order.sort(key=scores.__getitem__, reverse=True)  # equals keep their order
    return [(one, scores[one]) for one in order[:k]]
