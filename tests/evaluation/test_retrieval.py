"""Exact rankings and their figures."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from vecstore.errors import InvalidArgument, InvalidVector
from vecstore.evaluation.retrieval import rankings, retrieve


def judged(*args, **settings):
    return {name: figure.value for name, figure in retrieve(*args, **settings).items()}


def gains(rng, queries, documents):
    return [
        {int(row): float(rng.integers(1, 4)) for row in rng.choice(documents, 12, replace=False)}
        for _ in range(queries)
    ]


@pytest.mark.parametrize("kind", ["vectors", "sparse"])
def test_figures_are_those_by_hand(kind, rng, request, monkeypatch):
    monkeypatch.setattr("vecstore.evaluation.retrieval._AT_ONCE", 1000)
    rows = request.getfixturevalue(kind)
    queries, documents = rows[100:], rows[:100]
    wanted = gains(rng, 50, 100)
    scores = cosine_similarity(queries, documents).round(6)
    truth = np.array([[given.get(row, 0.0) for row in range(100)] for given in wanted])
    drawn = np.random.default_rng(0).permutation(100)  # of the equally near
    order = drawn[np.argsort(-scores[:, drawn], axis=1, kind="stable")]
    relevant = np.take_along_axis(truth, order, axis=1) > 0
    found = judged(queries, documents, wanted, ks=(1, 5))
    assert found["retrieval.recall@1"] == pytest.approx(relevant[:, :1].sum() / 12 / 50)
    assert found["retrieval.recall@5"] == pytest.approx(relevant[:, :5].sum() / 12 / 50)
    assert found["retrieval.mrr"] == pytest.approx((1 / (relevant.argmax(axis=1) + 1)).mean())
    if kind == "vectors":  # scikit-learn shares the gains of a tie
        assert found["retrieval.ndcg@10"] == pytest.approx(ndcg_score(truth, scores, k=10))


def test_each_input_finds_itself(vectors):
    figures = retrieve(vectors, vectors, [{row: 1.0} for row in range(150)])
    assert {(f.value, f.low, f.high) for f in figures.values()} == {(1.0, 1.0, 1.0)}


def test_the_largest_gain_belongs_first():
    rows = np.eye(12, dtype=np.float32)
    asked = (rows[0] + 0.5 * rows[1])[None, :]
    right = judged(asked, rows, [{0: 3.0, 1: 1.0}])
    wrong = judged(asked, rows, [{0: 1.0, 1: 3.0}])
    assert right["retrieval.ndcg@10"] == pytest.approx(1.0)
    assert wrong["retrieval.ndcg@10"] == pytest.approx((1 + 3 / np.log2(3)) / (3 + 1 / np.log2(3)))


def test_a_rotation_changes_nothing(vectors, rotation, rng):
    wanted = gains(rng, 50, 100)
    plain = judged(vectors[100:], vectors[:100], wanted)
    turned = judged(vectors[100:] @ rotation, vectors[:100] @ rotation, wanted)
    assert turned == pytest.approx(plain, abs=1e-6)


def test_of_equal_documents_the_earlier_comes_first(vectors):
    documents = np.concatenate([vectors[:50], vectors[:50] * 3])
    found = rankings(vectors[:50], documents, 2)
    assert found.tolist() == [[row, row + 50] for row in range(50)]


def test_vectors_that_tell_nothing_apart_gain_nothing_by_the_order_of_documents():
    documents = np.ones((400, 4), np.float32)
    wanted = [{row: 1.0} for row in range(20)]  # the first of the file
    found, other = (judged(documents[:20], documents, wanted, seed=seed) for seed in (0, 1))
    assert found["retrieval.recall@10"] < 0.2
    assert found["retrieval.mrr"] != other["retrieval.mrr"]


def test_a_row_that_is_left_out_is_no_answer(vectors):
    own = np.arange(150)
    found = rankings(vectors, vectors, 149, without=own)
    whole = rankings(vectors, vectors, 150)
    assert (whole[:, 0] == own).all()
    assert np.array_equal(found, whole[:, 1:])
    with pytest.raises(InvalidArgument, match="at least 151 vectors"):
        rankings(vectors, vectors, 150, without=own)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, "query 2 has no relevant document"),
        ({150: 1.0}, "query 2 names document 150; there are 150"),
        ({-1: 1.0}, "query 2 names document -1"),
        ({0: 0.0}, r"gives document 0 a gain of 0\.0"),
        ({0: float("nan")}, "gives document 0 a gain of nan"),
    ],
)
def test_relevant_documents_that_cannot_be(vectors, wanted, message):
    with pytest.raises(InvalidArgument, match=message):
        retrieve(vectors[:2], vectors, [{0: 1.0}, wanted])


def test_what_does_not_belong_together(vectors):
    with pytest.raises(InvalidArgument, match="1 sets of relevant documents and 2 queries"):
        retrieve(vectors[:2], vectors, [{0: 1.0}])
    with pytest.raises(InvalidArgument, match="recall@10 needs at least 10 documents"):
        retrieve(vectors[:1], vectors[:9], [{0: 1.0}])
    with pytest.raises(InvalidVector, match="the queries have 16 dims and the documents 15"):
        retrieve(vectors[:1], vectors[:, 1:], [{0: 1.0}])
