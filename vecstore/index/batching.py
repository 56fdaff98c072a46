"""Many searches at a time: one native call on several cores, and one look-up of what it found."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels
from vecstore.index.prepare import prepare_query
from vecstore.index.searching import Found, Searcher
from vecstore.index.state import State
from vecstore.spaces import FloatArray, Metric
from vecstore.specs import BatchIndex

# Queries answered under one hold of the lock: a write waits for about this many searches.
_BLOCK = 256
# A tail beyond this is scanned without holding the lock for the whole block.
_SMALL_TAIL = 256
# Rows whose squared length is this near to 1 are of length 1, however the square is summed.
_SURELY_UNIT = 2e-7
_SURELY_FIT = 1e30


class BatchSearcher(Searcher):
    """Searches one index with many queries. Any number of threads at a time.

    Args:
        state: the index.
        threads: how many cores one batch may use.
    """

    def __init__(self, state: State, threads: int) -> None:
        super().__init__(state)
        self._threads = threads

    def search_many(self, values: FloatArray, k: int) -> list[Found]:
        """See :meth:`vecstore.index.live.LiveIndex.search_many`."""
        found: list[Found | None] = [None] * len(values)
        queries, askable = _prepared(values, self._state.metric)
        if askable:
            for start in range(0, len(values), _BLOCK):
                found[start : start + _BLOCK] = self._block(queries[start : start + _BLOCK], k)
        left = [row for row, one in enumerate(found) if one is None]
        for row, one in zip(left, self._singly(values[left], k), strict=True):
            found[row] = one
        return [one for one in found if one is not None]

    def _block(self, queries: FloatArray, k: int) -> Sequence[Found | None]:
        """Answers of one moment; None for queries that are to be asked one by one."""
        state = self._state
        with state.lock.reading():
            index = state.graph.index
            few = len(state.tail) <= _SMALL_TAIL
            if state.failure is not None or not few or not isinstance(index, BatchIndex):
                return [None] * len(queries)
            keys, distances = index.search_many(queries, k)
            rows = None if len(state.tail) else self._plain_rows(keys, distances, k)
            if rows is None:
                return [
                    self._row(query, k, row, apart)
                    for query, row, apart in zip(queries, keys, distances, strict=True)
                ]
            if not len(state.graph.side):
                return rows
            return [
                self._together(query, k, keys[place], distances[place])
                if self._side(query, k, hits)
                else hits
                for place, (query, hits) in enumerate(zip(queries, rows, strict=True))
            ]

    def _plain_rows(self, keys: Labels, distances: FloatArray, k: int) -> list[Found] | None:
        """Answers where every node is one live label; None where it is not so simple."""
        state, (count, width) = self._state, keys.shape
        if width not in (k, len(state.ids)):
            return None
        flat = keys.ravel()
        labels, names = flat.tolist(), state.names.get(flat, state.ids)
        shared = state.graph.nodes.shared
        if None in names or (shared and not shared.keys().isdisjoint(labels)):
            return None
        hits = list(zip(distances.ravel().tolist(), names, labels, strict=True))
        rows = [hits[row * width : (row + 1) * width] for row in range(count)]
        for row in np.flatnonzero((distances[:, 1:] <= distances[:, :-1]).any(axis=1)).tolist():
            rows[row].sort()
        return rows

    def _row(self, query: FloatArray, k: int, keys: Labels, distances: FloatArray) -> Found | None:
        """As for a single search, with what the graph has said already."""
        if not len(self._state.tail):
            hits = self._plainly(keys, distances, k)
            if hits is not None and not self._side(query, k, hits):
                return hits
        return self._together(query, k, keys, distances)

    def _singly(self, values: FloatArray, k: int) -> list[Found]:
        def search(query: FloatArray) -> Found:
            return self.search(query, k, None)

        if len(values) <= self._threads or self._threads == 1:
            return [search(query) for query in values]
        with ThreadPoolExecutor(self._threads, "vecstore-batch") as pool:
            return list(pool.map(search, values))


def _prepared(values: FloatArray, metric: Metric) -> tuple[FloatArray, bool]:
    """Queries prepared one like the other, and whether a graph may be asked with all of them."""
    squares: NDArray[np.float32] = np.einsum("ij,ij->i", values, values)
    if metric is Metric.COSINE:
        sure = np.abs(squares - 1.0) < _SURELY_UNIT
    else:
        sure = squares < _SURELY_FIT
    if sure.all():
        return values, True
    queries, askable = values.copy(), True
    for row in np.flatnonzero(~sure).tolist():
        queries[row], fits = prepare_query(values[row], metric)
        askable = askable and fits
    return queries, askable
