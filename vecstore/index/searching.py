"""Answers from graph, tail and side list together, of what is live at one moment."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from vecstore.errors import StorageError, VecstoreError
from vecstore.index.columns import Labels
from vecstore.index.exact import check_query, measure
from vecstore.index.native import nearest_in
from vecstore.index.prepare import prepare_query
from vecstore.index.scanning import Candidates, Scanner
from vecstore.index.side import Side
from vecstore.index.state import State
from vecstore.spaces import FloatArray, Metric

Found = list[tuple[float, str, int]]
"""Hits: distance, record id, label; ordered by distance, ties by id."""

# How much a distance in float32 may differ from the same distance measured again.
BLUR = 1e-5
_WIDER = 4


class Outdated(Exception):  # noqa: N818 - a signal, which the caller answers by asking again
    """Some of the labels allowed are not live: they were read before or beside a commit."""


class Searcher:
    """Searches one index. Any number of threads at a time.

    Args:
        state: the index.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._scanner = Scanner(state)

    def search(
        self, values: FloatArray, k: int, allowed: Labels | None, *, strict: bool = False
    ) -> Found:
        """See :meth:`vecstore.index.live.LiveIndex.search`."""
        state = self._state
        query, askable = prepare_query(values, state.metric)
        if allowed is not None or not askable or state.failure is not None:
            return self._exactly(query, k, allowed, strict=strict)
        lock = state.lock
        lock.acquire_read()
        try:
            graph = state.graph
            keys, distances = graph.index.search(query, k)
            if not len(state.tail):
                hits = self._plainly(keys, distances, k)
                if hits is not None and not self._side(query, k, hits):
                    return hits
            found = self._together(query, k, keys, distances)
        finally:
            lock.release_read()
        return self._exactly(query, k, None) if found is None else found

    def _plainly(self, keys: Labels, distances: FloatArray, k: int) -> Found | None:
        """The usual answer: every node is one live label. None where it is not so simple."""
        state = self._state
        labels, names = keys.tolist(), state.names.get(keys, state.ids)
        if None in names or (len(names) != k and len(names) != len(state.ids)):
            return None
        shared = state.graph.nodes.shared
        if shared and not shared.keys().isdisjoint(labels):
            return None
        return sorted(zip(distances.tolist(), names, labels, strict=True))

    def _together(
        self, query: FloatArray, k: int, keys: Labels, distances: FloatArray
    ) -> Found | None:
        """Graph, side list and tail; None where the graph falls short of its own vectors."""
        state = self._state
        graph = state.graph
        alive, width = graph.alive, k
        hits = self._expand(keys, distances.tolist())
        while len(hits) < k and width < alive:
            width = min(alive, _WIDER * width)
            keys, distances = graph.index.search(query, width)
            if len(keys) < width:
                return None
            hits = self._expand(keys, distances.tolist())
        hits = _cut(hits, k)
        others = self._side(query, k, hits)
        if len(state.tail):
            others += self._tail(query, k)
        if others:
            hits = self._merge(query, k, hits, others)
        return hits if len(hits) >= min(k, len(state.ids)) else None

    def _expand(self, keys: Labels, distances: Iterable[float]) -> Found:
        """Nodes to live labels."""
        shared, name = self._state.graph.nodes.shared.get, self._state.ids.get
        return [
            (distance, id_, label)
            for distance, key in zip(distances, keys.tolist(), strict=True)
            for label in shared(key) or (key,)
            if (id_ := name(label)) is not None
        ]

    def _side(self, query: FloatArray, k: int, hits: Found) -> Found:
        side = self._state.graph.side
        if not len(side):
            return []
        # Usually nothing there is near enough, which one small product in float32 can tell.
        if len(hits) >= k and not side.outside and self._nearest_of(side, query) > hits[-1][0]:
            return []
        distances = measure(side.values, query, self._state.metric)
        return _cut(self._expand(side.keys, distances.tolist()), k)

    def _nearest_of(self, side: Side, query: FloatArray) -> float:
        """The least distance, but for what float32 may get wrong."""
        if self._state.metric is Metric.L2:
            apart = side.values - query
            return float(np.einsum("ij,ij->i", apart, apart).min()) * (1.0 - BLUR)
        return 1.0 - float((side.values @ query).max()) - BLUR

    def _tail(self, query: FloatArray, k: int) -> Found:
        found: Found = []
        name, present = self._state.ids.get, self._state.present
        for piece in self._state.tail.view():
            labels, values = piece.labels, piece.values
            rows, distances = nearest_in(values, query, self._state.metric, k)
            near = [label for label in labels[rows].tolist() if present(label)]
            if len(near) < len(rows):
                live = np.fromiter(map(present, labels.tolist()), np.bool_, len(labels))
                labels, values = labels[live], values[live]
                rows, distances = nearest_in(values, query, self._state.metric, k)
            found += [
                (distance, id_, label)
                for distance, label in zip(distances.tolist(), labels[rows].tolist(), strict=True)
                if (id_ := name(label)) is not None
            ]
        return _cut(found, k)

    def _merge(self, query: FloatArray, k: int, hits: Found, others: Found) -> Found:
        """One order of two kinds of distances; measured alike where that could matter."""
        exact = {label for _, _, label in others}
        hits = [hit for hit in hits if hit[2] not in exact]
        merged = sorted(hits + others)
        reach = merged[min(k, len(merged)) - 1][0] + BLUR
        blurred = any(
            (one[2] in exact) != (two[2] in exact) and two[0] - one[0] <= BLUR * (1.0 + abs(one[0]))
            for one, two in itertools.pairwise(merged)
            if one[0] <= reach
        )
        if blurred:
            graph = self._state.graph
            nodes = [graph.nodes.node(label) for _, _, label in hits]
            vectors = graph.index.vectors(np.array(nodes, np.int64))
            distances = measure(vectors, query, self._state.metric).tolist()
            again = [(d, id_, n) for d, (_, id_, n) in zip(distances, hits, strict=True)]
            merged = sorted(again + others)
        return merged[:k]

    def _exactly(
        self, query: FloatArray, k: int, allowed: Labels | None, *, strict: bool = False
    ) -> Found:
        """Every live label that is allowed is measured."""
        check_query(query, self._state.dim, k)
        while True:
            try:
                candidates = self._scanner.scan(query, k, allowed)
            except VecstoreError:
                raise
            except Exception as error:
                raise StorageError(
                    f"the index cannot be searched: {error!r}; close the store and open it again"
                ) from error
            found = self._live(candidates)
            if strict and allowed is not None:
                died = len(candidates.labels) - len(found)
                if died or candidates.count < len(allowed):
                    raise Outdated
            if len(found) >= min(k, candidates.count):
                return found[:k]
            # Some died while they were measured: measure again what is left.

    def _live(self, candidates: Candidates) -> Found:
        with self._state.lock.reading():
            name = self._state.ids.get
            pairs = zip(candidates.distances.tolist(), candidates.labels.tolist(), strict=True)
            return sorted((d, id_, n) for d, n in pairs if (id_ := name(n)) is not None)


def _cut(hits: Found, k: int) -> Found:
    hits.sort()
    return hits[:k]
