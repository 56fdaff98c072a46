"""Many searches at a time: native calls on several cores, and one look-up of what they found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels
from vecstore.index.prepare import prepare_query
from vecstore.index.searching import BLUR, Found, Searcher
from vecstore.index.state import State
from vecstore.spaces import FloatArray, Metric
from vecstore.specs import BatchIndex

# Queries of one native call, and of one hold of the lock: a write waits for so many at most. Hits
# are not made while the next call runs: its threads keep the cores busy, and that was slower.
_BLOCK = 256
# A tail beyond this is scanned without holding the lock for the whole block.
_SMALL_TAIL = 256
# Rows whose squared length is this near to 1 are of length 1, however the square is summed.
_SURELY_UNIT = 2e-7
_SURELY_FIT = 1e30


class Columns(NamedTuple):
    """Answers of equal length to several queries, as columns.

    Args:
        distances: shape (n, k), ascending in each row.
        ids: n * k record ids, row after row; ties by id.
        labels: shape (n, k).
    """

    distances: FloatArray
    ids: list[str]
    labels: Labels

    def rows(self) -> list[Found]:
        """The same, query by query."""
        count, width = self.labels.shape
        distances, labels = self.distances.ravel().tolist(), self.labels.ravel().tolist()
        hits = list(zip(distances, self.ids, labels, strict=True))
        return [hits[row * width : (row + 1) * width] for row in range(count)]


class BatchSearcher(Searcher):
    """Searches one index with many queries. Any number of threads at a time.

    Args:
        state: the index.
        threads: how many cores one batch may use.
    """

    def __init__(self, state: State, threads: int) -> None:
        super().__init__(state)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "vecstore-batch")

    def search_many(self, values: FloatArray, k: int) -> Iterator[Columns | list[Found]]:
        """See :meth:`vecstore.index.live.LiveIndex.search_many`."""
        queries, askable = _prepared(values, self._state.metric)
        if not askable:
            yield self._singly(values, k)
            return
        for start in range(0, len(values), _BLOCK):
            piece = slice(start, start + _BLOCK)
            answers = self._block(queries[piece], k)
            if isinstance(answers, Columns):
                yield answers
            else:
                yield self._completed(values[piece], k, answers)

    def _block(self, queries: FloatArray, k: int) -> Columns | Sequence[Found | None]:
        """Answers of one moment; None for queries that are to be asked one by one."""
        state = self._state
        with state.lock.reading():
            index = state.graph.index
            few = len(state.tail) <= _SMALL_TAIL
            if state.failure is not None or not few or not isinstance(index, BatchIndex):
                return [None] * len(queries)
            keys, distances = index.search_many(queries, k)
            columns = None if len(state.tail) else self._columns(keys, distances, k)
            if columns is None:
                return [
                    self._row(query, k, row, apart)
                    for query, row, apart in zip(queries, keys, distances, strict=True)
                ]
            near = self._near_beside(queries, distances)
            if not near.any():
                return columns
            return [
                self._together(query, k, keys[place], distances[place])
                if near[place] and self._side(query, k, hits)
                else hits
                for place, (query, hits) in enumerate(zip(queries, columns.rows(), strict=True))
            ]

    def _near_beside(self, queries: FloatArray, distances: FloatArray) -> NDArray[np.bool_]:
        """For which queries the side list may hold something near enough; see :meth:`_side`.

        Args:
            queries: shape (n, dim).
            distances: of as many as are wanted, or of all that are live: shape (n, k), ascending.
        """
        side = self._state.graph.side
        if not len(side):
            return np.zeros(len(queries), np.bool_)
        if side.outside or not distances.shape[1]:
            return np.ones(len(queries), np.bool_)
        if self._state.metric is Metric.L2:
            nearest = np.array([self._nearest_of(side, query) for query in queries])
        else:
            # Not by BLAS, whose threads would wait for those that build a graph.
            products = np.einsum("ij,kj->ik", queries, side.values)
            nearest = 1.0 - products.max(axis=1).astype(np.float64) - BLUR
        near: NDArray[np.bool_] = nearest <= distances[:, -1]
        return near

    def _columns(self, keys: Labels, distances: FloatArray, k: int) -> Columns | None:
        """Answers where every node is one live label; None where it is not so simple."""
        state, width = self._state, keys.shape[1]
        if width not in (k, len(state.ids)):
            return None
        flat = keys.ravel()
        ids = state.names.get(flat, state.ids)
        shared = state.graph.nodes.shared
        # Names are not empty, so only what is not live counts as false.
        if not all(ids) or (shared and not shared.keys().isdisjoint(flat.tolist())):
            return None
        tied = (distances[:, 1:] <= distances[:, :-1]).any(axis=1)
        for row in np.flatnonzero(tied).tolist():
            part = slice(row * width, (row + 1) * width)
            hits = sorted(zip(distances[row].tolist(), ids[part], flat[part].tolist(), strict=True))
            distances[row] = [hit[0] for hit in hits]
            ids[part] = [hit[1] for hit in hits]
            keys[row] = [hit[2] for hit in hits]
        return Columns(distances, ids, keys)

    def _row(self, query: FloatArray, k: int, keys: Labels, distances: FloatArray) -> Found | None:
        """As for a single search, with what the graph has said already."""
        if not len(self._state.tail):
            hits = self._plainly(keys, distances, k)
            if hits is not None and not self._side(query, k, hits):
                return hits
        return self._together(query, k, keys, distances)

    def _completed(
        self, values: FloatArray, k: int, answers: Sequence[Found | None]
    ) -> list[Found]:
        left = [row for row, one in enumerate(answers) if one is None]
        alone = iter(self._singly(values[left], k))
        return [next(alone) if one is None else one for one in answers]

    def _singly(self, values: FloatArray, k: int) -> list[Found]:
        if len(values) <= self._threads:
            return [self.search(query, k, None) for query in values]
        return list(self._pool.map(lambda query: self.search(query, k, None), values))


def _prepared(values: FloatArray, metric: Metric) -> tuple[FloatArray, bool]:
    """Queries prepared one like the other, and whether a graph may be asked with all of them."""
    squares: NDArray[np.float32] = np.einsum("ij,ij->i", values, values)
    if metric is Metric.COSINE:
        sure = np.abs(squares - 1.0) < _SURELY_UNIT
    else:
        sure = squares < _SURELY_FIT
    if sure.all():
        return values, True
    queries, askable = values, True
    for row in np.flatnonzero(~sure).tolist():
        given = values[row]
        query, fits = prepare_query(given, metric)
        askable = askable and fits
        if query is not given:
            if queries is values:
                queries = values.copy()
            queries[row] = query
    return queries, askable
