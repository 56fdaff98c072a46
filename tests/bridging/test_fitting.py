"""Which map is taken, and that its figures are of queries that had no part in that."""

import numpy as np

from vecstore.bridging.fitting import fit_best
from vecstore.evaluation.matrices import unit_rows

RNG = np.random.default_rng(0)
SOURCE = unit_rows(RNG.standard_normal((1000, 12)).astype(np.float32))
TURN = np.linalg.qr(RNG.standard_normal((12, 12)))[0].astype(np.float32)


class Asks:
    """Finds whatever is nearest to its own vector, and notes who was asked."""

    def __init__(self, target):
        self.target, self.asked = target, []

    def __call__(self, mapped, rows):
        self.asked.append(set(rows.tolist()))
        return (mapped @ self.target.T).argmax(axis=1) == rows


def test_the_figures_are_of_queries_that_chose_nothing():
    asks = Asks(SOURCE @ TURN)
    made = fit_best(SOURCE, SOURCE @ TURN, asks, 3)
    assert (made.map.kind, made.pairs, made.held_out) == ("orthogonal", 800, 200)
    *choosing, judging = asks.asked
    assert len(judging) == 200
    assert len(choosing) > 1
    assert not judging & set.union(*choosing)


def test_nothing_of_those_held_out_changes_the_map():
    """What the map is fitted on, and which one is taken, is decided without them."""
    target = SOURCE @ TURN
    made = fit_best(SOURCE, target, Asks(target), 3)
    asks = Asks(target)
    fit_best(SOURCE, target, asks, 3)
    held = list(asks.asked[-1])
    other = target.copy()
    other[held] = unit_rows(RNG.standard_normal((200, 12)).astype(np.float32))
    # The same map, and another opinion of it.
    spoilt = fit_best(SOURCE, other, Asks(other), 3)
    assert spoilt.map.digest == made.map.digest
    assert spoilt.figures["recall@1"].value < 0.05 < made.figures["recall@1"].value == 1.0


def test_the_same_seed_gives_the_same_bridge():
    target = SOURCE @ TURN
    first, again, other = (fit_best(SOURCE, target, Asks(target), seed) for seed in (1, 1, 2))
    assert (first.map.digest, first.figures) == (again.map.digest, again.figures)
    assert first.map.digest != other.map.digest


def test_ridge_where_the_dims_are_stretched():
    target = unit_rows(SOURCE @ (TURN * np.linspace(0.05, 3, 12, dtype=np.float32)[:, None]))
    made = fit_best(SOURCE, target, Asks(target), 0)
    assert made.map.kind == "ridge"
    assert made.figures["recall@1"].value > 0.95


def test_a_map_that_leaves_nothing_of_a_query_is_worth_nothing():
    source = SOURCE.copy()
    source[:, 6:] = 0
    source[0] = np.eye(12)[11]  # nothing else has anything there
    made = fit_best(source, SOURCE @ TURN, Asks(SOURCE @ TURN), 0)
    assert 0.0 <= made.figures["recall@1"].value <= 1.0
