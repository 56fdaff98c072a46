"""Exact search over chosen labels, wherever their vectors are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vecstore.errors import NotFound
from vecstore.index.columns import Labels, distinct
from vecstore.index.exact import Distances, measure
from vecstore.index.native import nearest_in
from vecstore.index.state import State
from vecstore.spaces import FloatArray
from vecstore.specs import NeighbourIndex

# Vectors read under one hold of the lock, where only a few of all are wanted. For many it is
# cheaper to let the backend copy them in one go.
_STEP = 256
_FEW = 8


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Labels with their distances, the nearest of each place, in no order.

    Args:
        labels: shape (n,).
        distances: shape (n,).
        count: how many labels were measured.
    """

    labels: Labels
    distances: Distances
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Vectors of some labels.

    Args:
        labels: shape (n,), ascending.
        rows: for each label the row of its vector.
        values: shape (m, dim), prepared.
    """

    labels: Labels
    rows: Labels
    values: FloatArray


class Scanner:
    """Reads and measures vectors of an index. Any number of threads at a time.

    Args:
        state: the index.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def scan(self, query: FloatArray, k: int, allowed: Labels | None) -> Candidates:
        """The ``k`` nearest of the live labels, or of those of them that are allowed."""
        found: list[tuple[Labels, Distances]] = []
        count = 0
        for part in self.parts(allowed):
            count += len(part.labels)
            rows, distances = nearest_in(part.values, query, self._state.metric, k)
            at = np.full(len(part.values), -1, np.int64)
            at[rows] = np.arange(len(rows))
            near = at[part.rows]
            kept = near >= 0
            found.append((part.labels[kept], distances[near[kept]]))
        if not found:
            return Candidates(np.empty(0, np.int64), np.empty(0), 0)
        labels, distances = (np.concatenate(column) for column in zip(*found, strict=True))
        return Candidates(labels, distances, count)

    def distances(self, query: FloatArray) -> tuple[Labels, Distances]:
        """Live labels, in no order, and the distance of each."""
        measured = [
            (part.labels, measure(part.values, query, self._state.metric)[part.rows])
            for part in self.parts(None)
        ]
        if not measured:
            return np.empty(0, np.int64), np.empty(0)
        labels, distances = zip(*measured, strict=True)
        return np.concatenate(labels), np.concatenate(distances)

    def labels(self) -> Labels:
        """Every live label, ascending."""
        with self._state.lock.reading():
            return self._live(None)

    def vectors(self, labels: Labels) -> FloatArray:
        """The prepared vectors of live labels, shape (n, dim), in their order.

        Raises:
            NotFound: a label is not live.
        """
        out = np.empty((len(labels), self._state.dim), np.float32)
        done = np.zeros(len(labels), np.bool_)
        order = np.argsort(labels, kind="stable")
        for part in self.parts(labels):
            at = order[np.searchsorted(labels, part.labels, sorter=order)]
            out[at] = part.values[part.rows]
            done[at] = True
        if not done.all():
            raise NotFound(f"the index has no label {int(labels[~done][0])}; it may have died")
        return out

    def parts(self, allowed: Labels | None) -> Iterator[Part]:
        """The vectors of live labels, as of one moment, piece by piece.

        The lock is held for short: what dies meanwhile is still delivered, for the caller to see.
        """
        state = self._state
        with state.lock.reading():
            labels = self._live(allowed)
            graph, pieces = state.graph, state.tail.view()
            index, side = graph.index, graph.side
            inside = labels[: np.searchsorted(labels, graph.applied, side="right")]
            nodes = graph.nodes.nodes_of(inside)
        waiting = labels[len(inside) :]
        for piece in pieces:
            rows = np.flatnonzero(np.isin(piece.labels, waiting))
            if len(rows):
                yield Part(piece.labels[rows], np.arange(len(rows)), piece.values[rows])
        beside = np.isin(nodes, list(side.outside))
        if beside.any():
            rows = np.searchsorted(side.keys, nodes[beside])
            yield Part(inside[beside], np.arange(len(rows)), side.values[rows])
        yield from self._of_graph(index, inside[~beside], nodes[~beside])

    def _of_graph(self, index: NeighbourIndex, labels: Labels, nodes: Labels) -> Iterator[Part]:
        step = _STEP if len(nodes) * _FEW < len(index) else max(1, len(nodes))
        for start in range(0, len(nodes), step):
            wanted, rows = np.unique(nodes[start : start + step], return_inverse=True)
            with self._state.lock.reading():
                values = index.vectors(wanted)
            yield Part(labels[start : start + step], rows, values)

    def _live(self, allowed: Labels | None) -> Labels:
        """Live labels, ascending, each once."""
        ids = self._state.ids
        if allowed is None:
            return np.sort(np.fromiter(ids.keys(), np.int64, len(ids)))
        chosen = [label for label in allowed.tolist() if label in ids]
        return distinct(np.array(chosen, np.int64))
