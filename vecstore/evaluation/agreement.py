"""Two encoders' vectors of the same inputs: what they share, and what a map would recover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.evaluation.checks import check_enough, check_same_rows, checked_dense
from vecstore.evaluation.matrices import cosines, paired_cosines, unit_rows
from vecstore.evaluation.retrieval import rankings
from vecstore.spaces import FloatArray

_SAME = 1e-6
_AT_ONCE = 2000  # rows


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two encoders agree. Every figure is 1 for an encoder against itself.

    Args:
        inputs: how many both encoded.
        k: neighbours that were looked at.
        cosine: mean cosine of the two vectors of an input, number by number; None where the dims
            differ. About 0 by chance.
        overlap: mean share of the k nearest inputs that both name, each within its own space.
        across: the same where a's vector asks among b's, as though the spaces were one; None
            where the dims differ.
        hit: share of inputs whose vector is nearest to b's of the same input, as though the spaces
            were one; of the half below. None where the dims differ.
        cka: linear CKA (Kornblith et al. 2019), from 0 to 1: what they share up to rotation and
            scale.
        mapped_inputs: the half of the inputs that the map was not fitted on, and is judged by.
        mapped_cosine: mean cosine of a's vector, mapped, and b's.
        mapped_hit: as ``hit``, with the mapped vector.
        mapped_overlap: as ``across``, with the mapped vector, among the judged half.
        chance_overlap, chance_cka, chance_hit, chance_mapped_overlap: what two encoders reach that
            share nothing. That of CKA is measured with the inputs of b shuffled: it is far above 0
            where there are few inputs for the dims.
        ceiling: what every figure is for an encoder against itself.
    """

    inputs: int
    k: int
    cosine: float | None
    overlap: float
    across: float | None
    hit: float | None
    cka: float
    mapped_inputs: int
    mapped_cosine: float
    mapped_hit: float
    mapped_overlap: float
    chance_overlap: float
    chance_cka: float
    chance_hit: float
    chance_mapped_overlap: float
    ceiling: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class MappedHalf:
    """The half of the inputs by which the map is judged; all rows of length 1.

    Args:
        rows: shape (m,): which inputs, ascending.
        before: shape (m, the larger dim): a's vectors, padded with zeros.
        mapped: the same shape: a's vectors after the map.
        targets: the same shape: b's vectors, padded with zeros.
    """

    rows: NDArray[np.int64]
    before: FloatArray
    mapped: FloatArray
    targets: FloatArray


def agree(a: FloatArray, b: FloatArray, k: int = 10, seed: int = 0) -> Agreement:
    """Hold two encoders' vectors of the same inputs against each other.

    The map is orthogonal Procrustes (Schönemann 1966) from a to b on rows of length 1, the shorter
    ones padded with zeros. It is fitted on one half of the inputs and judged by the other.

    Args:
        a: shape (n, dim of a), float32.
        b: shape (n, dim of b), float32, of the same inputs in the same order.
        k: neighbours to look at.
        seed: of the halves.

    Raises:
        InvalidArgument: different numbers of rows, fewer than 2 (k + 1), or rows that cannot be
            judged.
    """
    if k < 1:
        raise InvalidArgument(f"k is {k}; at least 1 neighbour is needed", field="k")
    first, second = checked_dense(a, "vectors of a"), checked_dense(b, "vectors of b")
    count = len(first)
    check_same_rows(count, len(second), "vectors of a", "of b")
    check_enough(count, 2 * (k + 1), "inputs", f"comparing {k} neighbours, on two halves,")
    these, those = unit_rows(first), unit_rows(second)
    same_dims = these.shape[1] == those.shape[1]
    held = map_half(first, second, seed)
    shuffled = np.random.default_rng((seed, 1)).permutation(count)
    return Agreement(
        inputs=count,
        k=k,
        cosine=_mean(paired_cosines(these, those)) if same_dims else None,
        overlap=_overlap(_neighbours(these, these, k), _neighbours(those, those, k)),
        across=_across(these, those, k) if same_dims else None,
        hit=_hit(held.before, held.targets) if same_dims else None,
        cka=linear_cka(first, second),
        mapped_inputs=len(held.rows),
        mapped_cosine=_mean(paired_cosines(held.mapped, held.targets)),
        mapped_hit=_hit(held.mapped, held.targets),
        mapped_overlap=_across(held.mapped, held.targets, k),
        chance_overlap=k / (count - 1),
        chance_cka=linear_cka(first, second[shuffled]),
        chance_hit=1 / len(held.rows),
        chance_mapped_overlap=k / (len(held.rows) - 1),
    )


def map_half(a: FloatArray, b: FloatArray, seed: int) -> MappedHalf:
    """Fit the orthogonal map from a to b on one half of the inputs, and apply it to the other.

    Args:
        a: shape (n, dim of a), float32, no row of zeros.
        b: shape (n, dim of b), the same.
        seed: of the halves.
    """
    order = np.random.default_rng(seed).permutation(len(a))
    fit, rows = order[: len(a) // 2], np.sort(order[len(a) // 2 :])
    these, those = _padded(unit_rows(a), unit_rows(b))
    mapped = these[rows] @ procrustes(these[fit], those[fit])
    return MappedHalf(rows, these[rows], unit_rows(mapped), those[rows])


def linear_cka(a: FloatArray, b: FloatArray) -> float:
    """Linear centred kernel alignment (Kornblith et al. 2019), from 0 to 1.

    Args:
        a: shape (n, dim of a).
        b: shape (n, dim of b).

    Returns:
        0 where one side is the same for every input.
    """
    x, y = (rows - rows.mean(axis=0) for rows in (a.astype(np.float64), b.astype(np.float64)))
    lengths = float(np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    return float((np.square(x.T @ y)).sum()) / lengths if lengths else 0.0


def procrustes(a: FloatArray, b: FloatArray) -> FloatArray:
    """The orthogonal matrix that brings rows nearest to others (Schönemann 1966).

    Args:
        a: shape (n, dim).
        b: shape (n, dim).

    Returns:
        Shape (dim, dim), float32, for ``a @ matrix``.
    """
    left, _, right = np.linalg.svd(a.astype(np.float64).T @ b.astype(np.float64))
    return np.asarray(left @ right, np.float32)


def _padded(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    dim = max(a.shape[1], b.shape[1])
    first, second = (np.pad(rows, ((0, 0), (0, dim - rows.shape[1]))) for rows in (a, b))
    return first, second


def _neighbours(asked: FloatArray, held: FloatArray, k: int) -> NDArray[np.int64]:
    """Rows of the nearest of ``held``, without the asked row's own counterpart."""
    return rankings(asked, held, k, without=np.arange(len(asked)))


def _across(asked: FloatArray, held: FloatArray, k: int) -> float:
    return _overlap(_neighbours(asked, held, k), _neighbours(held, held, k))


def _overlap(these: NDArray[np.int64], those: NDArray[np.int64]) -> float:
    shared = sum(len(np.intersect1d(x, y)) for x, y in zip(these, those, strict=True))
    return float(shared) / these.size


def _hit(asked: FloatArray, held: FloatArray) -> float:
    """An input that b cannot tell from another one is found where either is."""
    own = paired_cosines(asked, held)
    best = [
        cosines(asked[start : start + _AT_ONCE], held).max(axis=1)
        for start in range(0, len(asked), _AT_ONCE)
    ]
    return _mean(own >= np.concatenate(best) - _SAME)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.astype(np.float64).mean())
