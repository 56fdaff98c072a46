"""The best texts for some words, without looking at every text that has a frequent one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.fulltext import bm25
from vecstore.fulltext.corpus import Corpus, Postings

# More than sums of 64 impacts are off by.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """A word of a query: its postings, its rarity, and the most that it can give to a text."""

    postings: Postings
    rarity: float
    most: float


def best(
    corpus: Corpus,
    words: Sequence[Postings],
    k: int,
    allowed: NDArray[np.bool_] | None = None,
) -> list[tuple[str, float]]:
    """The k texts of the greatest sum of impacts, and those sums; ties by record.

    Words are gone through from the rarest on. As soon as all that are left together could lift no
    text that has none of the words before them among the best, only texts already found are looked
    up in them (MaxScore: Turtle and Flood, "Query evaluation: strategies and optimizations",
    1995). The answer is that of looking at every text.

    Args:
        corpus: the texts, settled.
        words: the query's, as postings of this corpus.
        k: texts wanted.
        allowed: by place, the texts that may be found; all where left out.
    """
    weighed = _weighed(corpus, words)
    sums = np.zeros(len(corpus.records), np.float64)
    found: list[NDArray[np.int32]] = []
    rest = sum(word.most for word in weighed)
    places = np.empty(0, np.int32)
    for number, word in enumerate(weighed):
        given = word.postings.places
        before = sums[given]
        sums[given] = before + word.rarity * word.postings.impacts
        found.append(_fresh(corpus, given, before, allowed))
        rest -= word.most
        if sum(map(len, found)) >= k and (left := weighed[number + 1 :]):
            places = np.concatenate(found)
            found = [places]
            least = _kth(sums[places], k)
            if rest + _ROUNDING < least:
                # In order, since that is how postings are looked up quickly.
                return _looked_up(corpus, sums, np.sort(places), left, least, rest, k)
    places = np.concatenate(found) if found else places
    return _sorted(corpus, places, sums[places], k)


def _weighed(corpus: Corpus, words: Sequence[Postings]) -> list[_Weighed]:
    weighed = []
    for postings in words:
        if not postings.count:
            continue
        postings.settle()
        if postings.stamp != corpus.stamp:
            norms = corpus.norms[postings.places]
            postings.impacts = bm25.impacts(postings.times.astype(np.float32), norms)
            postings.most = float(postings.impacts.max())
            postings.stamp = corpus.stamp
        rarity = bm25.rarity(corpus.count, postings.count)
        weighed.append(_Weighed(postings, rarity, rarity * postings.most))
    weighed.sort(key=lambda word: word.rarity, reverse=True)
    return weighed


def _fresh(
    corpus: Corpus,
    places: NDArray[np.int32],
    before: NDArray[np.float64],
    allowed: NDArray[np.bool_] | None,
) -> NDArray[np.int32]:
    """Of these places those met for the first time, and that may be found."""
    met = before == 0.0
    if corpus.gone:
        met &= corpus.alive[places]
    if allowed is not None:
        met &= allowed[places]
    return np.asarray(places[met], np.int32)


def _looked_up(
    corpus: Corpus,
    sums: NDArray[np.float64],
    places: NDArray[np.int32],
    left: Sequence[_Weighed],
    least: float,
    rest: float,
    k: int,
) -> list[tuple[str, float]]:
    """Add what the words that are left give to texts that may still be among the best."""
    totals = sums[places]
    for word in left:
        may = totals + rest + _ROUNDING >= least
        places, totals = places[may], totals[may]
        rest -= word.most
        given = word.postings.places
        at = np.minimum(np.searchsorted(given, places), len(given) - 1)
        has = given[at] == places
        totals[has] += word.rarity * word.postings.impacts[at[has]]
    return _sorted(corpus, places, totals, k)


def _kth(sums: NDArray[np.float64], k: int) -> float:
    return float(np.partition(sums, len(sums) - k)[len(sums) - k])


def _sorted(
    corpus: Corpus, places: NDArray[np.int32], totals: NDArray[np.float64], k: int
) -> list[tuple[str, float]]:
    if len(places) > k:
        chosen = np.flatnonzero(totals >= _kth(totals, k))
        places, totals = places[chosen], totals[chosen]
    records = corpus.records
    pairs = [
        (records[place], score)
        for place, score in zip(places.tolist(), totals.tolist(), strict=True)
    ]
    pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    return pairs[:k]
