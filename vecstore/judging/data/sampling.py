"""A sample of data, even over the classes where it has labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluation.sampling import even_rows, some_rows


def even_sample(labels: Sequence[str], limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of a sample, ascending; of every class as many as the others have, where it has them.

    Args:
        labels: one a row.
        limit: rows wanted; all of them where there are no more.
        seed: of the draw.
    """
    places = {name: place for place, name in enumerate(sorted(set(labels)))}
    codes = np.array([places[label] for label in labels], np.int64)
    return even_rows(codes, limit, np.random.default_rng(seed))


def plain_sample(count: int, limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of a sample without labels, ascending; all of them where there are no more."""
    return some_rows(count, limit, np.random.default_rng(seed))
