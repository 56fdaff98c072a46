"""The best texts for some words, by native code.

:func:`found_by` finds what :mod:`vecstore.fulltext.ranking` finds among all texts, to the last bit,
and in a fraction of the time. It is built with the package where there is a C compiler. Once in
each process it is held against NumPy; where it is missing or disagrees, NumPy does the work.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.fulltext.postings import Places, Postings

try:
    from vecstore.fulltext import _ranking as _native
except ImportError:
    _native = None  # type: ignore[assignment]

# Texts that it is held against NumPy with, and the shares of them that have each word.
_TEXTS, _SHARES, _WANTED = 5_000, (0.002, 0.02, 0.1, 0.6), (1, 30)


def found_by(
    words: Sequence[Postings], k: int, ranks: NDArray[np.int32] | None
) -> tuple[Places, NDArray[np.float64]]:
    """The k texts that the words give most, best first, and what they give; ties by rank.

    Only where there is :func:`native`.

    Args:
        words: weighed postings, in the order in which what they give is summed.
        k: texts wanted.
        ranks: by place, of all texts; where left out, every text with as much as the k-th best is
            found, by place.
    """
    least = max([word.floor(k) for word in words], default=0.0)
    given = [(word.places, word.impacts, word.dense, word.most) for word in words]
    places, totals = _native.best(given, k, least, ranks)
    return np.frombuffer(places, np.int64), np.frombuffer(totals, np.float64)


@functools.cache
def native() -> bool:
    """Whether there is native code, and it agrees with NumPy."""
    return _native is not None and all(map(_agrees, _WANTED))


def _agrees(k: int) -> bool:
    random: Any = np.random.default_rng(k)
    words, sums = [], np.zeros(_TEXTS)
    for share in _SHARES:
        places = (random.random(_TEXTS) < share).nonzero()[0].astype(np.int64)
        # Few different ones, so that there are ties.
        impacts = random.integers(1, 20, len(places)).astype(np.float32) / np.float32(7)
        sums[places] += impacts
        words.append(_weighed(places, impacts, dense=share == _SHARES[-1]))
    ranks = random.permutation(_TEXTS).astype(np.int32)
    expected = (sums >= np.partition(sums, -k)[-k]).nonzero()[0]
    ordered = np.lexsort((ranks, -sums))[:k]
    return all(
        np.array_equal(places, right) and np.array_equal(totals, sums[right])
        for right, (places, totals) in (
            (expected, found_by(words, k, None)),
            (ordered, found_by(words, k, ranks)),
        )
    )


def _weighed(places: Places, impacts: NDArray[np.float32], *, dense: bool) -> Postings:
    made = Postings(places, np.ones(len(places), np.uint8), len(places))
    made.impacts, made.most = impacts, float(impacts.max())
    if dense:
        made.dense = np.zeros(_TEXTS, np.float32)
        made.dense[places] = impacts
    return made
