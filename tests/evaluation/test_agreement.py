"""What two encoders share, and what a map recovers."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from vecstore.errors import InvalidArgument
from vecstore.evaluation.agreement import agree, linear_cka, procrustes

FIGURES = (
    "cosine",
    "overlap",
    "across",
    "hit",
    "cka",
    "mapped_cosine",
    "mapped_hit",
    "mapped_overlap",
)


def figures(found):
    return [getattr(found, name) for name in FIGURES]


@pytest.fixture
def other(rng):
    return rng.standard_normal((150, 16)).astype(np.float32)


def test_an_encoder_agrees_with_itself(vectors):
    found = agree(vectors, vectors)
    assert figures(found) == pytest.approx([found.ceiling] * 8)


def test_even_where_inputs_are_twice_there(vectors):
    rows = np.concatenate([vectors, vectors])
    assert figures(agree(rows, rows)) == pytest.approx([1.0] * 8)


def test_a_rotated_space_shares_all_but_its_numbers(vectors, rotation):
    found = agree(vectors, vectors @ rotation)
    assert abs(found.cosine) < 0.5
    assert found.across < 0.4
    assert found.hit < 0.4
    wanted = [found.cosine, 1.0, found.across, found.hit, 1.0, 1.0, 1.0, 1.0]
    assert figures(found) == pytest.approx(wanted)


def test_strangers_share_what_chance_gives(vectors, other):
    found = agree(vectors, other)
    assert abs(found.cosine) < 0.1
    assert found.hit == pytest.approx(found.chance_hit, abs=0.04)
    assert found.overlap == pytest.approx(found.chance_overlap, abs=0.03)
    assert found.across == pytest.approx(found.chance_overlap, abs=0.03)
    assert found.cka == pytest.approx(found.chance_cka, abs=0.05)
    assert found.mapped_hit == pytest.approx(found.chance_hit, abs=0.06)
    assert found.mapped_overlap == pytest.approx(found.chance_mapped_overlap, abs=0.06)
    assert found.mapped_cosine < 0.3


def test_the_map_is_judged_by_what_it_was_not_fitted_on(other, rng):
    """In as many dims as there are inputs, any two sets can be laid upon each other."""
    wide, wider = (rng.standard_normal((100, 100)).astype(np.float32) for _ in range(2))
    found = agree(wide, wider)
    assert found.mapped_inputs == 50
    assert found.mapped_cosine < 0.2
    assert found.mapped_hit < 0.2


def test_dims_may_differ(vectors):
    longer = np.pad(vectors, ((0, 0), (3, 5)))
    for found in (agree(vectors, longer), agree(longer, vectors)):
        assert (found.cosine, found.across, found.hit) == (None, None, None)
        assert [v for v in figures(found) if v is not None] == pytest.approx([1.0] * 5)


def test_the_map_is_scipys(vectors, other):
    wanted, _ = orthogonal_procrustes(vectors, other)
    assert procrustes(vectors, other) == pytest.approx(wanted, abs=1e-5)


def test_cka_is_that_of_the_paper(vectors, other):
    """By the Gram matrices and their centred products (HSIC)."""
    centre = np.eye(150) - 1 / 150
    x, y = (centre @ rows.astype(np.float64) @ rows.T @ centre for rows in (vectors, other))
    wanted = (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())
    assert linear_cka(vectors, other) == pytest.approx(wanted)
    assert linear_cka(3 * vectors + 1, other) == pytest.approx(wanted)
    assert linear_cka(vectors, np.ones((150, 2), np.float32)) == 0


def test_the_seed_decides_the_halves(vectors, other):
    assert asdict(agree(vectors, other, seed=1)) == asdict(agree(vectors, other, seed=1))
    assert (
        agree(vectors, other, seed=1).mapped_cosine != agree(vectors, other, seed=2).mapped_cosine
    )


def test_what_cannot_be_compared(vectors):
    with pytest.raises(InvalidArgument, match="150 vectors of a and 149 of b"):
        agree(vectors, vectors[1:])
    with pytest.raises(InvalidArgument, match="at least 22 inputs, and there are 21"):
        agree(vectors[:21], vectors[:21])
    with pytest.raises(InvalidArgument, match="k is 0"):
        agree(vectors, vectors, k=0)
    agree(vectors[:22], vectors[:22])
