"""Searches among the records that satisfy a filter: exact membership, by whichever way is cheapest.

What satisfies a filter is told by the declared payload indexes in memory where they cover it, else
by SQL, and is kept for the next search with the same filter until anything in the field changes.
Then either all of it is measured, or the graph is asked for more neighbours than are wanted and
those that do not satisfy the filter are dropped; see :mod:`vecstore.index.planner`. Distances are
measured in float64 either way, so the same hit has the same distance however it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vecstore.filters import Filter, key_text
from vecstore.index.columns import Labels
from vecstore.index.exact import Distances, check_query, measure
from vecstore.index.gathering import Gatherer
from vecstore.index.native import nearest_in
from vecstore.index.places import Places32
from vecstore.index.planner import Course, course, explained, wider
from vecstore.index.prepare import prepare_query
from vecstore.index.searching import Found, Outdated
from vecstore.index.selections import Selection, SelectionCache, identity, keys_of
from vecstore.index.state import State
from vecstore.plans import Plan, Strategy
from vecstore.spaces import FloatArray

# Vectors gathered or measured under one hold of the lock, half a millisecond or so.
_PIECE = 2048
# Selections below this are gathered so quickly that nothing is gained by keeping their vectors.
_FEWEST_TOGETHER = 32
_TOGETHER_USES = 2
# Scans that a commit may upset before one is done while commits wait.
_ATTEMPTS = 3
_BLUR = 1e-5


class Told(NamedTuple):
    """Labels that SQL says satisfy a filter.

    Args:
        labels: each once.
        version: of the index, before SQL was asked.
    """

    labels: Labels
    version: int


Near = tuple[Labels, Distances]


class _Taken(NamedTuple):
    found: Found
    strategy: Strategy
    examined: int


class FilteredSearcher:
    """Filtered searches of one index. Any number of threads at a time.

    Args:
        state: the index.
        ef: the least that its graph looks at.
        cache_bytes: for what satisfied the filters of earlier searches.
    """

    def __init__(self, state: State, ef: int, cache_bytes: int) -> None:
        self._state = state
        self._ef = ef
        self.cache = SelectionCache(cache_bytes)
        self._gatherer = Gatherer(state)

    def search(
        self, values: FloatArray, k: int, filter_: Filter, told: Told | None, *, explain: bool
    ) -> tuple[Found, Plan | None] | None:
        """See :meth:`vecstore.index.live.LiveIndex.search_filtered`."""
        state = self._state
        query, askable = prepare_query(values, state.metric)
        check_query(query, state.dim, k)
        key = identity(filter_)
        for attempt in range(_ATTEMPTS):
            alone = attempt == _ATTEMPTS - 1
            state.lock.acquire_read()
            try:
                selection = self._selection(key, filter_, told)
                if selection is None:
                    return None
                askable = askable and state.failure is None and not state.spec.exact
                chosen = self._course(selection, k, askable)
                records, cached = len(state.ids), selection.uses > 1
                taken = self._taken(selection, query, k, chosen, alone=alone)
            finally:
                state.lock.release_read()
            if taken is None:
                taken = self._scanned_apart(key, selection, query, k)
            if taken is not None:
                break
        else:
            raise Outdated
        if not explain:
            return taken.found, None
        plan = explained(
            chosen,
            taken.strategy,
            records,
            len(selection.labels),
            taken.examined,
            askable=askable,
            together=selection.matrix is not None,
            cached=cached,
            keys=tuple(sorted(map(key_text, keys_of(filter_)))) if selection.declared else (),
        )
        return taken.found, plan

    def satisfying(self, filter_: Filter) -> Labels | None:
        """Labels that satisfy a filter now, each once; None where only SQL can tell."""
        with self._state.lock.reading():
            selection = self._selection(identity(filter_), filter_, None)
            return None if selection is None else selection.labels

    def _selection(self, key: object, filter_: Filter, told: Told | None) -> Selection | None:
        """What satisfies the filter now; None where only SQL can tell. Under the lock."""
        state = self._state
        selection = self.cache.get(key, state.version)
        if selection is not None:
            return selection
        if told is not None:
            if not all(map(state.present, told.labels.tolist())):
                raise Outdated
            selection = Selection(told.labels, told.version, declared=False)
        else:
            tables = state.payloads
            if tables is None or not tables.covers(filter_):
                return None
            selection = Selection(tables.satisfying(filter_), state.version, declared=True)
        self.cache.put(key, selection)
        return selection

    def _course(self, selection: Selection, k: int, askable: bool) -> Course:
        return course(
            len(self._state.ids),
            len(selection.labels),
            k,
            self._ef,
            askable=askable,
            together=selection.matrix is not None or self._worth_gathering(selection),
        )

    def _worth_gathering(self, selection: Selection) -> bool:
        """Whether the vectors should be brought together for this search and later ones."""
        if selection.uses < _TOGETHER_USES:
            return False
        count = len(selection.labels)
        size = count * self._state.dim * 4
        return count >= _FEWEST_TOGETHER and 2 * size <= self.cache.limit

    def _taken(
        self, selection: Selection, query: FloatArray, k: int, chosen: Course, *, alone: bool
    ) -> _Taken | None:
        """The answer, where it can be had under one hold of the lock."""
        if chosen.strategy is Strategy.NOTHING:
            return _Taken([], Strategy.NOTHING, 0)
        if chosen.strategy is Strategy.GRAPH_CHECKED:
            taken = self._checked(selection, query, k, chosen)
            if taken is not None:
                return taken
        count = len(selection.labels)
        together = selection.matrix is not None or self._worth_gathering(selection)
        if not alone and (count > _PIECE or together):
            return None
        rows = self._gatherer.rows(selection)
        if rows is None:
            near = [
                self._nearest(*self._gathered(selection, start), query, k)
                for start in range(0, count, _PIECE)
            ]
        else:
            near = [
                self._in_rows(selection, rows, start, query, k) for start in range(0, count, _PIECE)
            ]
        return _Taken(self._named(near)[:k], Strategy.SCAN, count)

    def _checked(
        self, selection: Selection, query: FloatArray, k: int, chosen: Course
    ) -> _Taken | None:
        """By the graph; None where a scan turns out to be cheaper. Under the lock."""
        state = self._state
        width, asked = chosen.width, 0
        while width:
            keys, distances = state.graph.index.search(query, width)
            asked += width
            labels, distances = self._expanded(keys, distances)
            inside = selection.contains(labels)
            labels, distances = labels[inside], distances[inside]
            if len(labels) >= k:
                reach = distances[k - 1] + _BLUR * (1.0 + abs(distances[k - 1]))
                near = labels[distances <= reach]
                return _Taken(self._with_others(selection, query, k, near), chosen.strategy, asked)
            if len(keys) < width:
                break
            width = wider(width, len(labels), k, chosen.scan)
        return None

    def _expanded(self, keys: Labels, distances: FloatArray) -> tuple[Labels, FloatArray]:
        """Nodes to labels."""
        shared = self._state.graph.nodes.shared
        if not shared or shared.keys().isdisjoint(keys.tolist()):
            return keys, distances
        groups = [sorted(shared.get(key, (key,))) for key in keys.tolist()]
        labels = [label for group in groups for label in group]
        return np.array(labels, np.int64), np.repeat(distances, list(map(len, groups)))

    def _with_others(self, selection: Selection, query: FloatArray, k: int, near: Labels) -> Found:
        """Hits of the graph and of what stands beside it, measured alike."""
        state = self._state
        side, waiting = state.graph.side, state.tail.view()
        if len(side) or waiting:
            keys, _ = self._expanded(side.keys, np.empty(len(side.keys), np.float32))
            others = np.concatenate([keys, *(piece.labels for piece in waiting)])
            near = np.union1d(near, others[selection.contains(others)])
        labels, values = self._gatherer.vectors(near)
        return self._named([(labels, measure(values, query, state.metric))])[:k]

    def _gathered(self, selection: Selection, start: int) -> tuple[Labels, FloatArray]:
        """A piece of a selection: labels and their vectors. Under the lock."""
        labels = selection.labels[start : start + _PIECE]
        rows = self._gatherer.rows(selection)
        if rows is None:
            return self._gatherer.vectors(labels)
        return labels, self._gatherer.at(rows[start : start + _PIECE])

    def _in_rows(
        self, selection: Selection, rows: Places32, start: int, query: FloatArray, k: int
    ) -> Near:
        """The nearest of a piece of a selection, all of it in rows of the graph. Under the lock."""
        at, distances = self._gatherer.nearest(rows[start : start + _PIECE], query, k)
        return selection.labels[start : start + _PIECE][at], distances

    def _nearest(self, labels: Labels, values: FloatArray, query: FloatArray, k: int) -> Near:
        rows, distances = nearest_in(values, query, self._state.metric, k)
        return labels[rows], distances

    def _named(self, near: Sequence[Near]) -> Found:
        """Hits by distance, ties by id, those that are live. Under the lock."""
        state = self._state
        found: Found = []
        for labels, distances in near:
            names = state.names.get(labels, state.ids)
            hits = zip(distances.tolist(), names, labels.tolist(), strict=True)
            found += [hit for hit in hits if hit[1] is not None]
        found.sort()
        return found

    def _scanned_apart(
        self, key: object, selection: Selection, query: FloatArray, k: int
    ) -> _Taken | None:
        """By measuring all, piece by piece; None where a commit upset it."""
        lock, count = self._state.lock, len(selection.labels)
        if selection.matrix is None and self._worth_gathering(selection):
            self._bring_together(key, selection)
        if selection.matrix is not None:
            near = [self._nearest(selection.labels, selection.matrix, query, k)]
        else:
            near, whole = [], True
            for start in range(0, count, _PIECE):
                with lock.reading():
                    rows = self._gatherer.rows(selection)
                    if rows is not None:
                        near.append(self._in_rows(selection, rows, start, query, k))
                        continue
                    labels, values = self._gathered(selection, start)
                whole = whole and len(labels) == min(_PIECE, count - start)
                near.append(self._nearest(labels, values, query, k))
            if not whole:
                return None
        with lock.reading():
            found = self._named(near)
        if len(found) < sum(len(labels) for labels, _ in near):
            return None
        return _Taken(found[:k], Strategy.SCAN, count)

    def _bring_together(self, key: object, selection: Selection) -> None:
        """Gather the vectors of a selection for good, unless a commit upsets it."""
        count = len(selection.labels)
        matrix = np.empty((count, self._state.dim), np.float32)
        for start in range(0, count, _PIECE):
            with self._state.lock.reading():
                labels, values = self._gathered(selection, start)
            if len(labels) < min(_PIECE, count - start):
                return
            matrix[start : start + _PIECE] = values
        selection.matrix = matrix
        self.cache.put(key, selection)
