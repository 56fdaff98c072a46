"""Whether the graph finds what it holds: every vector is searched for, by itself.

A graph search starts at one node and follows links, and a few nodes have none that lead to them.
Those go to the side list, which every search scans. Links change as a graph grows, so all are
checked again when it has grown by a quarter.

Under inner product a vector need not be its own nearest neighbour, so the question says nothing
there and is not asked; nor is it asked of a backend that is exact.
"""

from __future__ import annotations

import numpy as np

from vecstore.index.columns import Labels
from vecstore.index.graph import Graph
from vecstore.index.nodes import NONE
from vecstore.index.state import State
from vecstore.spaces import FloatArray, Metric
from vecstore.specs import NeighbourIndex

_GROWTH = 1.25
_STEP = 32
# Among that many neighbours a vector must find itself; near copies may come before it.
_WIDTHS = (10, 100)


class Checker:
    """Checks nodes, a few at a time. For the worker's thread alone.

    Args:
        state: the index.

    Attributes:
        checked: every key up to this one has been checked.
        checked_count: how many keys the index had when a check of all of them last began.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._applies = not state.spec.exact and state.metric is not Metric.IP
        self._pass: _Pass | None = None
        self.checked = NONE
        self.checked_count = 0

    def due(self) -> bool:
        """Whether there is anything to check."""
        newer = self._state.graph.applied > self.checked
        return self._applies and (self._pass is not None or newer)

    def restart(self) -> None:
        """The index was built anew: check everything."""
        self._pass = None
        self.checked, self.checked_count = NONE, 0

    def step(self) -> None:
        """Check some nodes."""
        if self._pass is None:
            self._pass = self._begin()
        going, graph = self._pass, self._state.graph
        keys = going.next()
        keys = keys[[graph.holds(key, self._state.present) for key in keys.tolist()]]
        lost = _unreachable(graph.index, keys)
        if len(lost):
            going.lost.extend(lost.tolist())
            self._add(graph, lost)
        if not going.rest():
            self._end(going)

    def _begin(self) -> _Pass:
        state = self._state
        count = len(state.graph.index)
        whole = count >= _GROWTH * self.checked_count
        with state.lock.reading():
            keys = state.graph.node_keys(state.present, NONE if whole else self.checked)
        return _Pass(keys, whole, state.graph.applied, count)

    def _end(self, done: _Pass) -> None:
        if done.whole:
            self.checked_count = done.count
            side = self._state.graph.side.only(np.array(done.lost, np.int64))
            with self._state.lock.writing():
                self._state.graph.side = side
        self.checked = done.until
        self._pass = None
        self._state.note_care()

    def _add(self, graph: Graph, keys: Labels) -> None:
        side = graph.side.plus(keys, graph.index.vectors(keys), outside=False)
        with self._state.lock.writing():
            graph.side = side


class _Pass:
    """One round over keys.

    Args:
        keys: to be checked.
        whole: whether these are all.
        until: the last label taken in when it began.
        count: keys of the index at that time.
    """

    def __init__(self, keys: Labels, whole: bool, until: int, count: int) -> None:
        self._keys = keys
        self._at = 0
        self.whole = whole
        self.until = until
        self.count = count
        self.lost: list[int] = []

    def next(self) -> Labels:
        keys = self._keys[self._at : self._at + _STEP]
        self._at += len(keys)
        return keys

    def rest(self) -> int:
        return len(self._keys) - self._at


def _unreachable(index: NeighbourIndex, keys: Labels) -> Labels:
    """Those of the keys that a search for their own vector does not return."""
    if not len(keys):
        return keys
    vectors = index.vectors(keys)
    lost = [not _found(index, key, vectors[row]) for row, key in enumerate(keys.tolist())]
    return keys[lost]


def _found(index: NeighbourIndex, key: int, vector: FloatArray) -> bool:
    return any(key in index.search(vector, width)[0] for width in _WIDTHS)
