"""A fresh graph from the live vectors of one that has too many dead ones.

It grows beside the old one, which goes on serving, and going in its place at the end takes no time.
Keys ascend, so what the old one takes in meanwhile comes last.
"""

from __future__ import annotations

import numpy as np

from vecstore.index.columns import Labels
from vecstore.index.nodes import NONE
from vecstore.index.state import State

_DEAD_SHARE = 0.25
_FEWEST_DEAD = 256
# More than the old index takes in between two steps, so that the fresh one catches up.
_STEP = 512


class Rebuilder:
    """Rebuilds the index, some vectors at a time. For the worker's thread alone.

    Args:
        state: the index.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._fresh = state.graph.index
        self._going = False
        self._todo: Labels = np.empty(0, np.int64)
        self._until = NONE
        self._removed = 0

    def due(self) -> bool:
        """Whether a rebuild is going on, or called for."""
        removed = self._state.graph.removed
        many = removed >= max(_FEWEST_DEAD, _DEAD_SHARE * len(self._state.graph.index))
        return self._going or many

    def step(self) -> bool:
        """Copy some vectors; True when the fresh index is in place."""
        if not self._going:
            self._begin()
        self._copy()
        if len(self._todo):
            return False
        self._more()
        if len(self._todo) > _STEP:
            return False
        # In one go, for the old index takes in more between two steps.
        self._copy()
        self._finish()
        return True

    def buried(self, keys: Labels) -> None:
        """Nodes were removed from the index; those copied already must go again."""
        if self._going:
            copied = keys[keys <= self._until]
            self._fresh.remove(copied)
            self._removed += len(copied)

    def _begin(self) -> None:
        state = self._state
        self._fresh = state.spec.create(state.dim, state.metric, max(1, state.graph.alive))
        self._going, self._until, self._removed = True, NONE, 0
        self._more()

    def _more(self) -> None:
        with self._state.lock.reading():
            self._todo = self._state.graph.node_keys(self._state.present, self._until)

    def _copy(self) -> None:
        if not len(self._todo):
            return
        graph, present = self._state.graph, self._state.present
        keys, self._todo = self._todo[:_STEP], self._todo[_STEP:]
        self._until = int(keys[-1])
        keys = keys[[graph.holds(key, present) for key in keys.tolist()]]
        self._fresh.add(keys, graph.index.vectors(keys))

    def _finish(self) -> None:
        graph = self._state.graph
        with self._state.lock.writing():
            graph.swap(self._fresh, self._removed)
            graph.compact(self._state.present)
        self._state.note_care()
        self._going = False
