"""Which images are held out of a training, to judge it by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidInput

_FEWEST = 2  # images to learn from


def held_out(
    count: int, share: float, seed: int, most: int | None = None, least: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the images to train on, and of those to judge by, both ascending.

    Args:
        count: images.
        share: to hold out; 0 for none.
        seed: of the choice.
        most: images to hold out; None for any number.
        least: images to hold out, where any are: 2 where a loss compares them with each other.

    Raises:
        InvalidInput: there are too few.
    """
    if count < _FEWEST + (least if share else 0):
        raise InvalidInput(
            f"there are {count} images, which is too few to learn from"
            + (
                f" and hold {least} out: give more, or set validation to 0"
                if count >= _FEWEST
                else ""
            ),
            field="data",
        )
    order = np.random.default_rng(seed).permutation(count)
    judged = min(max(least, round(share * count)), count - _FEWEST, most or count) if share else 0
    return np.sort(order[judged:]), np.sort(order[:judged])
