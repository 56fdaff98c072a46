"""Copies of one vector share a node."""

import numpy as np
import pytest

from vecstore.spaces import Metric


def nodes(field):
    return len(field.index._state.graph.index)


def test_copies_hide_nobody(make_field, random):
    """2,000 copies of one vector among 500 others: a plain graph loses many of these."""
    field = make_field()
    field.open()
    others = random(500)
    copy = others[0] + random(1, seed=1)[0] * 0.1
    field.fill(others[:250], "a")
    field.fill(np.repeat(copy[None], 2000, axis=0), "copy")
    field.fill(others[250:], "b")
    field.settle()
    assert nodes(field) == 501
    for n, vector in enumerate(others):
        name = f"a{n}" if n < 250 else f"b{n - 250}"
        assert field.index.search(vector, 1)[0][1] == name
    copies = sorted(f"copy{n}" for n in range(2000))
    assert [hit[1] for hit in field.index.search(copy, 30)] == copies[:30]
    assert [hit[1] for hit in field.index.search(copy, 2000)] == copies
    assert len(field.index.search(copy, 2600)) == 2500


@pytest.mark.parametrize("metric", list(Metric))
def test_a_node_dies_with_its_last_copy(make_field, random, metric):
    field = make_field(metric=metric)
    field.open()
    field.fill(-random(100) * 0.01 if metric is Metric.IP else random(100))
    same = random(1, seed=5)[0] * 10
    field.write([(f"same{n}", same) for n in range(6)])
    field.settle()
    field.write([("same6", same)])
    field.settle()
    assert nodes(field) == 101
    for n in (0, 3, 6, 1, 2, 5, 4):
        left = sorted(id_ for id_ in field.rows if id_.startswith("same"))
        assert [hit[1] for hit in field.index.search(same, len(left))] == left
        field.write(deletes=[f"same{n}"])
        assert field.index._state.graph.removed == 0
        field.settle()
    assert field.index._state.graph.removed == 1
    assert len(field.index.search(same, 200)) == 100


def test_only_equal_bytes_are_shared(make_field):
    field = make_field(metric=Metric.L2, dim=2)
    field.open()
    values = [[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0], [0.0, np.nextafter(np.float32(1), 2)]]
    field.fill(np.array(values, np.float32))
    field.settle()
    assert nodes(field) == 3


def test_lengths_do_not_matter_under_cosine(make_field, random):
    field = make_field()
    field.open()
    one = random(1)[0]
    field.write([("a", one), ("b", one * 2), ("c", one * 4)])
    field.settle()
    assert nodes(field) == 1
    assert [hit[1] for hit in field.index.search(one, 3)] == ["a", "b", "c"]


def test_colliding_digests_are_told_apart(make_field, random, monkeypatch):
    monkeypatch.setattr(
        "vecstore.index.graph.digests_of", lambda values: np.full(len(values), 7, np.uint64)
    )
    field = make_field()
    field.open()
    vectors = random(60)
    for start in range(0, 60, 20):
        field.fill(vectors[start : start + 20], f"s{start}-")
        field.settle()
    assert nodes(field) == 60
    field.check_exact(vectors[::7], 5)


def test_a_copy_brings_a_dying_node_back(make_field, random, monkeypatch):
    """An upsert of the same vector costs the graph nothing."""
    field = make_field()
    field.open()
    vectors = random(300)
    field.fill(vectors)
    field.settle()
    before = nodes(field)
    field.fill(vectors)
    field.settle()
    assert (nodes(field), field.index._state.graph.removed) == (before, 0)
    assert field.recall(random(10, seed=1)) >= 0.95
    assert len(field.index.search(vectors[0], 400)) == 300


def test_sharing_survives_the_disk(make_field, random):
    field = make_field()
    field.open()
    vectors = np.repeat(random(50), 4, axis=0)
    field.fill(vectors)
    field.write(deletes=[f"r{n}" for n in range(0, 200, 4)])
    field.settle()
    field.index.close()
    field.open()
    assert field.index.restored
    assert nodes(field) == 50
    field.check_exact(vectors[::40], 9)
    field.write([("more", vectors[0])])
    field.settle()
    assert nodes(field) == 50
    field.write(deletes=[id_ for id_ in field.rows if id_ != "r9"])
    field.settle()
    assert [hit[1] for hit in field.index.search(vectors[0], 9)] == ["r9"]


def test_all_copies_die_in_the_tail(make_field, random, hold):
    field = make_field()
    field.open()
    field.fill(random(20))
    field.settle()
    hold(field.index)
    same = random(1, seed=4)[0]
    field.write([(f"same{n}", same) for n in range(5)])
    field.write(deletes=[f"same{n}" for n in range(4)])
    assert [hit[1] for hit in field.index.search(same, 30)][:1] == ["same4"]
    field.write(deletes=["same4"])
    assert len(field.index.search(same, 30)) == 20
