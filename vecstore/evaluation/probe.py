"""Does a small model learn from an encoder's vectors with few samples?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.evaluation.checks import checked_labels, checked_vectors
from vecstore.evaluation.intervals import crossed_interval
from vecstore.evaluation.matrices import Vectors, is_sparse, unit_rows
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluation.retrieval import rankings
from vecstore.evaluation.sampling import even_rows, ranks_in_class
from vecstore.evaluations import Figure

TEST_ROWS = 5000
_HIDDEN = (256, 128)
_EPOCHS = 200  # at most: it ends where the loss falls no more
_SEEDS = 2**32  # that scikit-learn has

Codes = NDArray[np.int64]
OnProgress = Callable[[int, int], None]


def probe(
    vectors: Vectors,
    labels: Sequence[str],
    shots: Sequence[int] = (5, 10, 20),
    draws: int = 5,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> dict[str, Figure]:
    """Accuracies of small models on what they have not seen, with 95 % intervals.

    For N samples a class, ``probe.accuracy@N`` is that of a perceptron with two hidden layers,
    ``probe.linear@N`` of logistic regression, and ``probe.neighbour@N`` of the nearest sample by
    cosine. In a draw the fewer samples are among the more, and all are tested on the same rows:
    what the draw does not use, at most 5,000, evenly over the classes. Means and intervals are
    over draws and rows.

    Args:
        vectors: shape (n, dim), dense or sparse.
        labels: one for each row.
        shots: samples a class, each N.
        draws: how often samples are drawn.
        seed: of the draws, and of where the perceptron begins.
        on_progress: called with how many of how many trainings are done.

    Raises:
        InvalidArgument: one class only, a class with fewer than N + 1 rows, shots or draws below
            1, or rows that cannot be judged.
        InvalidInput: a label that is missing or blank.
    """
    require_libraries()
    rows = checked_vectors(vectors)
    classes, codes = checked_labels(labels, rows.shape[0])
    _check_shots(shots, draws, classes, codes)
    right: dict[str, NDArray[np.float64]] = {}
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        ranks = ranks_in_class(codes, rng)
        rest = np.flatnonzero(ranks >= max(shots))
        test = rest[even_rows(codes[rest], TEST_ROWS, rng)]
        begin = (seed + draw) % _SEEDS
        for number, count in enumerate(shots):
            train = np.flatnonzero(ranks < count)
            for name, told in _predictions(rows, codes, train, test, begin).items():
                table = right.setdefault(
                    f"probe.{name}@{count}", np.full((draws, len(codes)), np.nan)
                )
                table[draw, test] = told == codes[test]
            if on_progress:
                on_progress(draw * len(shots) + number + 1, draws * len(shots))
    return {name: _figure(table, seed) for name, table in right.items()}


def _predictions(
    rows: Vectors, codes: Codes, train: Codes, test: Codes, seed: int
) -> dict[str, Codes]:
    from sklearn.exceptions import ConvergenceWarning

    seen, unseen = _scaled(rows[train], rows[test])
    with warnings.catch_warnings():
        # Both may end at their last round: that is the protocol.
        warnings.simplefilter("ignore", ConvergenceWarning)
        perceptron = _perceptron(seed).fit(seen, codes[train])
        linear = _linear().fit(seen, codes[train])
    nearest = rankings(rows[test], rows[train], 1)[:, 0]
    return {
        "accuracy": perceptron.predict(unseen),
        "linear": linear.predict(unseen),
        "neighbour": codes[train][nearest],
    }


def _perceptron(seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(_HIDDEN, max_iter=_EPOCHS, random_state=seed)


def _linear() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=200)


def _scaled(train: Vectors, test: Vectors) -> tuple[Vectors, Vectors]:
    """Each dim at mean 0 and variance 1 by the samples; sparse rows at length 1."""
    if is_sparse(train):
        # What no sample has cannot be learnt from, and would only disturb.
        known = np.flatnonzero(np.asarray((train != 0).sum(axis=0)).ravel())
        return unit_rows(train)[:, known], unit_rows(test)[:, known]
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def _figure(right: NDArray[np.float64], seed: int) -> Figure:
    return crossed_interval(right[:, np.isfinite(right).any(axis=0)], seed)


def _check_shots(shots: Sequence[int], draws: int, classes: Sequence[str], codes: Codes) -> None:
    if not shots or min(shots) < 1:
        raise InvalidArgument(
            f"shots are {', '.join(map(str, shots)) or 'none'}; give numbers of samples a class, "
            "such as 5,10,20",
            field="shots",
        )
    if draws < 1:
        raise InvalidArgument(f"draws are {draws}; at least 1 is needed", field="draws")
    counts = np.bincount(codes)
    fewest = int(counts.argmin())
    if counts[fewest] <= max(shots):
        advice = (
            f"ask for at most {counts[fewest] - 1}, or" if counts[fewest] > 1 else "add to it, or"
        )
        raise InvalidArgument(
            f"the class {classes[fewest]!r} has {counts[fewest]:,} inputs, and a probe with "
            f"{max(shots)} samples a class needs {max(shots) + 1}, the last to test with: "
            f"{advice} leave the class out",
            field="shots",
        )
