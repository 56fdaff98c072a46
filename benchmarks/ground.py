"""What every measurement stands on: the vectors, and both sides built of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import vecstore
from benchmarks import bare
from benchmarks.measure import spread
from vecstore.index.live import LiveIndex
from vecstore.spaces import FloatArray
from vecstore.store import Store

ENCODER = "bench@1"
COLLECTION = "bench"
SEED = 20
BATCH = 1000
WRITERS = 4
QUERIES = 1000
FEWEST_QUERIES = 200
PATIENCE = 3600.0

SETTINGS = vecstore.Settings(
    hnsw_m=bare.M,
    hnsw_ef_construction=bare.EF_CONSTRUCTION,
    hnsw_ef=bare.EF,
    index_threads=bare.THREADS,
)


@dataclass(frozen=True, slots=True)
class Built:
    """Both sides built of the same vectors, and what that took.

    Args:
        folder: the store.
        path: what bare hnswlib saved.
        acknowledged: seconds until the store had acknowledged every vector.
        lag: vectors acknowledged and not yet in the graph at that moment.
        searchable: seconds until every vector was in the graph, from the same start.
        checked: seconds that the background self-check took after that.
        bare: seconds of bare hnswlib's build, once before and once after the store's.
        busier: processor time until every vector was in the graph, over that of bare hnswlib.
    """

    folder: Path
    path: Path
    acknowledged: float
    lag: int
    searchable: float
    checked: float
    bare: tuple[float, float]
    busier: float


@dataclass(frozen=True, slots=True)
class _Stored:
    acknowledged: float
    lag: int
    searchable: float
    busy: float
    checked: float


@dataclass(slots=True)
class Ground:
    """The vectors and what is built of them, each once and when it is first asked for.

    The rows are shuffled (seed 20): the first ones are stored, and others, never stored, ask.

    Args:
        rows: unit-length vectors, (n, dim), of any float dtype.
        sizes: how many to store, ascending.
        rounds: alternating rounds of a comparison.
        folder: an empty folder for everything that is built.
        images: a folder of photos; None for some that are drawn.
    """

    rows: NDArray[Any]
    sizes: tuple[int, ...]
    rounds: int
    folder: Path
    images: Path | None = None
    _order: NDArray[np.int64] = field(init=False)
    _built: dict[int, Built] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._order = np.random.default_rng(SEED).permutation(len(self.rows))

    @property
    def largest(self) -> int:
        """The size that bars without a size of their own are held at."""
        return self.sizes[-1]

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.rows.shape[1])

    def vectors(self, size: int) -> FloatArray:
        """What is stored, (size, dim) float32 of unit length."""
        return self._unit(self._order[:size])

    def queries(self) -> FloatArray:
        """What asks, (1000, dim) or fewer, float32 of unit length; none of it is ever stored."""
        return self._unit(self._order[self.largest :][:QUERIES])

    def built(self, size: int) -> Built:
        """Both sides with this many vectors."""
        if size not in self._built:
            self._built[size] = build(self.vectors(size), self.folder / str(size))
        return self._built[size]

    def _unit(self, order: NDArray[np.int64]) -> FloatArray:
        rows = np.asarray(self.rows[np.sort(order)], np.float32)[np.argsort(np.argsort(order))]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def part(queries: FloatArray, number: int, count: int) -> slice:
    """``count`` of the queries, in every round others until all have been asked."""
    start = number % (len(queries) // count) * count
    return slice(start, start + count)


def record_id(key: int) -> str:
    """The record of the vector that bare hnswlib knows by this key."""
    return f"record-{key:07d}"


def key_of(record: str) -> int:
    """The opposite of :func:`record_id`."""
    return int(record.rpartition("-")[2])


def build(vectors: FloatArray, folder: Path) -> Built:
    """Both sides of vectors (n, dim): bare, store, bare."""
    folder.mkdir(parents=True)
    path, data = folder / "bare.hnsw", folder / "store"
    before, busy_before, index = _bare(vectors)
    index.save_index(str(path))
    del index
    stored = _store(vectors, data)
    after, busy_after, _ = _bare(vectors)
    return Built(
        folder=data,
        path=path,
        acknowledged=stored.acknowledged,
        lag=stored.lag,
        searchable=stored.searchable,
        checked=stored.checked,
        bare=(before, after),
        busier=2 * stored.busy / (busy_before + busy_after),
    )


def _bare(vectors: FloatArray) -> tuple[float, float, Any]:
    start, idle = time.perf_counter(), time.process_time()
    index = bare.build(vectors)
    return time.perf_counter() - start, time.process_time() - idle, index


def _store(vectors: FloatArray, folder: Path) -> _Stored:
    with vecstore.open(folder, settings=SETTINGS) as store:
        store.declare_space(ENCODER, dim=vectors.shape[1], provenance="benchmark vectors")
        collection = store.create_collection(COLLECTION, encoder=ENCODER, store_inputs=False)
        space = collection.space
        index = _index(store)

        def upsert(first: int) -> None:
            collection.upsert(_records(vectors, first, space))

        start, idle = time.perf_counter(), time.process_time()
        spread(range(0, len(vectors), BATCH), upsert, WRITERS)
        acknowledged = time.perf_counter() - start
        lag = len(vectors) - index.indexed
        _require(index.wait_until_indexed(PATIENCE))
        searchable, busy = time.perf_counter() - start, time.process_time() - idle
        _require(index.wait_until_checked(PATIENCE))
        checked = time.perf_counter() - start - searchable
    return _Stored(acknowledged, lag, searchable, busy, checked)


def opened(folder: Path) -> Store:
    """A stored index, open and with nothing left to do in the background."""
    store = vecstore.open(folder, settings=SETTINGS)
    try:
        _require(_index(store).wait_until_checked(PATIENCE))
    except BaseException:
        store.close()
        raise
    return store


def _index(store: Store) -> LiveIndex:
    row = store.row(COLLECTION)
    return store.index(row, row.fields[0])


def _require(reached: bool) -> None:
    if not reached:
        raise RuntimeError(f"the index did not settle within {PATIENCE} s")


def _records(vectors: FloatArray, first: int, space: vecstore.Space) -> Iterator[vecstore.Record]:
    for key in range(first, min(first + BATCH, len(vectors))):
        yield vecstore.Record(id=record_id(key), vector=vecstore.Vector(space, vectors[key]))
