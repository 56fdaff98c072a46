"""Many queries at a time are answered as each alone, whatever state the index is in."""

import threading

import numpy as np
import pytest

from vecstore.errors import InvalidVector
from vecstore.index import batching
from vecstore.index.batching import Columns
from vecstore.index.exact import ExactIndex, stacked
from vecstore.index.hnsw import HnswIndex
from vecstore.spaces import Metric
from vecstore.specs import BatchIndex, IndexSpec

METRICS = pytest.mark.parametrize("metric", list(Metric))
BACKENDS = pytest.mark.parametrize("spec", ["hnsw", "exact"])


def rows(index, queries, k):
    return [
        hits
        for some in index.search_many(queries, k)
        for hits in (some.rows() if isinstance(some, Columns) else some)
    ]


def names(found):
    return [[hit[1:] for hit in hits] for hits in found]


def check(index, queries, *ks):
    for k in ks:
        # The background work may change the graph between one answer and the other.
        for _ in range(20):
            together = rows(index, queries, k)
            alone = [index.search(query, k) for query in queries]
            if names(together) == names(alone):
                break
        assert names(together) == names(alone)
        for ours, theirs in zip(together, alone, strict=True):
            np.testing.assert_allclose(
                [hit[0] for hit in ours], [hit[0] for hit in theirs], rtol=1e-5, atol=1e-6
            )


@METRICS
@BACKENDS
def test_in_every_state(make_field, random, metric, spec):
    field = make_field(spec, metric=metric)
    field.open()
    queries = random(40, seed=9)
    check(field.index, queries, 5)  # nothing is there
    field.fill(random(600))
    check(field.index, queries, 1, 10)  # some wait in the tail
    field.settle()
    check(field.index, queries, 1, 10, 100)
    if not len(field.index._state.graph.side):
        assert all(isinstance(one, Columns) for one in field.index.search_many(queries, 10))
    field.write([("new", queries[3]), ("r7", queries[4])])
    check(field.index, queries, 10)
    field.write(deletes=[f"r{n}" for n in range(100, 500)])
    check(field.index, queries, 10, 300)
    field.settle()
    check(field.index, queries, 10, 300, 5000)


@METRICS
def test_with_equal_vectors(make_field, random, metric):
    field = make_field(metric=metric)
    field.open()
    vectors = random(60)
    field.write([(f"{copy}-{n}", row) for copy in "cab" for n, row in enumerate(vectors)])
    field.settle()
    check(field.index, vectors, 1, 3, 7)
    assert [hit[1] for hit in rows(field.index, vectors[:1], 3)[0]] == ["a-0", "b-0", "c-0"]
    field.write(deletes=["a-0"])
    check(field.index, vectors, 3, 7)


@METRICS
def test_while_nothing_is_taken_in_or_buried(make_field, random, hold, metric):
    field = make_field(metric=metric)
    field.open()
    vectors = random(300)
    field.fill(vectors)
    field.settle()
    hold(field.index)
    queries = vectors[:20]
    field.write(deletes=["r19"])  # still in the graph, and nothing in the tail
    check(field.index, queries, 1, 10)
    copies = [f"n{n}" for n in range(20)]
    field.write(zip(copies, queries * np.float32(1.01), strict=True))  # in the tail
    check(field.index, queries, 1, 10)
    for name, hits in zip(copies, rows(field.index, queries, 300), strict=True):
        assert name in [hit[1] for hit in hits]
    field.write(deletes=["r0", "r1", "r2"])  # still in the graph
    check(field.index, queries, 1, 10)


def test_ties_go_by_id(make_field):
    field = make_field(metric=Metric.L2, dim=4)
    field.open()
    field.write(list(zip("hgfedcba", np.concatenate([np.eye(4), -np.eye(4)]), strict=True)))
    field.settle()
    queries = np.zeros((9, 4), np.float32)
    assert all(isinstance(one, Columns) for one in field.index.search_many(queries, 8))
    assert [[hit[1] for hit in hits] for hits in rows(field.index, queries, 8)] == [
        list("abcdefgh")
    ] * 9
    check(field.index, queries, 8)


def test_with_vectors_that_no_graph_holds(make_field, random):
    field = make_field(metric=Metric.L2)
    field.open()
    far = np.full((2, 16), 3e18, np.float32)
    far[1, 0] = 2e18
    field.fill(random(80))
    field.write([("far", far[0]), ("farther", far[1])])
    field.settle()
    assert len(field.index._state.graph.side) == 2
    check(field.index, random(10, seed=9), 5, 81, 82)


