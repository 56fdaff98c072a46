"""Alarms about vectors: raised where an encoder has collapsed, and only there."""

import numpy as np
import pytest
from scipy.stats import skew
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from vecstore.errors import InvalidArgument
from vecstore.evaluation.health import alarms, health


def judged(rows, **settings):
    return {name: figure.value for name, figure in health(rows, **settings).items()}


def sentences(rows):
    return alarms(health(rows), rows.shape[1], len(rows))


def noisy(rng, rows, directions, dim=64, noise=1e-4):
    """Vectors that use a few directions, and the others by next to nothing."""
    used = rng.standard_normal((rows, directions)) @ rng.standard_normal((directions, dim))
    return (used + noise * rng.standard_normal((rows, dim))).astype(np.float32)


def test_the_effective_rank_is_that_of_the_paper(vectors):
    rows = normalize(vectors).astype(np.float64)
    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    shares = sizes / sizes.sum()
    wanted = np.exp(-(shares * np.log(shares)).sum())
    assert judged(vectors)["health.effective_rank"] == pytest.approx(wanted)
    wide = np.pad(vectors[:12], ((0, 0), (0, 300)))
    assert judged(wide)["health.effective_rank"] == pytest.approx(
        judged(vectors[:12])["health.effective_rank"], rel=1e-5
    )


def test_equal_directions_are_counted():
    both = np.concatenate([np.eye(20), -np.eye(20)]).astype(np.float32)
    assert judged(both)["health.effective_rank"] == pytest.approx(20)


def test_hubness_is_the_skewness_of_being_found(vectors):
    rows = normalize(vectors)
    found = NearestNeighbors(n_neighbors=11, metric="cosine").fit(rows)
    others = found.kneighbors(return_distance=False, n_neighbors=10)
    wanted = skew(np.bincount(others.ravel(), minlength=150))
    assert judged(vectors)["health.hubness"] == pytest.approx(wanted)


def test_vectors_that_are_all_found_alike_have_no_hubs(vectors):
    assert judged(vectors[:11])["health.hubness"] == 0


def test_duplicates_are_those_of_an_earlier_row(vectors, monkeypatch):
    monkeypatch.setattr("vecstore.evaluation.health._AT_ONCE", 7)
    rows = np.concatenate([vectors[:60], 2 * vectors[:20], vectors[:20] * (1 + 1e-7)])
    assert judged(vectors)["health.duplicates"] == 0
    assert judged(rows)["health.duplicates"] == 0.4


def test_a_rotation_changes_nothing(vectors, rotation):
    assert judged(vectors @ rotation) == pytest.approx(judged(vectors), abs=1e-4)


def test_no_alarm_for_an_encoder_that_is_well(vectors, rng):
    assert sentences(vectors) == ()
    assert sentences(rng.standard_normal((12, 384)).astype(np.float32)) == ()
    assert sentences(rng.standard_normal((50, 3)).astype(np.float32)) == ()


@pytest.mark.parametrize("directions", [1, 2, 3])
def test_few_directions_raise_the_alarm(rng, directions):
    sentence = sentences(noisy(rng, 300, directions))[0]
    assert "of 64 directions (effective rank)" in sentence


def test_a_small_share_of_many_directions_raises_the_alarm(rng):
    (sentence,) = sentences(noisy(rng, 500, 8, dim=400, noise=0))
    assert "of 400 directions" in sentence


@pytest.mark.parametrize("noise", [0, 1e-7])
def test_one_point_for_every_input_raises_both(rng, noise):
    rows = (rng.standard_normal(64) + noise * rng.standard_normal((100, 64))).astype(np.float32)
    assert judged(rows)["health.effective_rank"] < 2
    assert ["directions" in s or "equal an earlier one" in s for s in sentences(rows)] == [True] * 2


def test_many_rows_are_sampled_by_the_seed(vectors, monkeypatch):
    monkeypatch.setattr("vecstore.evaluation.health.ROWS", 40)
    assert judged(vectors, seed=1) == judged(vectors, seed=1) != judged(vectors, seed=2)
    assert judged(vectors[:40], seed=1) == judged(vectors[:40], seed=2)


def test_fewer_rows_than_neighbours(vectors):
    with pytest.raises(
        InvalidArgument, match="hubness among 10 neighbours needs at least 11 vectors"
    ):
        health(vectors[:10])
