"""Vectors of chosen labels, wherever they stand, brought together under the readers' lock."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels
from vecstore.index.exact import Distances, Positions, nearest
from vecstore.index.hnsw import HnswIndex
from vecstore.index.places import Places32
from vecstore.index.selections import Selection
from vecstore.index.state import State
from vecstore.spaces import FloatArray
from vecstore.specs import NeighbourIndex, RowIndex


class Gatherer:
    """Reads vectors of one index. Every method is called under the lock.

    Args:
        state: the index.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def rows(self, selection: Selection) -> Places32 | None:
        """Rows of a selection in the graph; None where some of its vectors stand elsewhere."""
        graph = self._state.graph
        rows = selection.rows_in(graph.generation)
        if rows is not None:
            return rows
        rows = _rows(graph.index, selection.labels)
        if rows is None or _missing(rows):
            return None
        selection.keep_rows(graph.generation, rows)
        return rows

    def at(self, rows: Places32) -> FloatArray:
        """The vectors in rows that :meth:`rows` told."""
        return _at(self._state.graph.index, rows)

    def nearest(self, rows: Places32, query: FloatArray, k: int) -> tuple[Positions, Distances]:
        """The nearest in rows that :meth:`rows` told; see :func:`~vecstore.index.exact.nearest`."""
        state = self._state
        index = state.graph.index
        if isinstance(index, HnswIndex):
            found = index.nearest_at(rows, query, k)
            if found is not None:
                return found
        return nearest(_at(index, rows), query, state.metric, k)

    def vectors(self, labels: Labels) -> tuple[Labels, FloatArray]:
        """Vectors of labels, and the labels again, less those that have died and are gone."""
        graph = self._state.graph
        nodes = labels
        rows = _rows(graph.index, labels)
        if rows is None or _missing(rows):
            nodes = self._nodes(labels, rows)
            rows = _rows(graph.index, nodes)
        if rows is not None and not _missing(rows):
            return labels, _at(graph.index, rows)
        return self._collected(labels, nodes, rows)

    def _nodes(self, labels: Labels, rows: Places32 | None) -> Labels:
        """The node of each label: nearly always the label itself."""
        node = self._state.graph.nodes.node
        doubtful = np.arange(len(labels)) if rows is None else np.flatnonzero(rows < 0)
        nodes = labels.copy()
        nodes[doubtful] = [node(label) for label in labels[doubtful].tolist()]
        return nodes

    def _collected(
        self, labels: Labels, nodes: Labels, rows: Places32 | None
    ) -> tuple[Labels, FloatArray]:
        state = self._state
        values = np.empty((len(labels), state.dim), np.float32)
        done = np.zeros(len(labels), np.bool_)
        for piece in state.tail.view():
            at, found = _positions(piece.labels, labels)
            values[found] = piece.values[at[found]]
            done |= found
        side = state.graph.side
        if side.outside:
            at, found = _positions(side.keys, nodes)
            found &= ~done
            values[found] = side.values[at[found]]
            done |= found
        left = np.flatnonzero(~done)
        if rows is not None:
            left = left[rows[left] >= 0]
            values[left] = _at(state.graph.index, rows[left])
        elif len(left):
            graph = state.graph
            held = [
                n <= graph.applied and graph.holds(n, state.present) for n in nodes[left].tolist()
            ]
            left = left[held]
            values[left] = state.graph.index.vectors(nodes[left])
        done[left] = True
        return (labels, values) if done.all() else (labels[done], values[done])


class Placed(NamedTuple):
    """Where labels stand in a list, and which of them do."""

    at: NDArray[np.intp]
    found: NDArray[np.bool_]


def _positions(held: Labels, labels: Labels) -> Placed:
    at = np.searchsorted(held, labels)
    found = at < len(held)
    found[found] = held[at[found]] == labels[found]
    return Placed(at, found)


def _missing(rows: Places32) -> bool:
    # Of a few hundred numbers NumPy finds the place of the least much sooner than the least.
    return bool(len(rows)) and int(rows[rows.argmin()]) < 0


def _rows(index: NeighbourIndex, keys: Labels) -> Places32 | None:
    return index.rows(keys) if _by_row(type(index)) else None  # type: ignore[attr-defined]


def _at(index: NeighbourIndex, rows: Places32) -> FloatArray:
    values: FloatArray = index.at(rows)  # type: ignore[attr-defined]
    return values


@functools.cache
def _by_row(backend: type[NeighbourIndex]) -> bool:
    """Whether the indexes of a backend show rows; asking a protocol takes long."""
    return issubclass(backend, RowIndex)
