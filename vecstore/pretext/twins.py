"""Random twins: an encoder as it would be before any training."""

from __future__ import annotations

import numpy as np

from vecstore.spaces import FloatArray, Identity


def twin_identity(identity: Identity, seed: int) -> Identity:
    """Of the twin of an encoder: never its own, so that their vectors cannot meet."""
    return Identity({**identity.parts, "random_twin": seed}, identity.missing)


def drawn(shape: tuple[int, ...], spread: float, seed: tuple[int, ...]) -> FloatArray:
    """Normal numbers, float32.

    Args:
        shape: of the array.
        spread: their standard deviation.
        seed: numbers that they follow from.
    """
    numbers = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return numbers * np.float32(spread)
