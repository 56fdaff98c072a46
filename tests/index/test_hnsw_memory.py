"""The vectors of a graph, read where hnswlib keeps them."""

import numpy as np
import pytest

from vecstore.config import Settings
from vecstore.errors import NotFound
from vecstore.index import hnsw, hnsw_memory
from vecstore.index.hnsw import hnsw_spec
from vecstore.index.hnsw_memory import Layout, find
from vecstore.index.places import NOWHERE, Places
from vecstore.spaces import Metric

SPEC = hnsw_spec(Settings(index_threads=2, hnsw_m=6))
LAYOUT = Layout(6, 16)


def filled(vectors, keys=None, capacity=16):
    index = SPEC.create(vectors.shape[1], Metric.L2, capacity)
    index.add(np.arange(len(vectors)) if keys is None else keys, vectors)
    return index


def test_it_is_what_the_graph_hands_out(random):
    vectors = random(700)
    keys = np.cumsum(1 + np.arange(700) % 3)
    index = filled(vectors, keys)
    chosen = keys[[600, 3, 3, 0, 699]]
    rows = index.rows(chosen)
    np.testing.assert_array_equal(index.at(rows), np.array(index._graph.get_items(chosen)))
    np.testing.assert_array_equal(index.vectors(keys), vectors)
    assert index.rows(np.array([0, 10**6, int(keys[-1]) + 1])).tolist() == [NOWHERE] * 3


def test_after_growing_and_removing_and_from_a_file(random, tmp_path):
    vectors = random(500)
    index = filled(vectors[:10], capacity=10)
    before = index._block
    for start in range(10, 500, 70):
        index.add(np.arange(start, min(start + 70, 500)), vectors[start : start + 70])
    assert index._block is not before
    assert index._block.capacity == index._graph.get_max_elements()
    index.tend()
    index.remove(np.arange(0, 500, 2))
    np.testing.assert_array_equal(index.vectors(np.arange(500)), vectors)
    index.save(tmp_path / "file")
    again = SPEC.load(tmp_path / "file", 16, Metric.L2)
    assert again._block is not None
    np.testing.assert_array_equal(again.vectors(np.arange(500)), vectors)
    with pytest.raises(NotFound):
        again.vectors(np.array([3, 500]))
    # A graph that falls short of its own vectors is searched there.
    keys, _ = again._search_all(vectors[7], 3)
    assert keys[0] == 7
    assert not (keys % 2 == 0).any()


def test_nobody_writes_there(random):
    index = filled(random(5))
    with pytest.raises(ValueError, match="read-only"):
        index._block.vectors[0, 0] = 1.0


@pytest.mark.parametrize(
    "doubt", ["no /proc", "another layout", "another place", "another hnswlib"]
)
def test_in_doubt_the_slower_ways_serve(random, monkeypatch, doubt):
    if doubt == "no /proc":
        monkeypatch.setattr(hnsw_memory, "_MEMORY", "/nowhere")
    elif doubt == "another layout":
        monkeypatch.setattr(hnsw, "Layout", lambda m, dim: Layout(m + 1, dim))
    elif doubt == "another place":
        first, second = hnsw_memory._offsets()
        monkeypatch.setattr(hnsw_memory, "_offsets", lambda: (first, second + 8))
    else:
        monkeypatch.setattr(hnsw_memory, "_offsets", lambda: None)
    vectors = random(300)
    index = filled(vectors)
    assert index._block is None
    assert index.rows(np.arange(3)) is None
    np.testing.assert_array_equal(index.vectors(np.arange(300)), vectors)


def test_vectors_that_are_not_the_graphs_are_not_believed(random):
    """The pointers lead to another graph of the same shape."""
    one, other = filled(random(50)), filled(random(50, seed=1))

    class Liar:
        """Says what one graph says, and stands where the other does."""

        get_current_count = one._graph.get_current_count
        get_items = one._graph.get_items

    with hnsw_memory._reading() as read:
        assert hnsw_memory._true_of(one._graph, read, one._block.address, 50, LAYOUT)
        assert not hnsw_memory._true_of(Liar, read, other._block.address, 50, LAYOUT)


def test_keys_that_are_not_those_added_are_not_believed(random, monkeypatch):
    def shifted(graph, layout):
        block = find(graph, layout)
        block.keys = block.keys + 1
        return block

    monkeypatch.setattr(hnsw, "find", shifted)
    vectors = random(40)
    index = filled(vectors)
    assert index.rows(np.arange(3)) is None
    np.testing.assert_array_equal(index.vectors(np.arange(40)), vectors)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_places(step):
    places, keys = Places(), 5 + step * np.arange(6000)
    for start in range(0, 6000, 500):
        part = keys[start : start + 500]
        places.put(part, np.arange(start, start + 500, dtype=np.int32))
    places.move(int(keys[17]), 99)
    assert places.get(keys[[0, 16, 17, 5999]]).tolist() == [0, 16, 99, 5999]
    outside = [-3, 0, 4, int(keys[-1]) + 1, 10**9] + ([6] if step > 1 else [])
    assert places.get(np.array(outside)).tolist() == [NOWHERE] * len(outside)
    assert (places._array is None) == (step == 1000)
