"""Prices of reduced vectors, against what one counts by hand."""

import numpy as np
import pytest

from vecstore.evaluation.dimensions import (
    K,
    Price,
    Split,
    draw_samples,
    held_out_rows,
    nearest_cuts,
    price,
    smallest,
)
from vecstore.evaluation.reductions import Method, full, precisions, transformed
from vecstore.evaluations import Figure
from vecstore.transforms import fit_pca, random_projection, truncation

DIM = 12


def some(count, seed):
    return np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def parts():
    return Split(some(150, 1), some(30, 2))


@pytest.fixture(scope="module")
def cuts(parts):
    return nearest_cuts(parts)


def cosine_order(corpus, query):
    """Rows of a corpus, nearest first, by the textbook's cosine in float64."""
    corpus, query = corpus.astype(np.float64), query.astype(np.float64)
    cosines = corpus @ query / (np.linalg.norm(corpus, axis=1) * np.linalg.norm(query))
    return np.argsort(-cosines, kind="stable")


def recall_by_hand(parts, stored, asked):
    shares = []
    for number, query in enumerate(parts.held_out):
        exact = set(cosine_order(parts.corpus, query)[:10].tolist())
        found = set(cosine_order(stored, asked[number])[:10].tolist())
        shares.append(len(exact & found) / 10)
    return np.mean(shares)


def test_full_vectors_keep_everything(parts, cuts):
    found = price(full(DIM), parts, cuts, None, 0)
    assert (found.recall.value, found.bytes, found.accuracy) == (1.0, 4 * DIM, None)


@pytest.mark.parametrize(
    "transform",
    [
        truncation(5, DIM),
        random_projection(DIM, 5, 3, "drawn"),
        fit_pca(some(150, 1), 5, "fitted"),
    ],
    ids=lambda transform: transform.kind,
)
def test_recall_of_fewer_dims_is_that_of_brute_force(parts, cuts, transform):
    found = price(transformed(transform), parts, cuts, None, 0)
    by_hand = recall_by_hand(
        parts,
        transform.apply(parts.corpus, normalized=False),
        transform.apply(parts.held_out, normalized=False),
    )
    assert found.recall.value == pytest.approx(by_hand)
    assert 0.1 < by_hand < 0.95
    assert found.recall.low < found.recall.value < found.recall.high
    assert (found.method, found.dim, found.bytes) == (transform.kind.value, 5, 20)


def test_recall_of_fewer_bytes_is_that_of_brute_force(parts, cuts):
    half, int8, sign = (price(one, parts, cuts, None, 0) for one in precisions(parts.corpus))
    assert [one.bytes for one in (half, int8, sign)] == [24, 12, 2]
    assert all(one.method.forecast and one.dim == DIM for one in (half, int8, sign))
    assert half.recall.value > 0.99
    assert 0.8 < int8.recall.value <= 1
    assert 0.1 < sign.recall.value < int8.recall.value


def test_a_neighbour_as_near_as_the_tenth_counts():
    # Every vector twice: which of the two is found says nothing about a reduction.
    corpus = some(40, 4)
    twice = Split(np.concatenate([corpus, corpus]), some(10, 5))
    shuffled = Split(twice.corpus[::-1].copy(), twice.held_out)
    for one in (twice, shuffled):
        found = price(full(DIM), one, nearest_cuts(twice), None, 0)
        assert found.recall.value == 1.0


def labelled(corpus_classes, asked_classes, spread):
    """Vectors around the middle of their class."""
    middles = some(3, 6) * 2
    names = np.array(["a", "b", "c"])
    corpus = middles[corpus_classes] + spread * some(len(corpus_classes), 7)
    asked = middles[asked_classes] + spread * some(len(asked_classes), 8)
    return Split(corpus, asked), names[corpus_classes].tolist(), names[asked_classes].tolist()


def test_accuracy_is_that_of_brute_force():
    rng = np.random.default_rng(9)
    parts, known, asked = labelled(rng.integers(0, 3, 90), rng.integers(0, 3, 60), 2.5)
    samples = draw_samples(known, asked, 4, 3, 11)
    rights = []
    for rows in samples.draws:
        assert sorted(known[row] for row in rows) == ["a"] * 4 + ["b"] * 4 + ["c"] * 4
        for query, label in zip(parts.held_out, asked, strict=True):
            nearest = rows[cosine_order(parts.corpus[rows], query)[0]]
            rights.append(known[nearest] == label)
    found = price(full(DIM), parts, nearest_cuts(parts), samples, 0).accuracy
    assert found.value == pytest.approx(np.mean(rights))
    assert 0.4 < found.value < 1
    assert found.low < found.value < found.high


def test_draws_differ_and_repeat():
    known = ["a", "b"] * 30
    first, again = (draw_samples(known, ["a"], 5, 3, 1) for _ in range(2))
    assert all((x == y).all() for x, y in zip(first.draws, again.draws, strict=True))
    assert not (first.draws[0] == first.draws[1]).all()


def test_a_class_with_too_few_samples_takes_no_part():
    found = draw_samples(["a"] * 5 + ["b"] * 5 + ["c"] * 2, ["c", "a", "d", "b"], 5, 2, 0)
    assert (found.classes, found.left_out) == (2, 2)
    assert found.tested.tolist() == [1, 3]
    assert all(sorted(rows) == list(range(10)) for rows in found.draws)


def test_what_is_held_out_is_in_no_corpus():
    stay, held = held_out_rows(200, 5)
    assert sorted([*stay, *held]) == list(range(200))
    assert len(held) == 50
    assert (held_out_rows(200, 5)[1] == held).all()
    assert not (held_out_rows(200, 6)[1] == held).all()
    assert len(held_out_rows(1_000_000, 0)[1]) == 5_000


def test_queries_are_at_most_a_thousand():
    parts = Split(some(20, 1), some(1_200, 2))
    assert len(parts.queries) == len(nearest_cuts(parts)) == 1_000


def test_signs_of_an_odd_length_take_whole_bytes():
    assert precisions(some(K, 1)[:, :9])[2].bytes == 2


def at(method, dim, recall):
    return Price(method, dim, 4 * dim, Figure(recall))


PRICES = (
    at(Method.FULL, 16, 0.8),
    at(Method.TRUNCATE, 8, 0.77),
    at(Method.TRUNCATE, 4, 0.5),
    at(Method.PCA, 8, 0.795),
    at(Method.PCA, 4, 0.79),
)


def recall_of(one):
    return one.recall


@pytest.mark.parametrize(
    ("method", "share", "dim"),
    [
        (Method.TRUNCATE, 0.95, 8),
        (Method.TRUNCATE, 0.99, 16),
        (Method.PCA, 0.95, 4),
        (Method.PCA, 0.99, 8),
    ],
)
def test_the_smallest_that_keeps_a_share_of_what_the_full_vectors_reach(method, share, dim):
    assert smallest(PRICES, method, share, recall_of).dim == dim


def test_nothing_is_the_smallest_where_nothing_was_measured():
    assert smallest(PRICES, Method.RANDOM, 0.95, recall_of) is None
    assert smallest(PRICES, Method.PCA, 0.95, lambda one: one.accuracy) is None
