"""Which rows are looked at where all would be too many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def some_rows(rows: int, limit: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Up to ``limit`` row numbers, ascending, each as likely as another."""
    if rows <= limit:
        return np.arange(rows)
    return np.sort(rng.choice(rows, limit, replace=False))


def ranks_in_class(codes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """For each row its place, from 0, in a random order of its class.

    Args:
        codes: shape (n,): the number of each row's class.
    """
    shuffled = rng.permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    ordered = codes[order]
    ranks = np.empty(len(codes), np.int64)
    ranks[order] = np.arange(len(codes)) - np.searchsorted(ordered, ordered)
    return ranks


def even_rows(codes: NDArray[np.int64], limit: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Up to ``limit`` row numbers, ascending, as evenly over the classes as these allow."""
    ranks = ranks_in_class(codes, rng)
    return np.sort(np.lexsort((rng.random(len(codes)), ranks))[:limit])
