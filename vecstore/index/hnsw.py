"""The graph index: hnswlib, behind checks. Only this file and :mod:`hnsw_memory` know hnswlib.

Method: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs", 2016 (arXiv:1603.09320).

hnswlib 0.8.0 trusts its caller. A query of another length reads beyond the heap, a call before
``init_index`` is a segmentation fault, NaN poisons the neighbours, a key that is known updates in
place, a ``k`` that cannot be met raises and leaks, ``load_index`` forgets ``ef`` and trusts the
file, ``save_index`` hides a full disk. So every argument is checked before it reaches native code.
"""

from __future__ import annotations

import contextlib
import struct
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import hnswlib
import numpy as np
from numpy.typing import NDArray

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, StorageError
from vecstore.index.exact import (
    Distances,
    Positions,
    check_new,
    check_queries,
    check_query,
    scan,
    stacked,
    unknown_keys,
)
from vecstore.index.hnsw_memory import Block, Layout, find
from vecstore.index.native import native, nearest_at
from vecstore.index.places import Places, Places32
from vecstore.spaces import FloatArray, Metric
from vecstore.specs import IndexSpec

# hnswlib calls the metric "space". Under cosine the caller's vectors have length 1.
_SPACES = {Metric.COSINE: "ip", Metric.IP: "ip", Metric.L2: "l2"}
_MIN_M, _MAX_M = 2, 512
_FORMAT = 1  # of the saved file; to be raised when hnswlib changes its own

# The head of a saved file: see HierarchicalNSW::saveIndex.
_HEAD = struct.Struct("=QQQQQQiIQQQdQ")
_DELETED_BYTE, _DELETED_BIT = 2, 1

# Where its memory cannot be read: hnswlib hands single vectors out through Python floats, 10 µs
# each with the GIL held; copying its whole memory costs a tenth of that per vector held.
_PICK_OR_COPY = 12
_PICK = 512


class Parameters(NamedTuple):
    """How graphs are built and searched.

    Args:
        m: links per node and level.
        ef_construction: candidates while building.
        ef: candidates while searching.
        threads: native threads while building.
    """

    m: int
    ef_construction: int
    ef: int
    threads: int