def test_with_vectors_that_no_graph_holds_and_float32_cannot_measure(make_field, random):
    field = make_field(metric=Metric.IP)
    field.open()
    queries = random(10, seed=9) * np.float32(100)
    # Far the nearest to the first query, with one product of the other sign: infinities meet.
    far = np.where(queries[0] > 0, np.float32(3e38), np.float32(-3e38))
    far[np.abs(queries[0]).argmin()] *= -1
    field.fill(random(80))
    field.write([("far", far)])
    field.settle()
    assert field.index._state.graph.side.outside
    check(field.index, queries, 5)
    assert rows(field.index, queries[:1], 1)[0][0][1] == "far"


@pytest.mark.parametrize("metric", [Metric.COSINE, Metric.L2])
def test_with_vectors_that_the_graph_cannot_reach(make_field, random, wrapped, metric):
    def search_many(self, queries, k):
        return stacked([self.search(query, k) for query in queries])

    spec, made = wrapped(search_many=search_many)
    field = make_field(spec, metric=metric)
    field.open()
    vectors = random(60) * np.float32(0.1)
    made[0].hidden = frozenset([1, 3, 6])
    field.fill(vectors)
    field.settle()
    assert len(field.index._state.graph.side) == 3
    check(field.index, vectors[:20], 1, 5)
    for query, hits in zip(vectors[:20], rows(field.index, vectors[:20], 1), strict=True):
        assert hits[0][1:] == field.oracle(query, 1)[0][1:]
    # Where none of them is near enough, nobody looks at them one by one.
    assert all(isinstance(one, Columns) for one in field.index.search_many(vectors[10:20], 1))


def test_queries_that_are_not_of_length_one_and_one_that_no_graph_can_be_asked(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(100))
    field.settle()
    queries = random(6, seed=9)
    queries[1:] *= np.float32(7)
    given = queries.copy()
    check(field.index, queries, 5)
    np.testing.assert_array_equal(queries, given)
    queries[2] = 1e-20
    check(field.index, queries, 5)
    other = make_field(metric=Metric.L2, field_key="2/2")
    other.open()
    other.fill(random(100))
    other.settle()
    queries[2] = 3e18
    check(other.index, queries, 5)


def test_a_query_that_is_not_finite_or_too_long_is_refused(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(30))
    field.settle()
    queries = random(6, seed=9)
    with pytest.raises(InvalidVector):
        rows(field.index, queries[:, 1:], 3)
    queries[4, 2] = np.nan
    with pytest.raises(InvalidVector):
        rows(field.index, queries, 3)


def test_more_than_one_block_and_a_long_tail(make_field, random, monkeypatch):
    monkeypatch.setattr(batching, "_BLOCK", 7)
    field = make_field()
    field.open()
    field.fill(random(200))
    field.settle()
    queries = random(30, seed=9)
    check(field.index, queries, 4)
    monkeypatch.setattr(batching, "_SMALL_TAIL", 0)
    field.write([(f"n{n}", row) for n, row in enumerate(random(50, seed=3))])
    check(field.index, queries, 4)


def test_the_graph_is_asked_once_for_all(make_field, random, monkeypatch):
    field = make_field()
    field.open()
    field.fill(random(100))
    field.settle()
    calls = []
    whole = HnswIndex.search_many
    monkeypatch.setattr(
        HnswIndex, "search_many", lambda self, q, k: calls.append(len(q)) or whole(self, q, k)
    )
    monkeypatch.setattr(HnswIndex, "search", lambda *_: pytest.fail("one by one"))
    assert len(rows(field.index, random(50, seed=9), 5)) == 50
    assert calls == [50]


class OneByOne(ExactIndex):
    """A backend without the optional method."""

    search_many = None


def test_a_backend_that_answers_one_query_at_a_time(make_field, random):
    assert isinstance(ExactIndex(2, Metric.L2), BatchIndex)
    assert not isinstance(OneByOne(2, Metric.L2), BatchIndex)
    field = make_field(IndexSpec("one", "For tests.", OneByOne, OneByOne.load))
    field.open()
    field.fill(random(100))
    field.settle()
    check(field.index, random(1, seed=8), 5)
    check(field.index, random(30, seed=9), 5, 200)


def test_beside_a_writer(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(300))
    queries, stop, failed = random(20, seed=9), threading.Event(), []

    def search():
        while not stop.is_set():
            answers = rows(field.index, queries, 10)
            failed.extend(hits for hits in answers if len({hit[1] for hit in hits}) != 10)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for step in range(30):
        field.write([(f"r{step}", row) for row in random(1, seed=step)], [f"r{200 + step}"])
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    check(field.index, queries, 10)
