import numpy as np
import pytest

from benchmarks import bare
from vecstore.spaces import FloatArray


@pytest.fixture
def vectors() -> FloatArray:
    rows = np.random.default_rng(0).standard_normal((300, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def exact(vectors: FloatArray, queries: FloatArray) -> list[list[int]]:
    return np.argsort(-(queries @ vectors.T), axis=1)[:, : bare.K].tolist()


def test_recall_of_the_exact_answer_is_1(vectors: FloatArray) -> None:
    queries = vectors[:20]
    limit = bare.threshold(vectors, queries)
    assert bare.recall(exact(vectors, queries), vectors, queries, limit) == 1.0


def test_recall_counts_what_is_missing_wrong_or_double(vectors: FloatArray) -> None:
    queries = vectors[:2]
    limit = bare.threshold(vectors, queries)
    first, second = exact(vectors, queries)
    farthest = int(np.argmin(vectors @ queries[0]))
    found = [[*first[:8], first[0], farthest], second[:5]]
    assert bare.recall(found, vectors, queries, limit) == pytest.approx((8 + 5) / 20)


def test_a_tie_is_as_good_as_the_vector_it_ties_with(vectors: FloatArray) -> None:
    doubled = np.concatenate([vectors, vectors])
    queries = vectors[:1]
    limit = bare.threshold(doubled, queries)
    found = [[key + len(vectors) for key in exact(vectors, queries)[0][:5]]]
    assert bare.recall(found, doubled, queries, limit) == pytest.approx(0.5)
