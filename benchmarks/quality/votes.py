"""Labels told by the votes of nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.spaces import FloatArray

Ints = NDArray[np.int64]

_BLOCK = 500


def told(known: Any, labels: Ints, asked: Any, k: int) -> Ints:
    """The label that most of the k nearest have; the nearest of them decides a tie.

    Args:
        known: vectors of length 1 whose labels are known, dense or sparse; shape (n, dim).
        labels: theirs, as numbers; shape (n,).
        asked: vectors of length 1, of the same kind; shape (m, dim).
        k: how many vote.

    Returns:
        Shape (m,).
    """
    found = []
    for at in range(0, asked.shape[0], _BLOCK):
        scores = asked[at : at + _BLOCK] @ known.T
        dense = scores if isinstance(scores, np.ndarray) else scores.toarray()
        found.append(_voted(labels, dense, k))
    return np.concatenate(found)


def _voted(labels: Ints, scores: FloatArray, k: int) -> Ints:
    near = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    votes = labels[near]
    counted = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    first: Ints = votes[np.arange(len(votes)), counted.argmax(axis=1)]
    return first
