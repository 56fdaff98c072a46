"""BM25, with the constants and the guard of SQLite's FTS5.

Robertson, Walker, Jones, Hancock-Beaulieu and Gatford, "Okapi at TREC-3" (TREC 1994).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.75
_LEAST = 1e-6


def rarity(texts: int, having: int) -> float:
    """What a word weighs: much where few texts have it, next to nothing where half of them do."""
    return max(math.log((texts - having + 0.5) / (having + 0.5)), _LEAST)


def norms(lengths: NDArray[np.float32], average: float) -> NDArray[np.float32]:
    """What the length of each text takes off, shape (n,)."""
    return np.asarray(K1 * (1.0 - B + B * lengths / average), np.float32)


def impacts(times: NDArray[np.float32], norm: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a word gives to texts that have it, before its rarity; shape (n,)."""
    return np.asarray(times * (K1 + 1.0) / (times + norm), np.float32)
