"""What fewer dims, or fewer bytes a number, cost: recall and accuracy of reduced vectors.

Whatever is fitted sees the corpus only; queries and test rows are held out of it. Vectors are
compared by cosine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluation.intervals import crossed_interval, mean_interval
from vecstore.evaluation.matrices import unit_rows
from vecstore.evaluation.reductions import Method, Reduction
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

K = 10

_HELD_OUT, _MAX_HELD_OUT = 0.25, 5_000
_MAX_QUERIES = 1_000
_BLOCK = 256
# Vectors that are as near as the tenth, but for rounding, are as right as the tenth.
_BLUR = 1e-6

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Price:
    """What one reduction costs, and what it keeps.

    Args:
        method: how vectors are made smaller.
        dim: numbers a vector.
        bytes: of one vector.
        recall: share of the ten nearest that are among the ten nearest of the full vectors.
        accuracy: of the nearest neighbour among some samples of each class; None without labels.
        index_bytes: of the measured index, links included; None for a forecast.
        queries_per_second: through that index; None for a forecast.
        zeros: vectors of the corpus of which nothing is left, and which have no direction.
    """

    method: Method
    dim: int
    bytes: int
    recall: Figure
    accuracy: Figure | None = None
    index_bytes: int | None = None
    queries_per_second: float | None = None
    zeros: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Vectors, divided.

    Args:
        corpus: what is stored; shape (n, dim), float32; at least ten.
        held_out: what is asked, and told the class of; shape (m, dim), float32; at least one.
    """

    corpus: FloatArray
    held_out: FloatArray

    @property
    def queries(self) -> FloatArray:
        """Those of the held-out vectors that recall is measured with, up to 1,000."""
        return self.held_out[:_MAX_QUERIES]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Whose labels are known, and whose are to be told.

    Args:
        corpus: class of each row of the corpus; shape (n,).
        held_out: class of each held-out row, -1 where the class takes no part; shape (m,).
        draws: of each draw the rows of the corpus whose labels are known.
        classes: how many take part.
        left_out: how many do not, because the corpus has too few of them.
    """

    corpus: Rows
    held_out: Rows
    draws: tuple[Rows, ...]
    classes: int
    left_out: int

    @property
    def tested(self) -> Rows:
        """The held-out rows whose class is to be told."""
        return np.flatnonzero(self.held_out >= 0)


def held_out_rows(count: int, seed: int) -> tuple[Rows, Rows]:
    """Hold a quarter of some rows out, at most 5,000.

    Args:
        count: of the rows; at least 14, so that ten stay.
        seed: of the draw.

    Returns:
        The rows that stay, ascending, and those held out, in the order drawn.
    """
    order = np.random.default_rng(seed).permutation(count)
    held = min(round(count * _HELD_OUT), _MAX_HELD_OUT)
    return np.sort(order[held:]), order[:held]


def asked_rows(count: int, seed: int) -> Rows:
    """All of the rows that were held out by somebody else, or 5,000 of them, in a drawn order."""
    return np.random.default_rng(seed).permutation(count)[:_MAX_HELD_OUT]


def draw_samples(
    corpus: Sequence[str], held_out: Sequence[str], samples: int, draws: int, seed: int
) -> Samples:
    """Choose the samples of each class, several times.

    Args:
        corpus, held_out: labels of both sides.
        samples: of each class in each draw; a class with fewer in the corpus takes no part.
        draws: how many times.
        seed: of the draws.
    """
    names, codes = np.unique([*corpus, *held_out], return_inverse=True)
    known, asked = np.split(codes.astype(np.int64), [len(corpus)])
    enough = np.bincount(known, minlength=len(names)) >= samples
    rows = [np.flatnonzero(known == one) for one in np.flatnonzero(enough)]
    rng = np.random.default_rng(seed)
    drawn = [
        np.concatenate([rng.choice(of, samples, replace=False) for of in rows] or [asked[:0]])
        for _ in range(draws)
    ]
    told = np.where(enough[asked], asked, -1)
    return Samples(known, told, tuple(drawn), len(rows), len(names) - len(rows))


def price(
    reduction: Reduction, parts: Split, cuts: FloatArray, samples: Samples | None, seed: int
) -> Price:
    """Measure what a reduction keeps.

    Args:
        reduction: what is measured.
        parts: the vectors.
        cuts: by :func:`nearest_cuts`, of the same parts.
        samples: for accuracy; None leaves it out.
        seed: of the intervals.
    """
    stored = unit_rows(reduction.stored(parts.corpus))
    asked = unit_rows(reduction.asked(parts.held_out))
    shares = _recalls(stored, asked[: len(cuts)], parts, cuts)
    accuracy = None
    if samples is not None:
        rights = [_right(stored, asked, samples, rows) for rows in samples.draws]
        accuracy = crossed_interval(np.stack(rights), seed)
    return Price(
        reduction.method,
        reduction.dim,
        reduction.bytes,
        mean_interval(shares, seed),
        accuracy,
        zeros=int((~stored.any(axis=1)).sum()),
    )


def nearest_cuts(parts: Split) -> FloatArray:
    """How near a vector must be to be among the ten nearest of each query, by the full vectors.

    Returns:
        Cosines; shape (queries,), float32.
    """
    corpus, queries = unit_rows(parts.corpus), unit_rows(parts.queries)
    found = _nearest(corpus, queries)
    return np.asarray(_cosines(corpus, queries, found).min(axis=1), np.float32)


def smallest(
    prices: Iterable[Price], method: Method, share: float, of: Callable[[Price], Figure | None]
) -> Price | None:
    """The smallest vectors, in bytes, that keep a share of a figure of the full ones.

    Args:
        prices: of the full vectors, and of any reductions.
        method: which of the reductions may be chosen; the full vectors always may.
        share: 0 to 1.
        of: the figure.

    Returns:
        None where there is no such figure, or nothing was measured by this method.
    """
    eligible = [one for one in prices if one.method in (method, Method.FULL)]
    whole = next((of(one) for one in eligible if one.method is Method.FULL), None)
    if whole is None or len(eligible) == 1:
        return None
    wanted = share * whole.value
    kept = [one for one in eligible if (found := of(one)) and found.value >= wanted]
    return min(kept, key=lambda one: one.bytes)


def _recalls(
    stored: FloatArray, asked: FloatArray, parts: Split, cuts: FloatArray
) -> NDArray[np.float64]:
    """Share of each query's neighbours that are as near as the full vectors' ten nearest."""
    found = _nearest(stored, asked)
    cosines = _cosines(unit_rows(parts.corpus), unit_rows(parts.queries), found)
    return np.asarray((cosines >= cuts[:, None] - _BLUR).mean(axis=1), np.float64)


def _right(
    stored: FloatArray, asked: FloatArray, samples: Samples, rows: Rows
) -> NDArray[np.float64]:
    """1 for each row to be told whose nearest sample is of its class, else 0."""
    tested, known = samples.tested, stored[rows]
    nearest = [
        (asked[tested[at : at + _BLOCK]] @ known.T).argmax(axis=1)
        for at in range(0, len(tested), _BLOCK)
    ]
    told = samples.corpus[rows[np.concatenate(nearest)]]
    return np.asarray(told == samples.held_out[tested], np.float64)


def _nearest(corpus: FloatArray, queries: FloatArray) -> Rows:
    """Rows of the ten nearest of each query, in no order; both sides at length 1."""
    found = [
        np.argpartition(queries[at : at + _BLOCK] @ corpus.T, -K, axis=1)[:, -K:]
        for at in range(0, len(queries), _BLOCK)
    ]
    return np.concatenate(found)


def _cosines(corpus: FloatArray, queries: FloatArray, rows: Rows) -> FloatArray:
    found: FloatArray = np.einsum("qd,qkd->qk", queries, corpus[rows])
    return found
