"""The contract of an index backend, as a test class that a plugin's own tests inherit.

::

    class TestMyIndex(IndexContract):
        @pytest.fixture
        def spec(self):
            return my_plugin.SPEC
"""

# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, InvalidVector, NotFound, VecstoreError
from vecstore.spaces import FloatArray, Metric
from vecstore.specs import BatchIndex, IndexSpec, NeighbourIndex

DIM = 24
COUNT = 400
K = 10
_RECALL = 0.95


class IndexContract:
    """What every index backend must do. Inherit it, and define the fixture ``spec``."""

    @pytest.fixture(params=list(Metric))
    def metric(self, request: pytest.FixtureRequest) -> Metric:
        """Every metric in turn."""
        return Metric(request.param)

    @pytest.fixture
    def vectors(self, metric: Metric) -> FloatArray:
        """Vectors prepared for the metric."""
        return sample(COUNT, metric, seed=1)

    @pytest.fixture
    def index(self, spec: IndexSpec, metric: Metric, vectors: FloatArray) -> NeighbourIndex:
        """An index of all of them, that had to grow on the way."""
        index = spec.create(DIM, metric, 16)
        index.add(_keys(COUNT)[:5], vectors[:5])
        index.add(_keys(COUNT)[5:], vectors[5:])
        return index

    def test_spec_is_cheap_and_complete(self, spec: IndexSpec) -> None:
        assert spec.name
        assert spec.summary
        hash(spec)

    def test_empty_index_answers(self, spec: IndexSpec, metric: Metric) -> None:
        index = spec.create(DIM, metric, 4)
        keys, distances = index.search(sample(1, metric)[0], K)
        assert len(index) == len(keys) == len(distances) == 0
        assert len(index.keys()) == 0

    def test_finds_the_nearest(
        self, index: NeighbourIndex, metric: Metric, vectors: FloatArray
    ) -> None:
        hits = 0
        for query in sample(20, metric, seed=2):
            expected = distances_to(vectors, query, metric)
            keys, distances = index.search(query, K)
            assert keys.dtype == np.int64
            assert len(set(keys.tolist())) == len(keys) == K
            assert (np.diff(distances) >= 0).all()
            np.testing.assert_allclose(distances, expected[_rows(keys)], rtol=1e-4, atol=1e-4)
            hits += len(set(_rows(keys)) & set(np.argsort(expected)[:K].tolist()))
        assert hits >= _RECALL * 20 * K

    def test_many_queries_at_a_time(self, index: NeighbourIndex, metric: Metric) -> None:
        many = _batch(index)
        queries = sample(30, metric, seed=6)
        keys, distances = many.search_many(queries, K)
        assert keys.dtype == np.int64
        assert keys.shape == distances.shape == (30, K)
        for row, query in enumerate(queries):
            alone, apart = index.search(query, K)
            assert keys[row].tolist() == alone.tolist()
            np.testing.assert_allclose(distances[row], apart, rtol=1e-5, atol=1e-6)
        assert len(many.search_many(queries[:0], K)[0]) == 0

    def test_many_queries_for_more_than_is_there(
        self, spec: IndexSpec, metric: Metric, vectors: FloatArray
    ) -> None:
        index = spec.create(DIM, metric, 4)
        many = _batch(index)
        assert many.search_many(vectors[:3], K)[0].shape == (3, 0)
        index.add(_keys(7), vectors[:7])
        index.remove(_keys(7)[:2])
        keys, _ = many.search_many(vectors[:30], 1000)
        assert [sorted(row) for row in keys.tolist()] == [_keys(7)[2:].tolist()] * 30

    def test_many_queries_that_are_malformed(
        self, index: NeighbourIndex, vectors: FloatArray
    ) -> None:
        many = _batch(index)
        spoilt = vectors[:4].copy()
        spoilt[2, 1] = np.nan
        for bad in (spoilt, vectors[0], vectors[:4, 1:]):
            with pytest.raises(InvalidVector):
                many.search_many(bad, K)
        with pytest.raises(InvalidVector):
            many.search_many(vectors[:4].astype(np.float64), K)
        with pytest.raises(InvalidArgument):
            many.search_many(vectors[:4], 0)

    def test_exact_means_exact(
        self, spec: IndexSpec, index: NeighbourIndex, metric: Metric, vectors: FloatArray
    ) -> None:
        if not spec.exact:
            pytest.skip("the backend does not say that it is exact")
        for query in sample(20, metric, seed=3):
            expected = np.argsort(distances_to(vectors, query, metric), kind="stable")[:K]
            assert _rows(index.search(query, K)[0]).tolist() == expected.tolist()

    def test_k_beyond_what_is_there(
        self, spec: IndexSpec, metric: Metric, vectors: FloatArray
    ) -> None:
        index = spec.create(DIM, metric, 4)
        index.add(_keys(7), vectors[:7])
        index.remove(_keys(7)[:2])
        keys, _ = index.search(vectors[0], 1000)
        assert sorted(keys.tolist()) == _keys(7)[2:].tolist()

    def test_removed_keys_never_come_back(self, index: NeighbourIndex, vectors: FloatArray) -> None:
        gone = _keys(COUNT)[::2]
        index.remove(gone)
        index.remove(gone[:3])
        for query in vectors[:20]:
            keys, _ = index.search(query, K)
            assert len(keys) == K
            assert not np.isin(keys, gone).any()
        assert len(index) == COUNT

    def test_nothing_is_left(self, index: NeighbourIndex, vectors: FloatArray) -> None:
        index.remove(_keys(COUNT))
        assert len(index.search(vectors[0], K)[0]) == 0

    def test_gives_vectors_back_as_they_came(
        self, index: NeighbourIndex, vectors: FloatArray
    ) -> None:
        keys = _keys(COUNT)
        some = keys[[17, 3, 3, 250]]
        assert np.array_equal(index.vectors(some), vectors[[17, 3, 3, 250]])
        assert np.array_equal(index.vectors(keys), vectors)
        assert index.vectors(keys[:0]).shape == (0, DIM)
        index.remove(some)
        assert np.array_equal(index.vectors(some), vectors[[17, 3, 3, 250]])

    def test_unknown_keys(self, index: NeighbourIndex) -> None:
        for keys in ([-5], [4], [10**12], [10, 11]):
            with pytest.raises(NotFound):
                index.vectors(np.array(keys, np.int64))
            with pytest.raises(NotFound):
                index.remove(np.array(keys[-1:], np.int64))

    def test_lists_its_keys(self, index: NeighbourIndex) -> None:
        index.remove(_keys(COUNT)[:4])
        assert sorted(index.keys().tolist()) == _keys(COUNT).tolist()
        assert index.keys().dtype == np.int64

    def test_survives_a_file(
        self,
        spec: IndexSpec,
        index: NeighbourIndex,
        metric: Metric,
        vectors: FloatArray,
        tmp_path: Path,
    ) -> None:
        gone = _keys(COUNT)[:40]
        index.remove(gone)
        path = tmp_path / "index"
        index.save(path)
        assert [one.name for one in tmp_path.iterdir()] == ["index"]
        loaded = spec.load(path, DIM, metric)
        assert len(loaded) == COUNT
        assert sorted(loaded.keys().tolist()) == _keys(COUNT).tolist()
        for query in sample(10, metric, seed=4):
            before, after = index.search(query, K), loaded.search(query, K)
            assert before[0].tolist() == after[0].tolist()
            assert before[1].tolist() == after[1].tolist()
        everything, _ = loaded.search(vectors[0], COUNT)
        assert sorted(everything.tolist()) == _keys(COUNT)[40:].tolist()
        more = _keys(COUNT + 60)[COUNT:]
        loaded.add(more, sample(60, metric, seed=5))
        loaded.remove(gone[:2])
        assert len(loaded) == COUNT + 60

    def test_file_of_another_dim(
        self, spec: IndexSpec, index: NeighbourIndex, metric: Metric, tmp_path: Path
    ) -> None:
        index.save(tmp_path / "index")
        with pytest.raises(VecstoreError):
            spec.load(tmp_path / "index", DIM + 8, metric)

    def test_no_file(self, spec: IndexSpec, metric: Metric, tmp_path: Path) -> None:
        with pytest.raises(VecstoreError):
            spec.load(tmp_path / "nothing", DIM, metric)

    def test_cannot_be_saved(self, index: NeighbourIndex, tmp_path: Path) -> None:
        with pytest.raises(VecstoreError):
            index.save(tmp_path / "no such folder" / "index")

    @pytest.mark.parametrize("shape", [(DIM - 1,), (DIM + 1,), (1, DIM), (0,), ()])
    def test_query_of_another_shape(self, index: NeighbourIndex, shape: tuple[int, ...]) -> None:
        with pytest.raises(InvalidVector):
            index.search(np.ones(shape, np.float32), K)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_query_that_is_not_finite(self, index: NeighbourIndex, bad: float) -> None:
        query = np.ones(DIM, np.float32)
        query[3] = bad
        with pytest.raises(InvalidVector):
            index.search(query, K)

    def test_query_of_another_dtype(self, index: NeighbourIndex) -> None:
        with pytest.raises(InvalidVector):
            index.search(np.ones(DIM), K)  # type: ignore[arg-type]

    def test_query_with_gaps(self, index: NeighbourIndex, vectors: FloatArray) -> None:
        spread = np.zeros(2 * DIM, np.float32)
        spread[::2] = vectors[9]
        assert index.search(spread[::2], K)[0].tolist() == index.search(vectors[9], K)[0].tolist()

    @pytest.mark.parametrize("k", [0, -1])
    def test_k_below_one(self, index: NeighbourIndex, vectors: FloatArray, k: int) -> None:
        with pytest.raises(InvalidArgument):
            index.search(vectors[0], k)

    @pytest.mark.parametrize("keys", [[5], [10], [4000], [4010, 4010], [4020, 4015], [-1]])
    def test_keys_that_are_not_new_and_ascending(
        self, index: NeighbourIndex, vectors: FloatArray, keys: list[int]
    ) -> None:
        with pytest.raises(InvalidArgument):
            index.add(np.array(keys, np.int64), vectors[: len(keys)])
        assert len(index) == COUNT
        assert np.array_equal(index.vectors(_keys(COUNT)), vectors)

    def test_keys_of_another_dtype(self, index: NeighbourIndex, vectors: FloatArray) -> None:
        with pytest.raises(InvalidArgument):
            index.add(np.array([5000], np.uint64), vectors[:1])

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_vectors_that_are_not_finite(self, index: NeighbourIndex, bad: float) -> None:
        with pytest.raises(InvalidVector):
            index.add(_keys(COUNT + 2)[COUNT:], np.full((2, DIM), bad, np.float32))
        assert len(index) == COUNT

    @pytest.mark.parametrize("shape", [(2, DIM + 1), (2, DIM - 1), (3, DIM), (DIM,)])
    def test_vectors_of_another_shape(self, index: NeighbourIndex, shape: tuple[int, ...]) -> None:
        with pytest.raises(InvalidVector):
            index.add(_keys(COUNT + 2)[COUNT:], np.ones(shape, np.float32))
        assert len(index) == COUNT

    def test_dim_below_one(self, spec: IndexSpec, metric: Metric) -> None:
        with pytest.raises(InvalidArgument):
            spec.create(0, metric, 4)


def sample(count: int, metric: Metric, seed: int = 0) -> FloatArray:
    """Random vectors of shape (count, DIM), prepared for the metric."""
    values = np.random.default_rng(seed).standard_normal((count, DIM), np.float32)
    if metric is Metric.COSINE:
        values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values


def distances_to(vectors: FloatArray, query: FloatArray, metric: Metric) -> NDArray[np.float64]:
    """The distance of every vector, written out plainly."""
    rows, one = vectors.astype(np.float64), query.astype(np.float64)
    if metric is Metric.L2:
        return np.asarray(((rows - one) ** 2).sum(axis=1))
    return np.asarray(1.0 - (rows * one).sum(axis=1))


def _batch(index: NeighbourIndex) -> BatchIndex:
    if not isinstance(index, BatchIndex):
        pytest.skip("the backend answers one query at a time")
    return index


def _keys(count: int) -> NDArray[np.int64]:
    """Ascending, with gaps."""
    return np.arange(1, count + 1, dtype=np.int64) * 10


def _rows(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    return keys // 10 - 1
