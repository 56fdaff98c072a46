"""Rows of vectors, dense or sparse, at length 1, and the cosines between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

from vecstore.spaces import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Shape (n, dim): float32 of an encoder, or the sparse rows of a baseline such as TF-IDF.
Vectors: TypeAlias = "FloatArray | csr_matrix"


def is_sparse(vectors: Any) -> bool:
    """Whether these are the rows of a scipy matrix."""
    return not isinstance(vectors, np.ndarray) and hasattr(vectors, "tocsr")


@overload
def unit_rows(vectors: FloatArray) -> FloatArray: ...


@overload
def unit_rows(vectors: Vectors) -> Vectors: ...


def unit_rows(vectors: Vectors) -> Vectors:
    """The same rows at length 1, float32; a row of zeros stays one."""
    if is_sparse(vectors):
        from sklearn.preprocessing import normalize

        return normalize(vectors.astype(np.float32), copy=True)
    # The square of a large float32 is none.
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    found: FloatArray = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return found


def cosines(these: Vectors, those: Vectors) -> FloatArray:
    """Shape (n, m), float32, of rows of length 1, (n, dim) and (m, dim)."""
    found: Any = these @ those.T
    return np.asarray(found.toarray() if is_sparse(found) else found, np.float32)


def paired_cosines(these: Any, those: Any) -> FloatArray:
    """Shape (n,), float32: each row of length 1 with the row beside it."""
    products: Any = these.multiply(those) if is_sparse(these) else these * those
    return np.asarray(products.sum(axis=1), np.float32).ravel()
