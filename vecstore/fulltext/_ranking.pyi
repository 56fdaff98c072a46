"""Built from ``_ranking.c``, where there is a C compiler; see :mod:`vecstore.fulltext.native`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Word = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32] | None, float]

def best(
    words: Sequence[Word], k: int, least: float, ranks: NDArray[np.int32] | None, /
) -> tuple[bytes, bytes]:
    """Places and totals of the best texts, as bytes of int64 and float64.

    Args:
        words: places, ascending, and impacts; impacts by place or None; the greatest impact.
        k: texts wanted.
        least: what some k texts have at least.
        ranks: by place; the k best come in order then, ties by rank, else all texts with as much as
            the k-th best, by place.

    Raises:
        IndexError: one of the best has no rank.
        ValueError: what are no postings, or no number of texts.
    """
