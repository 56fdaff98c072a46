import numpy as np
import pytest

from vecstore import InvalidArgument
from vecstore.evaluation.linear_maps import (
    RIDGES,
    best_fit,
    fit_orthogonal,
    fit_ridge,
    split_pairs,
)

RNG = np.random.default_rng(0)
SOURCE = RNG.standard_normal((500, 8)).astype(np.float32)
TURN = np.linalg.qr(RNG.standard_normal((8, 8)))[0].astype(np.float32)


def test_one_of_five_is_held_out():
    fit, held = split_pairs(1003, 4)
    assert (len(fit), len(held)) == (803, 200)
    assert sorted([*fit, *held]) == list(range(1003))
    assert (split_pairs(1003, 5)[1] != held).any()
    some, judges = split_pairs(fit, 4)
    assert sorted([*some, *judges]) == sorted(fit)


def test_a_rotation_is_found_whatever_the_lengths():
    found = fit_orthogonal(SOURCE, 3 * SOURCE @ TURN)
    assert found.dtype == np.float32
    assert found == pytest.approx(TURN, abs=1e-5)


@pytest.mark.parametrize(("before", "after"), [(8, 5), (5, 8)])
def test_between_spaces_of_several_dims(before, after):
    found = fit_orthogonal(SOURCE[:, :before], (SOURCE @ TURN)[:, :after])
    assert found.shape == (before, after)
    short = found if before >= after else found.T
    assert short.T @ short == pytest.approx(np.eye(min(before, after)), abs=1e-5)


def test_ridge_is_least_squares_with_more_rows():
    """A penalty is as rows of its root, which are to be mapped to nothing."""
    target = (SOURCE @ RNG.standard_normal((8, 3))).astype(np.float32)
    weight = 0.5 * np.square(SOURCE).sum() / 8
    rows = np.vstack([SOURCE, np.sqrt(weight) * np.eye(8)])
    expected = np.linalg.lstsq(rows, np.vstack([target, np.zeros((8, 3))]), rcond=None)[0]
    assert fit_ridge(SOURCE, target, 0.5) == pytest.approx(expected, abs=1e-4)


def test_as_many_of_both():
    for source, target in ((SOURCE, SOURCE[1:]), (SOURCE[:0], SOURCE[:0])):
        for fit in (fit_orthogonal, *RIDGES):
            with pytest.raises(InvalidArgument, match="a map is fitted on as many of both"):
                fit(source, target)


def test_the_best_is_chosen_by_the_rows_that_may_be_looked_at():
    rows, held = split_pairs(len(SOURCE), 0)
    target = SOURCE @ TURN
    target[held] = np.nan  # whoever looks at these has only nonsense to say
    fits = [("none", lambda one, _: np.zeros((one.shape[1], 8), np.float32))]
    fits += [("turned", fit_orthogonal), ("again", fit_orthogonal)]
    judged = []

    def worth(matrix, judges):
        judged.append(set(judges))
        return -float(np.abs(SOURCE[judges] @ matrix - target[judges]).max()), 0.0

    name, matrix = best_fit(SOURCE, target, rows, fits, worth, 7)
    assert (name, matrix.tolist()) == (
        "turned",
        fit_orthogonal(SOURCE[rows], target[rows]).tolist(),
    )
    assert len(judged) == 3
    assert judged[0] == judged[1] == judged[2] < set(rows)
    assert len(judged[0]) == len(rows) // 5
