"""Does an encoder find the right thing? Exact rankings by cosine, and how good they are."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.evaluation.checks import (
    check_enough,
    check_same_dims,
    check_same_rows,
    checked_vectors,
)
from vecstore.evaluation.intervals import mean_interval
from vecstore.evaluation.matrices import Vectors, cosines, unit_rows
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

NDCG_AT = 10
_AT_ONCE = 16_000_000  # cosines
_DECIMALS = 6  # cosines that differ by less differ by rounding

Relevant = Mapping[int, float]
Name = TypeVar("Name", bound=Hashable)


def retrieve(
    queries: Vectors,
    documents: Vectors,
    relevant: Sequence[Relevant],
    ks: Sequence[int] = (1, 10),
    seed: int = 0,
) -> dict[str, Figure]:
    """Means over the queries, with 95 % intervals.

    ``retrieval.recall@K`` is the share of a query's relevant documents among its first K;
    ``retrieval.mrr`` one over the rank of the first relevant one among all documents;
    ``retrieval.ndcg@10`` the gains among the first ten, each divided by log2(rank + 1), over the
    most that could be had (Järvelin and Kekäläinen 2002, gains as given). Documents that are
    equally near stand in an order that the seed draws: those that people list first, which often
    are the relevant ones, have no advantage where vectors tell nothing apart.

    Args:
        queries: shape (q, dim), dense or sparse.
        documents: shape (n, dim).
        relevant: for each query the rows of its relevant documents, with gains above 0.
        ks: of the recalls.
        seed: of the intervals, and of the order of the equally near.

    Raises:
        InvalidArgument: fewer documents than the largest K, a query without a relevant document,
            a row or a gain that cannot be, or rows that cannot be judged.
    """
    asked, held = _checked(queries, documents)
    check_same_rows(len(relevant), asked.shape[0], "sets of relevant documents", "queries")
    check_enough(held.shape[0], max(ks), "documents", f"recall@{max(ks)}")
    for number, wanted in enumerate(relevant, start=1):
        _check_relevant(wanted, number, held.shape[0])
    order = np.random.default_rng(seed).permutation(held.shape[0])
    places = order.argsort().tolist()
    sought = [{places[row]: gain for row, gain in wanted.items()} for wanted in relevant]
    held = held[order]
    deep = max(NDCG_AT, *ks)
    scores: dict[str, list[float]] = {}
    for start, found in _blocks(asked, held):
        first = _first(found, min(deep, held.shape[0]))
        for row, ranked in enumerate(first):
            wanted = sought[start + row]
            rank = _first_rank(found[row], wanted)
            for name, value in _scores(ranked.tolist(), wanted, rank, ks).items():
                scores.setdefault(f"retrieval.{name}", []).append(value)
    return {name: mean_interval(values, seed) for name, values in scores.items()}


def ranking_scores(
    ranked: Sequence[Sequence[Name]],
    relevant: Sequence[Mapping[Name, float]],
    ks: Sequence[int] = (1, 10),
) -> dict[str, list[float]]:
    """What :func:`retrieve` takes the means of, of rankings that somebody else made.

    Args:
        ranked: for each query what was found, best first. What comes after its end is as good as
            not found: it adds nothing to ``retrieval.mrr``.
        relevant: for each query what it should find, with gains above 0; none is empty.
        ks: of the recalls.

    Returns:
        A score for each query, by figure.
    """
    scores: dict[str, list[float]] = {}
    for order, wanted in zip(ranked, relevant, strict=True):
        rank = next((place for place, one in enumerate(order, 1) if one in wanted), math.inf)
        for name, value in _scores(order, wanted, rank, ks).items():
            scores.setdefault(f"retrieval.{name}", []).append(value)
    return scores


def rankings(
    queries: Vectors,
    documents: Vectors,
    k: int,
    without: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Rows of the ``k`` nearest documents by cosine, nearest first, exactly.

    Cosines that are equal to six decimals are a tie; the earlier row comes first.

    Args:
        queries: shape (q, dim), dense or sparse.
        documents: shape (n, dim).
        k: at most n, and less where a row is left out.
        without: for each query the row of a document, such as itself, that is no answer.

    Returns:
        Shape (q, k), int64.

    Raises:
        InvalidArgument: fewer documents than ``k``, or rows that cannot be judged.
    """
    asked, held = _checked(queries, documents)
    check_enough(held.shape[0], k + (without is not None), "vectors", f"a ranking of {k:,}")
    parts = []
    for start, found in _blocks(asked, held):
        if without is not None:
            found[np.arange(len(found)), without[start : start + len(found)]] = -np.inf
        parts.append(_first(found, k))
    return np.concatenate(parts)


def _checked(queries: Vectors, documents: Vectors) -> tuple[Vectors, Vectors]:
    asked = unit_rows(checked_vectors(queries, "queries"))
    held = unit_rows(checked_vectors(documents, "documents"))
    check_same_dims(asked, held, ("the queries", "the documents"))
    return asked, held


def _blocks(asked: Vectors, held: Vectors) -> Iterator[tuple[int, FloatArray]]:
    at_once = max(1, _AT_ONCE // held.shape[0])
    for start in range(0, asked.shape[0], at_once):
        yield start, cosines(asked[start : start + at_once], held).round(_DECIMALS)


def _first(found: FloatArray, k: int) -> NDArray[np.int64]:
    """The best ``k`` of each row, the earlier of equals first."""
    least = -np.partition(-found, k - 1, axis=1)[:, k - 1]
    order = np.empty((len(found), k), np.int64)
    for row, cosine in enumerate(found):
        rows = np.flatnonzero(cosine >= least[row])
        order[row] = rows[np.argsort(-cosine[rows], kind="stable")[:k]]
    return order


def _first_rank(found: FloatArray, wanted: Relevant) -> int:
    """The rank, from 1, of the relevant document that comes first."""
    rows = np.array(sorted(wanted))
    best = rows[found[rows].argmax()]
    ahead = np.count_nonzero(found > found[best])
    level = np.count_nonzero(found[:best] == found[best])
    return 1 + int(ahead) + int(level)


def _scores(
    order: Sequence[Name], wanted: Mapping[Name, float], first_rank: float, ks: Sequence[int]
) -> dict[str, float]:
    recalls = {f"recall@{k}": sum(one in wanted for one in order[:k]) / len(wanted) for k in ks}
    gained = _dcg([wanted.get(one, 0.0) for one in order[:NDCG_AT]])
    best = _dcg(sorted(wanted.values(), reverse=True)[:NDCG_AT])
    return recalls | {"mrr": 1 / first_rank, f"ndcg@{NDCG_AT}": gained / best}


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _check_relevant(wanted: Relevant, number: int, documents: int) -> None:
    if not wanted:
        raise InvalidArgument(
            f"query {number} has no relevant document; name at least one for it, or leave it out",
            field="relevant",
        )
    for row, gain in wanted.items():
        if not 0 <= row < documents:
            raise InvalidArgument(
                f"query {number} names document {row}; there are {documents:,}, counted from 0",
                field="relevant",
            )
        if not (gain > 0 and math.isfinite(gain)):
            raise InvalidArgument(
                f"query {number} gives document {row} a gain of {gain}; a gain is above 0: leave "
                "out documents that are not relevant",
                field="relevant",
            )
