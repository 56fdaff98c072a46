"""A sample of labelled data, even over the classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def even_sample(labels: Sequence[str], limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of a sample, ascending; of every class as many as the others have, where it has them.

    Args:
        labels: one a row.
        limit: rows wanted; all of them where there are no more.
        seed: of the draw.
    """
    if len(labels) <= limit:
        return np.arange(len(labels), dtype=np.int64)
    draw = np.random.default_rng(seed)
    _, classes = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    order = draw.permutation(len(labels))
    # The turn of a row: how many of its class come before it in the order drawn.
    turns = np.empty(len(labels), np.int64)
    grouped = order[np.argsort(classes[order], kind="stable")]
    sizes = np.bincount(classes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    turns[grouped] = np.arange(len(labels)) - starts
    ties = np.empty(len(labels), np.int64)
    ties[order] = np.arange(len(labels))
    chosen = np.lexsort((ties, turns))[:limit]
    return np.sort(chosen).astype(np.int64)


def plain_sample(count: int, limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of a sample without labels, ascending; all of them where there are no more."""
    if count <= limit:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(count, limit, replace=False))
