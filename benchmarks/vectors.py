"""The file of vectors that every benchmark is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def vectors_in(path: Path) -> NDArray[Any]:
    """Rows of a file.

    Raises:
        OSError, ValueError: there is no such array.
    """
    rows: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if rows.ndim != 2 or rows.dtype.kind != "f":
        raise ValueError(
            f"an array of shape {rows.shape} and dtype {rows.dtype}; floats of shape (n, dim) are "
            "needed"
        )
    return rows
