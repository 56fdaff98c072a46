import numpy as np
import pytest

from vecstore.errors import InternalError, InvalidArgument, InvalidVector, NotFound
from vecstore.index.graph import Graph
from vecstore.spaces import Metric

METRICS = pytest.mark.parametrize("metric", list(Metric))
BACKENDS = pytest.mark.parametrize("spec", ["hnsw", "exact"])


@METRICS
@BACKENDS
def test_acknowledged_is_found_at_once_and_later(make_field, random, metric, spec):
    field = make_field(spec, metric=metric)
    field.open()
    field.fill(random(300))
    queries = random(20, seed=9)
    assert field.recall(queries) >= 0.95
    field.settle()
    assert field.index.indexed == field.index.count == 300
    assert field.recall(queries) >= (0.9 if metric is Metric.IP else 0.95)
    if spec == "exact":
        field.check_exact(queries)


def test_recall_on_clustered_vectors(make_field, random):
    field = make_field(dim=32)
    field.open()
    centres = random(40, 32, seed=1) * 3
    vectors = np.repeat(centres, 60, axis=0) + random(2400, 32, seed=2) * 0.5
    field.fill(vectors)
    field.settle()
    queries = vectors[::60] + random(40, 32, seed=3) * 0.1
    assert field.recall(queries) >= 0.95


@METRICS
@BACKENDS
def test_churn_never_shows_the_dead(make_field, random, metric, spec):
    field = make_field(spec, metric=metric)
    field.open()
    rng = np.random.default_rng(5)
    for step in range(60):
        ids = [f"r{n}" for n in rng.choice(200, 25, replace=False)]
        vectors = random(25, seed=step)
        doomed = [id_ for id_ in rng.permutation(sorted(field.rows))[:8] if id_ not in ids]
        field.write(list(zip(ids, vectors, strict=True)), doomed)
        for k in (1, 10, 500):
            found = field.index.search(random(1, seed=1000 + step)[0], k)
            assert len(found) == min(k, len(field.rows))
            assert all(field.rows[id_][0] == label for _, id_, label in found)
    field.settle()
    assert field.recall(random(20, seed=99)) >= 0.9
    assert field.index.count == len(field.rows)


def test_distances_are_those_promised(make_field):
    one, other = np.array([1, 0], np.float32), np.array([3, 4], np.float32)
    for metric, expected in ((Metric.COSINE, 0.4), (Metric.IP, -2.0), (Metric.L2, 20.0)):
        field = make_field(metric=metric, dim=2)
        field.open()
        field.write([("a", other)])
        for _ in range(2):
            ((distance, id_, label),) = field.index.search(one, 1)
            assert (id_, label) == ("a", field.rows["a"][0])
            assert distance == pytest.approx(expected, abs=1e-6)
            assert isinstance(distance, float)
            field.settle()


def test_k_beyond_the_count_gives_all(make_field, random):
    field = make_field()
    field.open()
    assert field.index.search(random(1)[0], 5) == []
    field.fill(random(30))
    for _ in range(2):
        assert len(field.index.search(random(1)[0], 10_000)) == 30
        field.settle()
    field.write(deletes=[f"r{n}" for n in range(28)])
    assert sorted(hit[1] for hit in field.index.search(random(1)[0], 9)) == ["r28", "r29"]
    field.write(deletes=["r28", "r29"])
    assert field.index.search(random(1)[0], 5) == []


def test_many_deleted_at_once_do_not_thin_the_answer(make_field, random):
    field = make_field()
    field.open()
    vectors = random(3000)
    field.fill(vectors)
    field.settle()
    near = field.oracle(vectors[0], 2500)
    field.write(deletes=[hit[1] for hit in near])
    found = field.index.search(vectors[0], 10)
    assert len(found) == 10
    assert all(id_ in field.rows for _, id_, _ in found)


def test_far_ones_in_the_tail_do_not_stand_for_near_ones(make_field, random, hold):
    """The nearest nodes are dead and not yet removed; the next ones come before the tail."""
    field = make_field()
    field.open()
    near = random(1)[0] + random(60, seed=1) * 0.3
    field.fill(near, "near")
    field.settle()
    hold(field.index)
    field.fill(-near[:20], "far")
    query = near[0]
    field.write(deletes=[hit[1] for hit in field.oracle(query, 20)])
    field.check_exact(query[None], 10)