class HnswIndex:
    """A :class:`~vecstore.specs.NeighbourIndex` over an hnswlib graph."""

    def __init__(self, graph: Any, dim: int, metric: Metric, parameters: Parameters) -> None:
        """For :meth:`create` and :meth:`load`, which hand over a graph that is ready for use."""
        self._graph = graph
        self._dim = dim
        self._metric = metric
        self._threads = parameters.threads
        self._layout = Layout(parameters.m, dim)
        # The rows of the graph, and where in them each key is; None where they cannot be read.
        self._block: Block | None = None
        self._places: Places | None = Places()
        keys = graph.get_ids_list()
        self._count = len(keys)
        self._last = max(keys, default=-1)
        # Keys removed; None where a loaded graph has not told yet.
        self._removed: int | None = None if keys else 0
        # From this k on the graph is known to fall short; asking again would leak again.
        self._short_at = 1 << 62
        graph.set_ef(parameters.ef)
        self._follow(0)

    @classmethod
    def create(cls, parameters: Parameters, dim: int, metric: Metric, capacity: int) -> Self:
        """An empty index."""
        _check_parameters(parameters, dim)
        graph = hnswlib.Index(_SPACES[metric], dim)
        graph.init_index(
            max(1, capacity), M=parameters.m, ef_construction=parameters.ef_construction
        )
        return cls(graph, dim, metric, parameters)

    @classmethod
    def load(cls, parameters: Parameters, path: Path, dim: int, metric: Metric) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            StorageError: it is not such a file, or of another dim or M.
        """
        _check_parameters(parameters, dim)
        _check_head(path, dim, parameters.m)
        graph = hnswlib.Index(_SPACES[metric], dim)
        try:
            graph.load_index(str(path))
        except RuntimeError as error:
            raise StorageError(f"cannot read the index file {path}: {error}", path=path) from error
        return cls(graph, dim, metric, parameters)

    def __len__(self) -> int:
        return self._count

    def add(self, keys: NDArray[np.int64], vectors: FloatArray) -> None:
        check_new(keys, vectors, self._dim, self._last)
        if not len(keys):
            return
        self._reserve(self._count + len(keys))
        self._short_at = 1 << 62
        self._last = int(keys[-1])
        before = self._count
        try:
            self._graph.add_items(np.ascontiguousarray(vectors), keys, self._threads)
        except RuntimeError as error:
            raise StorageError(f"hnswlib could not take in {len(keys)} vectors: {error}") from error
        finally:
            self._count = self._graph.get_current_count()
            self._follow(before)

    def remove(self, keys: NDArray[np.int64]) -> None:
        self._short_at = 1 << 62
        for key in keys.tolist():
            try:
                self._graph.mark_deleted(key)
            except (RuntimeError, TypeError) as error:
                if "already deleted" not in str(error):
                    raise unknown_keys() from error
            else:
                if self._removed is not None:
                    self._removed += 1

    def search(self, query: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        check_query(query, self._dim, k)
        k = min(k, self._count - (self._removed or 0))
        if not k:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if k < self._short_at:
            try:
                keys, distances = self._graph.knn_query(query, k, 1)
            except RuntimeError:
                self._short_at = k
            else:
                return keys[0].view(np.int64), distances[0]
        return self._search_all(query, k)

    def search_many(self, queries: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        check_queries(queries, self._dim, k)
        fewer = min(k, self._count - (self._removed or 0))
        if len(queries) and 0 < fewer < self._short_at:
            try:
                keys, distances = self._graph.knn_query(queries, fewer, self._threads)
            except RuntimeError:
                self._short_at = fewer
            else:
                return keys.view(np.int64), distances
        return stacked([self.search(query, k) for query in queries])

    def rows(self, keys: NDArray[np.int64]) -> Places32 | None:
        return None if self._block is None or self._places is None else self._places.get(keys)

    def at(self, rows: Places32) -> FloatArray:
        assert self._block is not None  # noqa: S101 - there were rows to ask for
        return self._block.vectors[rows]

    def nearest_at(
        self, rows: Places32, query: FloatArray, k: int
    ) -> tuple[Positions, Distances] | None:
        """The nearest of some rows, as :func:`~vecstore.index.exact.nearest` of ``at(rows)``.

        None where only that can tell: there is no native code, or the rows cannot be read.
        """
        if self._block is None or not native():
            return None
        return nearest_at(self._block.memory, rows, query, self._metric, k)

    def tend(self) -> None:
        if self._block is not None:
            self._block.bring_together()

    def vectors(self, keys: NDArray[np.int64]) -> FloatArray:
        rows = self.rows(keys)
        if rows is not None:
            if len(rows) and int(rows.min()) < 0:
                raise unknown_keys()
            return self.at(rows)
        return self._copied(keys)

    def _copied(self, keys: NDArray[np.int64]) -> FloatArray:
        """As :meth:`vectors`, where the memory cannot be read."""
        if len(keys) * _PICK_OR_COPY < self._count or len(keys) < _PICK_OR_COPY:
            # A key that is unknown or removed; the copy can tell which.
            with contextlib.suppress(RuntimeError):
                return self._pick(keys)
        held = self._copy()
        order = np.argsort(held.keys)
        rows = np.searchsorted(held.keys, keys, sorter=order)
        known = rows < len(order)
        if not known.all():
            raise unknown_keys()
        rows = order[rows]
        if not (held.keys[rows] == keys).all():
            raise unknown_keys()
        return held.matrix[rows]

    def keys(self) -> NDArray[np.int64]:
        return np.array(self._graph.get_ids_list(), np.int64)

    def save(self, path: Path) -> None:
        """Write one file. Holds the GIL meanwhile, about half a second for 170 MB.

        Raises:
            StorageError: the file could not be written whole.
        """
        try:
            self._graph.save_index(str(path))
            size, expected = path.stat().st_size, self._graph.index_file_size()
        except (OSError, RuntimeError) as error:
            raise StorageError(f"cannot write the index file {path}: {error}", path=path) from error
        if size != expected:
            raise StorageError(
                f"the index file {path} has {size} bytes instead of {expected}; make room on the "
                "disk",
                path=path,
            )

    def _reserve(self, needed: int) -> None:
        capacity = self._graph.get_max_elements()
        if needed <= capacity:
            return
        self._block = None
        try:
            self._graph.resize_index(max(needed, 2 * capacity))
        except RuntimeError as error:
            raise StorageError(
                f"no memory for {needed} vectors of {self._dim} dims: {error}"
            ) from error

    def _follow(self, before: int) -> None:
        """Learn where the keys of the rows from ``before`` on are.

        hnswlib numbers rows by the order in which its threads come to them.
        """
        if self._places is None or self._count == before:
            return
        if self._block is None:
            self._block = find(self._graph, self._layout)
        new = () if self._block is None else self._block.keys[before : self._count]
        order = np.argsort(new)
        keys = np.asarray(new, np.int64)[order]
        if len(keys) != self._count - before or keys[-1] != self._last or _repeats(keys):
            self._block = self._places = None
            return
        self._places.put(keys, (order + before).astype(np.int32))

    def _search_all(self, query: FloatArray, k: int) -> tuple[NDArray[np.int64], FloatArray]:
        """Exactly, where the graph cannot reach ``k`` of its own vectors."""
        held = self._copy()
        self._removed = int(held.removed.sum())
        alive = np.flatnonzero(~held.removed)
        rows, distances = scan(held.matrix[alive], query, self._metric, k)
        return held.keys[alive[rows]], distances.astype(np.float32)

    def _pick(self, keys: NDArray[np.int64]) -> FloatArray:
        parts = [
            self._graph.get_items(keys[start : start + _PICK])
            for start in range(0, len(keys), _PICK)
        ]
        if len(parts) == 1:
            return np.asarray(parts[0], np.float32)
        return np.concatenate(parts) if parts else np.empty((0, self._dim), np.float32)

    def _copy(self) -> _Held:
        """Everything that the graph holds: where it stands, or by way of its pickling state."""
        if not self._count:
            empty = np.empty(0, np.int64)
            return _Held(empty, np.empty((0, self._dim), np.float32), empty.astype(np.bool_))
        if self._block is not None:
            block, count = self._block, self._count
            return _Held(block.keys[:count], block.vectors[:count], block.removed(count))
        state = self._graph.__getstate__()[0]
        memory, stride = state["data_level0"], state["size_data_per_element"]
        count = state["cur_element_count"]
        return _Held(
            np.ndarray((count,), np.int64, memory, state["label_offset"], (stride,)).copy(),
            np.ndarray((count, self._dim), np.float32, memory, state["offset_data"], (stride, 4)),
            np.ndarray((count,), np.uint8, memory, _DELETED_BYTE, (stride,)) & _DELETED_BIT != 0,
        )


class _Held(NamedTuple):
    """What a graph holds, row by row."""

    keys: NDArray[np.int64]
    matrix: FloatArray
    removed: NDArray[np.bool_]


def hnsw_spec(settings: Settings) -> IndexSpec:
    """The graph backend with the parameters of these settings."""
    parameters = Parameters(
        settings.hnsw_m, settings.hnsw_ef_construction, settings.hnsw_ef, settings.threads
    )
    return IndexSpec(
        name="hnsw",
        summary="A navigable small-world graph (hnswlib): fast, approximate, in memory.",
        create=partial(HnswIndex.create, parameters),
        load=partial(HnswIndex.load, parameters),
        parameters={
            "format": _FORMAT,
            "m": parameters.m,
            "ef_construction": parameters.ef_construction,
        },
    )


def _repeats(keys: NDArray[np.int64]) -> bool:
    return bool((keys[1:] == keys[:-1]).any())


def _check_parameters(parameters: Parameters, dim: int) -> None:
    limits = {
        "hnsw_m": (parameters.m, _MIN_M, _MAX_M),
        "hnsw_ef_construction": (parameters.ef_construction, 1, 100_000),
        "hnsw_ef": (parameters.ef, 1, 100_000),
        "index_threads": (parameters.threads, 1, 1024),
        "dim": (dim, 1, 1 << 20),
    }
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:
            raise InvalidArgument(
                f"{name} is {value}; a whole number from {least} to {most} is needed", field=name
            )


def _check_head(path: Path, dim: int, m: int) -> None:
    """hnswlib takes offsets and sizes from the file as they are; they must be those of this dim."""
    try:
        with path.open("rb") as file:
            head = _HEAD.unpack(file.read(_HEAD.size))
    except (OSError, struct.error) as error:
        raise StorageError(f"cannot read the index file {path}: {error}", path=path) from error
    offset, capacity, count, size, label_at, data_at, _, entry, m_upper, m_base, m_file, *_ = head
    links = 4 * m_base + 4
    fits = (
        (offset, m_upper, m_base, m_file) == (0, m, 2 * m, m)
        and (data_at, label_at, size) == (links, links + 4 * dim, links + 4 * dim + 8)
        and count <= capacity
        and (entry < count or not count)
    )
    if not fits:
        raise StorageError(f"the index file {path} is not one of {dim} dims and M={m}", path=path)
