"""What the contract does not ask: hnswlib's own hazards."""

import struct
from pathlib import Path

import numpy as np
import pytest

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidVector, StorageError
from vecstore.index import hnsw
from vecstore.index.hnsw import hnsw_spec
from vecstore.spaces import Metric

SPEC = hnsw_spec(Settings(index_threads=2, hnsw_ef=40))


def filled(vectors, spec=SPEC, metric=Metric.L2):
    index = spec.create(vectors.shape[1], metric, 16)
    index.add(np.arange(len(vectors)), vectors)
    return index


class Spy:
    """Stands before the graph, counts calls, and can refuse some."""

    def __init__(self, graph, **instead):
        self.graph, self.instead, self.calls = graph, instead, []

    def __getattr__(self, name):
        self.calls.append(name)
        return self.instead.get(name) or getattr(self.graph, name)

    def __getstate__(self):
        return self.graph.__getstate__()


def test_settings_reach_the_graph(random, tmp_path):
    settings = Settings(hnsw_m=5, hnsw_ef_construction=33, hnsw_ef=77, index_threads=3)
    spec = hnsw_spec(settings)
    index = filled(random(100), spec)
    index.save(tmp_path / "file")
    for one in (index, spec.load(tmp_path / "file", 16, Metric.L2)):
        graph = one._graph
        assert (graph.M, graph.ef_construction, graph.ef) == (5, 33, 77)
    assert spec.parameters == {"format": 1, "m": 5, "ef_construction": 33}


@pytest.mark.parametrize(
    "bad",
    [{"hnsw_m": 1}, {"hnsw_m": 10_000}, {"hnsw_ef_construction": 0}, {"hnsw_ef": 0}],
)
def test_parameters_that_break_the_graph(bad):
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        hnsw_spec(Settings(**bad)).create(4, Metric.L2, 10)


def test_nothing_wrong_reaches_native_code(random):
    index = filled(random(50))
    spy = index._graph = Spy(index._graph)
    query = random(1)[0]
    for wrong in (query[:5], np.append(query, 1).astype("f4"), query.astype("f8"), query * np.nan):
        with pytest.raises(InvalidVector):
            index.search(wrong, 3)
    with pytest.raises(InvalidArgument):
        index.search(query, 0)
    for keys, vectors in (
        ([60], query[None, :5]),
        ([60], query[None] * np.inf),
        ([3], query[None]),
        ([60, 60], np.stack([query, query])),
    ):
        with pytest.raises(InvalidArgument):
            index.add(np.array(keys), vectors)
    assert spy.calls == []


def test_k_is_cut_to_what_is_alive(random):
    index = filled(random(30))
    index.remove(np.arange(25))
    asked = []
    graph = index._graph
    index._graph = Spy(graph, knn_query=lambda q, k, t: asked.append(k) or graph.knn_query(q, k, t))
    assert sorted(index.search(random(1)[0], 20)[0].tolist()) == [25, 26, 27, 28, 29]
    assert asked == [5]


def test_a_graph_that_falls_short_is_asked_once(random):
    """Its failing leaks memory, so the exact answer is given without asking again."""
    vectors = random(40)
    index = filled(vectors)
    asked = []

    def refuse(query, k, threads):
        asked.append(k)
        raise RuntimeError("Cannot return the results in a contiguous 2D array")

    index._graph = Spy(index._graph, knn_query=refuse)
    for _ in range(3):
        for k in (20, 30):
            keys, distances = index.search(vectors[7], k)
            assert len(keys) == k
            assert (keys[0], distances[0]) == (7, 0.0)
    assert asked == [20]
    index.add(np.array([100]), random(1, seed=5))
    index.search(vectors[7], 30)
    assert asked == [20, 30]


def test_loaded_graph_with_removed_keys_knows_what_it_has(random, tmp_path):
    vectors = random(40)
    index = filled(vectors)
    index.remove(np.arange(10))
    index.save(tmp_path / "file")
    loaded = SPEC.load(tmp_path / "file", 16, Metric.L2)
    for _ in range(2):
        assert sorted(loaded.search(vectors[0], 40)[0].tolist()) == list(range(10, 40))
    assert loaded._removed == 10


def test_full_disk_is_told(random):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with pytest.raises(StorageError, match="make room on the disk"):
        filled(random(2000)).save(Path("/dev/full"))


def test_head_of_the_file_is_checked_before_it_is_loaded(random, tmp_path, monkeypatch):
    filled(random(30)).save(tmp_path / "file")
    raw = (tmp_path / "file").read_bytes()

    def no_native(*_):
        pytest.fail("native code was reached")

    monkeypatch.setattr(hnsw.hnswlib, "Index", no_native)
    numbers = list(hnsw._HEAD.unpack(raw[: hnsw._HEAD.size]))
    for place in (0, 3, 4, 5, 8, 9, 10):
        wrong = list(numbers)
        wrong[place] += 4
        (tmp_path / "file").write_bytes(hnsw._HEAD.pack(*wrong) + raw[hnsw._HEAD.size :])
        with pytest.raises(StorageError):
            SPEC.load(tmp_path / "file", 16, Metric.L2)
    for size in (0, 50, hnsw._HEAD.size - 1):
        (tmp_path / "file").write_bytes(raw[:size])
        with pytest.raises(StorageError):
            SPEC.load(tmp_path / "file", 16, Metric.L2)
    assert struct.calcsize("=QQQQQQiIQQQdQ") == hnsw._HEAD.size == 96


def test_growing_keeps_everything(random):
    vectors = random(5000)
    index = SPEC.create(16, Metric.L2, 1)
    for start in range(0, 5000, 617):
        keys = np.arange(start, min(start + 617, 5000))
        index.add(keys, vectors[keys])
    assert np.array_equal(index.vectors(np.arange(5000)), vectors)
    assert np.array_equal(index.vectors(np.arange(0, 5000, 100)), vectors[::100])
    assert index._graph.get_max_elements() >= 5000


def test_vectors_that_are_views(random):
    wide = random(20, 32)
    index = SPEC.create(16, Metric.L2, 1)
    index.add(np.arange(10), wide[::2, ::2])
    assert np.array_equal(index.vectors(np.arange(10)), wide[::2, ::2])