def test_the_dead_of_the_tail_make_room(make_field, random, hold):
    field = make_field()
    field.open()
    near = random(1)[0] + random(60, seed=1) * 0.3
    field.fill(-near, "far")
    field.settle()
    hold(field.index)
    field.fill(near, "near")
    field.write(deletes=[hit[1] for hit in field.oracle(near[0], 20)])
    field.check_exact(near[:1], 10)


def test_dying_on_the_way_into_the_graph(make_field, random, monkeypatch):
    """Between the look at a piece of the tail and its taking in."""
    field = make_field()
    same = random(1, seed=7)[0]
    doomed = iter([["r1", "r2", "s0"]])
    plan = Graph.plan

    def plan_and_delete(self, *arguments):
        batch = plan(self, *arguments)
        field.write(deletes=next(doomed, []))
        return batch

    monkeypatch.setattr(Graph, "plan", plan_and_delete)
    field.open()
    field.write([(f"r{n}", v) for n, v in enumerate(random(20))] + [(f"s{n}", same) for n in "012"])
    field.settle()
    graph = field.index._state.graph
    assert (len(graph.index), graph.removed) == (21, 2)
    field.check_exact(random(3, seed=4), 30)
    field.write(deletes=["s1", "s2"])
    field.settle()
    assert (len(graph.index), graph.removed, graph.nodes.shared) == (21, 3, {})


@BACKENDS
def test_graph_and_tail_are_one(make_field, random, spec, hold):
    """Half is in the graph, half is held in the tail: the order is as if all were in one place."""
    field = make_field(spec)
    field.open()
    vectors = random(200)
    field.fill(vectors[:100], "a")
    field.settle()
    hold(field.index)
    field.fill(vectors[100:], "b")
    field.write(deletes=["a3", "b3"])
    assert 0 < field.index.indexed < field.index.count == 198
    queries = random(20, seed=4)
    assert field.recall(queries) >= 0.95
    found = field.index.search(vectors[3], 50)
    assert {id_[0] for _, id_, _ in found} == {"a", "b"}
    assert not {"a3", "b3"} & {id_ for _, id_, _ in found}


@METRICS
def test_ties_go_by_id_wherever_they_are(make_field, random, hold, metric):
    field = make_field(metric=metric)
    field.open()
    same = random(1)[0]
    far = same * 3 + random(50, seed=3)
    if metric is Metric.COSINE:
        far = -far
    field.write([(id_, same) for id_ in ("m", "c", "x")])
    field.fill(-far if metric is Metric.IP else far, "z")
    field.settle()
    hold(field.index)
    field.write([(id_, same) for id_ in ("n", "a")])
    assert [hit[1] for hit in field.index.search(same, 5)] == ["a", "c", "m", "n", "x"]
    assert [hit[1] for hit in field.index.search(same, 2)] == ["a", "c"]
    field.write(deletes=["a", "m"])
    assert [hit[1] for hit in field.index.search(same, 3)] == ["c", "n", "x"]


@METRICS
@BACKENDS
def test_allowed_labels_are_searched_exactly(make_field, random, hold, metric, spec):
    field = make_field(spec, metric=metric)
    field.open()
    field.fill(np.repeat(random(100), 2, axis=0), "a")
    field.settle()
    hold(field.index)
    field.fill(random(100, seed=2), "b")
    rng = np.random.default_rng(0)
    labels = np.array([label for label, _ in field.rows.values()])
    for count in (0, 1, 7, 60, 300):
        allowed = rng.permutation(labels)[:count]
        for query in random(5, seed=count):
            found = field.index.search(query, 10, allowed=np.append(allowed, [-3, 10**9]))
            expected = field.oracle(query, 10, allowed)
            assert [hit[1:] for hit in found] == [hit[1:] for hit in expected]
    assert field.index.search(query, 3, allowed=np.array([labels[0]] * 3))[0][2] == labels[0]


