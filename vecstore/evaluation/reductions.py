"""The ways to make vectors smaller: fewer dims, or fewer bytes a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from vecstore.evaluation.matrices import unit_rows
from vecstore.evaluation.precision import fit_ranges, half, int8, sign
from vecstore.spaces import FloatArray
from vecstore.transforms import Transform

Change = Callable[[FloatArray], FloatArray]


class Method(StrEnum):
    """How vectors are made smaller."""

    FULL = "full"
    TRUNCATE = "truncate"
    PCA = "pca"
    RANDOM = "random"
    HALF = "half"
    INT8 = "int8"
    SIGN = "sign"

    @property
    def words(self) -> str:
        """What people call it."""
        return _WORDS.get(self, str(self))

    @property
    def forecast(self) -> bool:
        """Whether it says what another index would do: the index stores float32."""
        return self in (Method.HALF, Method.INT8, Method.SIGN)


_WORDS = {
    Method.TRUNCATE: "truncation",
    Method.PCA: "PCA",
    Method.RANDOM: "random projection",
}


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """One way to make vectors smaller.

    Args:
        method, dim, bytes: see :class:`Price`.
        stored: changes vectors that are kept; shape (n, full dim) to (n, dim), float32.
        asked: changes vectors that they are compared with, likewise.
    """

    method: Method
    dim: int
    bytes: int
    stored: Change
    asked: Change


def full(dim: int) -> Reduction:
    """Vectors as they are."""
    return Reduction(Method.FULL, dim, 4 * dim, _same, _same)


def transformed(transform: Transform) -> Reduction:
    """Fewer dims, in float32."""

    def apply(values: FloatArray) -> FloatArray:
        return transform.apply(values, normalized=True)

    return Reduction(Method(transform.kind.value), transform.dim, 4 * transform.dim, apply, apply)


def precisions(corpus: FloatArray) -> tuple[Reduction, ...]:
    """All dims, with fewer bytes a number.

    Half and int8 compare stored numbers with queries in float32. The range of int8 is that of
    each dimension, from the smallest to the greatest number of the corpus; it is kept once, and
    counts for no vector. Signs are compared with signs.

    Args:
        corpus: shape (n, dim).
    """
    dim = corpus.shape[1]
    ranges = fit_ranges(unit_rows(corpus))
    return (
        Reduction(Method.HALF, dim, 2 * dim, lambda rows: half(unit_rows(rows)), _same),
        Reduction(Method.INT8, dim, dim, lambda rows: int8(unit_rows(rows), ranges), _same),
        Reduction(Method.SIGN, dim, -(-dim // 8), sign, sign),
    )


def _same(values: FloatArray) -> FloatArray:
    return values
