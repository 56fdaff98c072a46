"""In which range a mean lies with 95 %, by drawing the test items again and again."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

DRAWS = 2_000
_SEED = 0


def bootstrap(scores: ArrayLike) -> str:
    """The 95 % interval of the mean of the items' scores, for people.

    Args:
        scores: one an item; shape (items,).
    """
    values = np.asarray(scores, np.float64)
    rng = np.random.default_rng(_SEED)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{low:.3f} to {high:.3f}"