def test_dead_labels_are_not_allowed(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(20))
    field.settle()
    labels = np.array([label for label, _ in field.rows.values()])
    field.write([("r0", random(1, seed=8)[0])], deletes=["r1"])
    found = field.index.search(random(1)[0], 20, allowed=labels)
    assert sorted(hit[1] for hit in found) == sorted(f"r{n}" for n in range(2, 20))


@METRICS
def test_vectors_by_label(make_field, random, hold, metric):
    field = make_field(metric=metric)
    field.open()
    field.fill(np.repeat(random(10), 2, axis=0), "a")
    field.settle()
    hold(field.index)
    field.fill(random(20, seed=1), "b")
    labels = np.array([label for label, _ in field.rows.values()])[::-1]
    values = np.stack([values for _, values in field.rows.values()])[::-1]
    if metric is Metric.COSINE:
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
    np.testing.assert_allclose(field.index.vectors(labels), values, rtol=1e-6)
    field.write(deletes=["a3"])
    with pytest.raises(NotFound):
        field.index.vectors(labels)


def test_queries_that_cannot_be(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(20))
    query = random(1)[0]
    allowed = np.array([1])
    bad = query.copy()
    bad[2] = np.nan
    for wrong in (query[:-1], np.append(query, query), query[None], query.astype(np.float64), bad):
        with pytest.raises(InvalidVector):
            field.index.search(wrong, 3)
        with pytest.raises(InvalidVector):
            field.index.search(wrong, 3, allowed=allowed)
    for k in (0, -1):
        with pytest.raises(InvalidArgument):
            field.index.search(query, k)
        with pytest.raises(InvalidArgument):
            field.index.search(query, k, allowed=allowed)
    assert len(field.index.search(query, 3)) == 3


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("metric", [Metric.IP, Metric.L2])
def test_vectors_too_long_for_a_graph(make_field, random, metric):
    """Their distances leave float32; they are measured beside the graph, and poison nothing."""
    field = make_field(metric=metric)
    field.open()
    field.fill(random(200))
    huge = np.full(16, 1e30, np.float32)
    signs = np.where(np.arange(16) % 2, -1, 1).astype(np.float32)
    field.write([("huge", huge), ("mixed", huge * signs)])
    field.settle()
    for query in (huge, -huge, huge * signs, *random(5, seed=3)):
        found = [hit[1] for hit in field.index.search(query, 202)]
        assert found[:3] == [hit[1] for hit in field.oracle(query, 3)]
        assert found[-2:] == [hit[1] for hit in field.oracle(query, 202)[-2:]]
        assert sorted(found) == sorted(field.rows)
    field.index.close()
    field.fetched.clear()
    field.open()
    assert field.fetched == [field.rows["huge"][0], field.rows["mixed"][0]]
    assert [h[1] for h in field.index.search(huge, 1)] == [field.oracle(huge, 1)[0][1]]
    field.write(deletes=["huge"])
    field.settle()
    assert "huge" not in {hit[1] for hit in field.index.search(huge, 300)}


def test_query_of_tiny_length(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(50))
    field.settle()
    query = random(1, seed=4)[0]
    assert [h[1] for h in field.index.search(query * np.float32(1e-25), 5)] == [
        hit[1] for hit in field.index.search(query, 5)
    ]


def test_labels_used_twice(make_field, random):
    """An older database under a newer index: told, and right answers at the next start."""
    field = make_field()
    field.open()
    field.fill(random(30))
    field.index.snapshot()
    with pytest.raises(InternalError, match="older copy"):
        field.index.applied_write([], [5], ["again"], [0], random(1))
    assert isinstance(field.errors[0], InternalError)
    assert not field.folder.exists()
    field.check_exact(random(3, seed=5))
    field.open()
    field.check_exact(random(3, seed=5))


def test_rows_may_be_read_late(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(40))
    field.settle()
    field.index.close()
    calls = []
    field.sql_rows, rows = lambda: lambda: calls.append(1) or rows, field.sql_rows()
    field.open()
    assert calls == [1]
    assert field.index.indexed == 40


def test_discard_leaves_nothing(make_field, random):
    field = make_field()
    field.open()
    field.fill(random(30))
    field.index.snapshot()
    assert field.folder.exists()
    field.index.discard()
    assert not field.folder.exists()
    field.index.close()
    assert not field.folder.exists()
