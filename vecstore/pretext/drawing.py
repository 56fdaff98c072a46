"""Random numbers that follow from what they are for: the same ones again, in any order asked.

The generator is a hash of a counter (SplitMix64: G. Steele, D. Lea, C. Flood: Fast Splittable
Pseudorandom Number Generators, OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def uniforms(
    seed: int, epoch: int, purpose: int, items: NDArray[np.int64], width: int
) -> NDArray[np.float64]:
    """Numbers in [0, 1) for every item, each row by seed, epoch, purpose and item alone.

    Args:
        seed, epoch, purpose: at least 0. What is drawn for two purposes is independent.
        items: shape (n,), numbers of items, at least 0.
        width: how many for each.

    Returns:
        Shape (n, width).
    """
    with np.errstate(over="ignore"):
        key = np.zeros((), dtype=np.uint64)
        for part in (seed, epoch, purpose):
            key = _mixed(key + _GOLDEN * np.uint64(part + 1))
        rows = _mixed(key + _GOLDEN * (items.astype(np.uint64) + np.uint64(1)))
        counters = _GOLDEN * np.arange(1, width + 1, dtype=np.uint64)
        bits = _mixed(rows[:, None] + counters[None, :])
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return np.asarray(value ^ (value >> np.uint64(31)))
