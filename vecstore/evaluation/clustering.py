"""Does an encoder group what belongs together? Clusters found without labels, held against them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluation.checks import check_enough, checked_labels, checked_vectors
from vecstore.evaluation.matrices import Vectors, cosines, is_sparse, paired_cosines, unit_rows
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

_STARTS = 10
_FEWER_STARTS = 3
_MANY_NUMBERS = 5_000_000  # rows times classes
_AT_ONCE = 8_000_000  # numbers
_ROUNDING = 1e-6  # a distance that float32 makes of none


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Clusters beside classes.

    Args:
        figures: ``clustering.v_measure``, ``clustering.adjusted_rand``, ``clustering.silhouette``.
        confusion: shape (classes, clusters), int64: how many of a class fell into a cluster. The
            column of a cluster stands where the class stands that it matches best.
        classes: the names of the rows.
    """

    figures: Mapping[str, Figure]
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]


def cluster(vectors: Vectors, labels: Sequence[str], seed: int) -> Clustering:
    """KMeans with as many clusters as classes, on rows of length 1.

    KMeans begins 10 times, or 3 times where rows times classes exceed 5 million, and the tightest
    clusters count. V-measure (Rosenberg and Hirschberg 2007) and the adjusted Rand index (Hubert
    and Arabie 1985) are of these clusters; the silhouette (Rousseeuw 1987) is that of the classes
    themselves by cosine distance, over all rows.

    Args:
        vectors: shape (n, dim), dense or sparse.
        labels: one for each row.
        seed: of where KMeans begins.

    Raises:
        InvalidArgument: one class only, as many classes as rows, or rows that cannot be
            judged.
        InvalidInput: a label that is missing or blank.
    """
    require_libraries()
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import adjusted_rand_score, v_measure_score
    from sklearn.metrics.cluster import contingency_matrix

    rows = unit_rows(checked_vectors(vectors))
    classes, codes = checked_labels(labels, rows.shape[0])
    check_enough(
        rows.shape[0], len(classes) + 1, "inputs", f"clustering by {len(classes):,} classes"
    )
    many = rows.shape[0] * len(classes) > _MANY_NUMBERS
    means = KMeans(len(classes), n_init=_FEWER_STARTS if many else _STARTS, random_state=seed)
    with warnings.catch_warnings():
        # Fewer distinct rows than classes: the figures say it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = means.fit_predict(rows)
    figures = {
        "clustering.v_measure": Figure(float(v_measure_score(codes, found))),
        "clustering.adjusted_rand": Figure(float(adjusted_rand_score(codes, found))),
        "clustering.silhouette": Figure(silhouette(rows, codes)),
    }
    counts = np.zeros((len(classes), len(classes)), np.int64)
    counts[:, np.unique(found)] = contingency_matrix(codes, found)
    return Clustering(figures, _matched(counts), classes)


def silhouette(rows: Vectors, codes: NDArray[np.int64]) -> float:
    """The mean silhouette of classes by cosine distance.

    It needs no distances of pairs: the mean cosine with a class is the cosine with its mean.

    Args:
        rows: shape (n, dim), of length 1; a sparse row may be zero.
        codes: shape (n,): the number of each row's class; none of them is empty.
    """
    counts = np.bincount(codes).astype(np.float64)
    sums = _class_sums(rows, codes)
    at_once = max(1, _AT_ONCE // len(counts))
    parts = [
        _silhouettes(rows[start : start + at_once], codes[start : start + at_once], sums, counts)
        for start in range(0, len(codes), at_once)
    ]
    return float(np.concatenate(parts).mean())


def _silhouettes(
    rows: Vectors, codes: NDArray[np.int64], sums: FloatArray, counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    every, own_count = np.arange(len(codes)), counts[codes]
    distances = counts - cosines(rows, sums)
    to_itself = 1.0 - paired_cosines(rows, rows)
    own = (distances[every, codes] - to_itself) / np.maximum(own_count - 1, 1)
    means = distances / counts
    means[every, codes] = np.inf
    other = means.min(axis=1)
    larger = np.maximum(own, other)
    found = np.divide(other - own, larger, out=np.zeros_like(own), where=larger > _ROUNDING)
    # A row that is alone in its class has none: 0, as Rousseeuw sets it.
    return np.where(own_count > 1, found, 0.0)


def _class_sums(rows: Vectors, codes: NDArray[np.int64]) -> FloatArray:
    from scipy.sparse import csr_matrix

    members = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))))
    sums = members @ rows
    return np.asarray(sums.toarray() if is_sparse(sums) else sums)


def _matched(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Columns in the order that puts the most on the diagonal (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    return counts[:, linear_sum_assignment(counts, maximize=True)[1]]
