"""Native code and NumPy give the same answers, and neither reads beside the memory."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from vecstore.config import Settings
from vecstore.index import native as module
from vecstore.index.exact import nearest
from vecstore.index.hnsw import hnsw_spec
from vecstore.index.native import Memory, native, nearest_at, nearest_in
from vecstore.spaces import Metric

ROWS, BEFORE, BEHIND = 200, 3, 2
DIMS = (1, 2, 7, 8, 9, 31, 32, 33, 127, 128, 129, 200, 256, 257, 384, 385, 768, 1030)

built = pytest.mark.skipif(not native(), reason="there is no native code here")


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_it_is_there_where_there_is_a_compiler():
    assert native()


def block(vectors):
    """Vectors between other numbers, which would show in any distance."""
    count, dim = vectors.shape
    whole = np.full((count, BEFORE + dim + BEHIND), 1e30, np.float32)
    whole[:, BEFORE : BEFORE + dim] = vectors
    return Memory(memoryview(whole).cast("B"), whole.strides[0], 4 * BEFORE)


def drawn(random, dim, metric):
    vectors = random.standard_normal((ROWS, dim), np.float32)
    query = random.standard_normal(dim, np.float32)
    # Equal ones, so that there are ties, at the end of what is wanted as well.
    vectors[random.integers(0, ROWS, ROWS // 3)] = vectors[0]
    if metric is Metric.COSINE:
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), query / np.linalg.norm(
            query
        )
    return vectors, query


def same(vectors, rows, query, metric, k):
    with np.errstate(over="ignore", invalid="ignore"):
        places, distances = nearest(vectors[rows], query, metric, k)
    at, measured = nearest_at(block(vectors), rows, query, metric, k)
    assert np.array_equal(at, places)
    assert measured.tobytes() == distances.tobytes()
    return at


@built
@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("dim", DIMS)
def test_it_answers_as_numpy_to_the_last_bit(dim, metric):
    random = np.random.default_rng(dim)
    for k in (1, 10, 150, 300):
        vectors, query = drawn(random, dim, metric)
        rows = random.permutation(ROWS)[: random.integers(0, ROWS)].astype(np.int32)
        same(vectors, rows, query, metric, k)


@pytest.mark.parametrize("metric", Metric)
def test_a_matrix_is_answered_alike_wherever_it_lies(metric):
    vectors, query = drawn(np.random.default_rng(9), 40, metric)
    wide = np.full((ROWS, 80), 1e30, np.float32)
    wide[:, ::2] = vectors
    backwards, single = vectors[::-2], vectors[1][None]
    parts = [vectors[:0], vectors[:1], vectors[3:90], backwards, backwards[:1], single]
    for matrix in (vectors, *parts, wide[:, ::2], vectors.astype(np.float64)):
        expected = nearest(matrix, query, metric, 10)
        found = nearest_in(matrix, query, metric, 10)
        assert [one.tobytes() for one in found] == [one.tobytes() for one in expected]


@built
def test_a_matrix_is_measured_by_native_code(monkeypatch):
    monkeypatch.delattr(module, "nearest")
    vectors, query = drawn(np.random.default_rng(9), 40, Metric.L2)
    assert len(nearest_in(vectors, query, Metric.L2, 3)[0]) >= 3


@built
@pytest.mark.parametrize("metric", [Metric.IP, Metric.L2])
def test_sums_beyond_float32_are_told_as_numpy_tells_them(metric):
    random = np.random.default_rng(5)
    for exponent in (-22, 10, 19, 30, 37):
        vectors, query = drawn(random, 48, metric)
        vectors *= np.float32(10.0) ** np.float32(exponent)
        vectors[::7, 0] = 3e38
        query[0] = -3e38
        same(vectors, np.arange(ROWS, dtype=np.int32), query, metric, 10)


@built
def test_long_vectors_do_not_hide_near_ones_under_inner_product():
    # Of the first one's sum, float32 makes 0.00098.
    vectors = np.array([[1e4, 0.00055, -1e4], [1.0, 0.0008, -1.0], [1.0, 0.0, -1.0]], np.float32)
    at = same(vectors, np.arange(3, dtype=np.int32), np.ones(3, np.float32), Metric.IP, 1)
    assert at.tolist() == [1]


@built
def test_a_sum_that_float32_cannot_hold_does_not_hide_a_near_one():
    query = np.full(4, 1e21, np.float32)
    vectors = np.zeros((6, 4), np.float32)
    vectors[1:, 0] = 1e9
    vectors[0] = [-2e17, -2e17, 2e17, 2.1e17]
    at = same(vectors, np.arange(6, dtype=np.int32), query, Metric.IP, 1)
    assert at.tolist() == [0]


@built
def test_ties_come_in_the_order_of_the_rows():
    vectors = np.tile(np.array([0.6, 0.8], np.float32), (ROWS, 1))
    rows = np.arange(ROWS, dtype=np.int32)[::-1].copy()
    assert same(vectors, rows, vectors[0], Metric.COSINE, 10).tolist() == list(range(ROWS))


@built
def test_a_query_may_lie_anyhow():
    vectors = np.eye(8, dtype=np.float32)
    query = np.asfortranarray(np.tile(vectors[3], (4, 1)))[1]
    assert not query.flags.c_contiguous
    at, _ = nearest_at(block(vectors), np.arange(8, dtype=np.int32), query, Metric.COSINE, 1)
    assert at.tolist() == [3]


@built
@pytest.mark.parametrize("k", [1, 10])
@pytest.mark.parametrize("row", [-1, ROWS, 2**31 - 1, -(2**31)])
def test_a_row_outside_the_memory_is_refused(row, k):
    vectors = np.ones((ROWS, 16), np.float32)
    rows = np.array([0, ROWS - 1, row], np.int32)
    with pytest.raises(IndexError, match="outside the memory"):
        nearest_at(block(vectors), rows, vectors[0], Metric.L2, k)


@built
def test_the_last_row_must_be_there_to_its_end():
    vectors = np.ones((4, 16), np.float32)
    memory, rows = block(vectors), np.array([3], np.int32)
    cut = memory._replace(whole=memory.whole[: -4 * BEHIND])
    assert len(nearest_at(cut, rows, vectors[0], Metric.L2, 1)[0]) == 1
    with pytest.raises(IndexError):
        nearest_at(cut._replace(whole=cut.whole[:-1]), rows, vectors[0], Metric.L2, 1)
    with pytest.raises(IndexError):
        nearest_at(cut._replace(whole=cut.whole[:8]), rows, vectors[0], Metric.L2, 1)


@built
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("stride", 0),
        ("stride", -8),
        ("offset", -4),
        ("rows", b"123"),
        ("query", b"123"),
        ("query", b""),
        ("metric", 3),
        ("metric", -1),
        ("k", 0),
    ],
)
def test_what_fits_no_block_is_refused(name, wrong):
    right = {
        "memory": bytes(64),
        "stride": 8,
        "offset": 0,
        "rows": bytes(4),
        "query": bytes(8),
        "metric": 0,
        "k": 1,
    }
    assert module._native.nearest(*right.values())
    with pytest.raises(ValueError, match="fit no block"):
        module._native.nearest(*{**right, name: wrong}.values())


@pytest.fixture
def asked_anew():
    native.cache_clear()
    yield
    native.cache_clear()


def reversed_order(*given):
    places, distances = map(np.frombuffer, (b"", b""), (np.int64, np.float64))
    return places.tobytes(), distances.tobytes()


@pytest.mark.parametrize("found", [None, SimpleNamespace(nearest=reversed_order)])
def test_without_it_or_where_it_is_wrong_numpy_serves(asked_anew, monkeypatch, found):
    index = hnsw_spec(Settings()).create(4, Metric.L2, 8)
    index.add(np.arange(4, dtype=np.int64), np.eye(4, dtype=np.float32))
    monkeypatch.setattr(module, "_native", found)
    assert not native()
    query, rows = np.eye(4, dtype=np.float32)[2], np.arange(4, dtype=np.int32)
    assert index.nearest_at(rows, query, 1) is None
