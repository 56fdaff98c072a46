"""Vectors to look at: on a plane, and beside their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.evaluation.checks import checked_dense
from vecstore.evaluation.matrices import unit_rows
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluation.retrieval import rankings
from vecstore.spaces import FloatArray

MOST_ROWS = 1500
_COMPONENTS = 50
_PERPLEXITY = 30.0
_ROUNDING = 1e-6  # what float32 makes of places that are one


def map_2d(vectors: FloatArray, seed: int) -> FloatArray:
    """Places on a plane at which neighbours stay neighbours; distances far apart mean little.

    The 50 main components of rows of length 1, and t-SNE (van der Maaten and Hinton 2008) of them
    from the first two. Rows that are all equal share a place.

    Args:
        vectors: shape (n, dim), float32, at most 1,500 rows.
        seed: of t-SNE.

    Returns:
        Shape (n, 2), float32.

    Raises:
        InvalidArgument: more rows, or rows that cannot be judged.
    """
    require_libraries()
    from sklearn.manifold import TSNE

    rows = unit_rows(checked_dense(vectors))
    if len(rows) > MOST_ROWS:
        raise InvalidArgument(
            f"a map shows at most {MOST_ROWS:,} vectors and {len(rows):,} were given; draw a sample"
        )
    components = _components(rows)
    if components[:, 0].std() < _ROUNDING:
        return components[:, :2]
    plane = TSNE(perplexity=min(_PERPLEXITY, (len(rows) - 1) / 3), init="pca", random_state=seed)
    return np.asarray(plane.fit_transform(components), np.float32)


def nearest(vectors: FloatArray, of: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Rows of the nearest neighbours by cosine, nearest first; a row is none of its own.

    Args:
        vectors: shape (n, dim), float32.
        of: shape (m,): the rows whose neighbours are asked for.
        k: how many, less than n.

    Returns:
        Shape (m, k), int64.

    Raises:
        InvalidArgument: fewer rows, or rows that cannot be judged.
    """
    rows = checked_dense(vectors)
    return rankings(rows[of], rows, k, without=np.asarray(of))


def _components(rows: FloatArray) -> FloatArray:
    """Shape (n, up to 50), and at least 2, with zeros where there are fewer directions."""
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    found = (left * sizes)[:, :_COMPONENTS]
    return np.asarray(np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1])))), np.float32)
