"""Do cosines rise where people say that two inputs mean the same?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluation.checks import (
    check_enough,
    check_same_dims,
    check_same_rows,
    checked_vectors,
)
from vecstore.evaluation.intervals import RESAMPLES, bounds
from vecstore.evaluation.matrices import Vectors, paired_cosines, unit_rows
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluations import Figure

_FEWEST = 3


def correlate(a: Vectors, b: Vectors, scores: Sequence[float], seed: int) -> dict[str, Figure]:
    """``pairs.spearman``: the rank correlation (Spearman 1904) of cosines with scores.

    Its 95 % interval is a bootstrap over pairs. Cosines that are all equal order nothing: 0.

    Args:
        a: shape (n, dim), dense or sparse: one side of each pair.
        b: shape (n, dim): the other.
        scores: one for each pair; the higher, the more alike.
        seed: of the interval.

    Raises:
        InvalidArgument: fewer than 3 pairs, sides of different lengths, scores that are all
            equal, or rows that cannot be judged.
        InvalidInput: a score that is no finite number.
    """
    require_libraries()
    these, those = (
        unit_rows(checked_vectors(side, f"vectors of {n}")) for side, n in ((a, "a"), (b, "b"))
    )
    check_same_rows(these.shape[0], those.shape[0], "first inputs", "second inputs")
    check_same_rows(len(scores), these.shape[0], "scores", "pairs")
    check_same_dims(these, those, ("the first inputs", "the second"))
    check_enough(these.shape[0], _FEWEST, "pairs", "a rank correlation")
    wanted = _checked_scores(scores)
    found = paired_cosines(these, those)
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(found), size=len(found)) for _ in range(RESAMPLES))
    resampled = np.array([_spearman(found[rows], wanted[rows]) for rows in draws])
    return {"pairs.spearman": Figure(_spearman(found, wanted), *bounds(resampled))}


def _checked_scores(scores: Sequence[float]) -> NDArray[np.float64]:
    wanted = np.asarray(scores, np.float64)
    bad = np.flatnonzero(~np.isfinite(wanted))
    if len(bad):
        raise InvalidInput(
            f"the score of pair {bad[0] + 1} is {wanted[bad[0]]}; every pair needs a number",
            field="scores",
        )
    if (wanted == wanted[0]).all():
        raise InvalidArgument(
            f"all {len(wanted):,} pairs have the score {wanted[0]:g}, which puts them in no order; "
            "give pairs with different scores",
            field="scores",
        )
    return wanted


def _spearman(these: NDArray[np.floating], those: NDArray[np.floating]) -> float:
    """Pearson's correlation of the ranks; 0 where one side has one value only."""
    from scipy.stats import rankdata

    x, y = (ranks - ranks.mean() for ranks in (rankdata(these), rankdata(those)))
    lengths = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / lengths if lengths else 0.0
