"""Built from ``_nearest.c``, where there is a C compiler; see :mod:`vecstore.index.native`."""

import numpy as np
from numpy.typing import NDArray

def nearest(
    memory: memoryview,
    stride: int,
    offset: int,
    rows: NDArray[np.int32],
    query: NDArray[np.float32],
    metric: int,
    k: int,
    /,
) -> tuple[bytes, bytes]:
    """Places in ``rows`` and distances of the ``k`` nearest, as bytes of int64 and float64.

    Args:
        memory, rows, query: anything that shows its bytes in one piece.

    Raises:
        IndexError: a row lies outside the memory.
        ValueError: arguments that fit no block of rows.
    """
