"""What can be judged, and what is refused: each time one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, InvalidInput, InvalidVector
from vecstore.evaluation.matrices import Vectors, is_sparse
from vecstore.spaces import FloatArray

_ROWS_OF_NUMBERS = 2  # axes


def checked_vectors(vectors: Any, what: str = "vectors") -> Vectors:
    """Rows that can be judged, float32.

    A row of zeros is refused in dense vectors, which an encoder made. In sparse ones it is a text
    without a known word, and resembles nothing.

    Args:
        vectors: shape (n, dim), dense or sparse.
        what: how messages call them.

    Raises:
        InvalidVector: another shape, empty, NaN or infinity, or a row of zeros.
    """
    if not is_sparse(vectors):
        return checked_dense(vectors, what)
    rows = vectors.tocsr()
    if 0 in rows.shape:
        raise InvalidVector(f"{what} have shape {rows.shape}; at least one row is needed")
    bad = np.flatnonzero(~np.isfinite(rows.data))
    if len(bad):
        row = int(np.searchsorted(rows.indptr, bad[0], side="right")) - 1
        raise _not_finite(what, row, int(rows.indices[bad[0]]), rows.data[bad[0]])
    return rows.astype(np.float32)


def checked_dense(vectors: Any, what: str = "vectors") -> FloatArray:
    """The same where an encoder's vectors are needed.

    Raises:
        InvalidVector: sparse, another shape, empty, NaN or infinity, or a row of zeros.
    """
    if is_sparse(vectors):
        raise InvalidVector(f"{what} are sparse; give an array of float32, such as .toarray()")
    rows = np.asarray(vectors, np.float32)
    if rows.ndim != _ROWS_OF_NUMBERS or 0 in rows.shape:
        raise InvalidVector(
            f"{what} have shape {rows.shape}; rows of numbers, (n, dim), are needed"
        )
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        row, position = bad[0].tolist()
        raise _not_finite(what, row, position, rows[row, position])
    zero = np.flatnonzero(~rows.any(axis=1))
    if len(zero):
        raise InvalidVector(
            f"row {zero[0]} of the {what} is all zeros, which has no direction and no cosine; "
            f"leave out the inputs whose vectors are ({len(zero):,} of {len(rows):,})"
        )
    return rows


def checked_labels(labels: Sequence[str], rows: int) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Classes in order of their names, and for each row the number of its class.

    Raises:
        InvalidArgument: not one label for each row, or one class only.
        InvalidInput: a label that is missing or blank.
    """
    check_same_rows(len(labels), rows, "labels", "vectors")
    for row, label in enumerate(labels):
        if not isinstance(label, str) or not label.strip():
            raise InvalidInput(
                f"the label of row {row} is {label!r}; every input needs one: give it a label, "
                "or leave it out",
                field="labels",
            )
    classes = tuple(sorted(set(labels)))
    if len(classes) == 1:
        raise InvalidArgument(
            f"all {rows:,} inputs have the label {classes[0]!r}; judging by labels needs at least "
            "two classes: add another, or judge by queries or scored pairs",
            field="labels",
        )
    numbers = {name: number for number, name in enumerate(classes)}
    return classes, np.array([numbers[label] for label in labels], np.int64)


def check_same_rows(first: int, second: int, these: str, those: str) -> None:
    """Raise InvalidArgument unless two things that belong together are equally many."""
    if first != second:
        raise InvalidArgument(
            f"there are {first:,} {these} and {second:,} {those}; give one for each of the other"
        )


def check_same_dims(these: Vectors, those: Vectors, names: tuple[str, str]) -> None:
    """Raise InvalidVector unless the rows of two matrices are equally long."""
    first, second = these.shape[1], those.shape[1]
    if first != second:
        raise InvalidVector(
            f"{names[0]} have {first} dims and {names[1]} {second}; encode both with one encoder"
        )


def check_enough(rows: int, needed: int, what: str, purpose: str) -> None:
    """Raise InvalidArgument where there are fewer rows than a figure needs."""
    if rows < needed:
        raise InvalidArgument(
            f"{purpose} needs at least {needed:,} {what}, and there are {rows:,}: give more"
        )


def _not_finite(what: str, row: int, position: int, value: float) -> InvalidVector:
    return InvalidVector(
        f"row {row} of the {what} holds {value} at position {position}; every number must be "
        "finite: check the encoder, or leave the input out"
    )
