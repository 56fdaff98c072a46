"""Is an encoder well? Alarms about its vectors; never a score between models."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluation.checks import check_enough, checked_dense
from vecstore.evaluation.matrices import unit_rows
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluation.retrieval import rankings
from vecstore.evaluation.sampling import some_rows
from vecstore.evaluations import Figure
from vecstore.spaces import FloatArray

ROWS = 4000
NEIGHBOURS = 10
_SAME = 1e-6
_ROUNDING = 1e-6  # what float32 leaves of a direction that is not used, in units of a row
_FEW_DIRECTIONS = 4.0
_SMALL_SHARE = 0.03
_MANY_DUPLICATES = 0.5
_AT_ONCE = 1000  # rows


def health(vectors: FloatArray, seed: int = 0) -> dict[str, Figure]:
    """Figures of the vectors at length 1, at most 4,000 of them, drawn by the seed.

    - ``health.effective_rank``: how many directions they use: exp of the entropy of the
      normalised singular values of the centred matrix (Roy and Vetterli 2007);
    - ``health.hubness``: skewness of how often a vector is among the 10 nearest of others
      (Radovanović et al. 2010); above about 3 some vectors are found for nearly every query;
    - ``health.duplicates``: the share that equals an earlier one, up to 1e-6 in cosine.

    Args:
        vectors: shape (n, dim), float32, at least 11 rows.
        seed: of the rows.

    Raises:
        InvalidArgument: fewer than 11 rows, or rows that cannot be judged.
    """
    require_libraries()
    given = checked_dense(vectors)
    check_enough(len(given), NEIGHBOURS + 1, "vectors", f"hubness among {NEIGHBOURS} neighbours")
    rows = unit_rows(given[some_rows(len(given), ROWS, np.random.default_rng(seed))])
    return {
        "health.effective_rank": Figure(effective_rank(rows)),
        "health.hubness": Figure(_hubness(rows)),
        "health.duplicates": Figure(_duplicates(rows)),
    }


def alarms(figures: Mapping[str, Figure], dim: int, rows: int = ROWS) -> tuple[str, ...]:
    """A sentence for each sign that an encoder has collapsed; none where it looks well.

    Args:
        figures: of :func:`health`.
        dim: of the vectors.
        rows: how many there were; few vectors can only use few directions.
    """
    found = []
    most = max(1, min(dim, min(rows, ROWS) - 1))
    rank = figures["health.effective_rank"].value
    if rank < max(_SMALL_SHARE * most, min(_FEW_DIRECTIONS, most / 2)):
        found.append(
            f"the encoder looks collapsed: its vectors use about {rank:.1f} of {most:,} directions "
            "(effective rank); look at its training, and at whether its inputs differ"
        )
    share = figures["health.duplicates"].value
    if share > _MANY_DUPLICATES:
        found.append(
            f"the encoder looks collapsed: {share:.0%} of its vectors equal an earlier one; look "
            "at its training, and at whether its inputs differ"
        )
    return tuple(found)


def effective_rank(rows: FloatArray) -> float:
    """exp of the entropy of the normalised singular values, from 1 to min(n - 1, dim).

    Args:
        rows: shape (n, dim), float32, of length 1. They are centred here.
    """
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    wide = centred.shape[1] > centred.shape[0]
    squares = np.linalg.eigvalsh(centred @ centred.T if wide else centred.T @ centred)
    sizes = np.sqrt(np.maximum(squares, 0.0))
    sizes = sizes[sizes > _ROUNDING * np.sqrt(len(rows))]
    if not len(sizes):
        return 1.0
    shares = sizes / sizes.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _hubness(rows: FloatArray) -> float:
    from scipy.stats import skew

    found = rankings(rows, rows, NEIGHBOURS, without=np.arange(len(rows)))
    counts: NDArray[np.int64] = np.bincount(found.ravel(), minlength=len(rows))
    return float(skew(counts)) if counts.std() > 0 else 0.0


def _duplicates(rows: FloatArray) -> float:
    count = 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        same = part @ rows[: start + len(part)].T >= 1 - _SAME
        count += int(np.tril(same, start - 1).any(axis=1).sum())
    return count / len(rows)
