"""The vectors that have left the tail: the backend's index, and what it must be told apart from.

Changed by one thread only, the index's worker, and under the exclusive lock wherever a reader could
see it; so the worker itself reads without a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.index import prepare
from vecstore.index.columns import Column, Labels, distinct
from vecstore.index.manifest import Progress
from vecstore.index.nodes import NONE, DigestIndex, Digests, Nodes, digests_of
from vecstore.index.side import Side
from vecstore.index.snapshot import ROW, Loaded, Table
from vecstore.index.tail import Piece
from vecstore.spaces import FloatArray
from vecstore.specs import NeighbourIndex

Present = Callable[[int], bool]
"""Whether a label is live."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What is to become of a piece of the tail.

    Args:
        piece: the rows.
        digests: of each row.
        new: rows that become nodes.
        shared: labels whose vector a node has already, and the node.
        outside: rows that no graph may hold.
    """

    piece: Piece
    digests: Digests
    new: list[int]
    shared: list[tuple[int, int]]
    outside: list[int]


class Graph:
    """Index, nodes and side list of one field.

    Args:
        index: the backend's, empty or loaded.
        dim: length of the vectors.

    Attributes:
        applied: the last label that was taken in; greater ones are in the tail.
        pending: nodes that died and are still in the index.
        removed: keys that the index was told to remove.
        generation: grows when another index takes the place of this one.
    """

    def __init__(self, index: NeighbourIndex, dim: int) -> None:
        self.index = index
        self.nodes = Nodes()
        self.digests = DigestIndex()
        self.side = Side.empty(dim)
        self.applied = NONE
        self.pending: set[int] = set()
        self.removed = 0
        self.generation = 0
        self._dim = dim
        self._labels = Column(np.int64)
        self._crcs = Column(np.uint32)

    @property
    def alive(self) -> int:
        """Keys that the index may return."""
        return len(self.index) - self.removed

    def plan(self, piece: Piece, present: Present) -> Batch:
        """Sort out a piece of the tail. Changes nothing, and needs no lock."""
        labels = piece.labels.tolist()
        digests = digests_of(piece.values)
        known = self.digests.find(digests)
        batch = Batch(piece, digests, [], [], [])
        fit = prepare.fit(piece.values).tolist()
        firsts: dict[int, int] = {}
        stored: dict[int, bytes] = {}
        for row, digest in enumerate(digests.tolist()):
            if not present(labels[row]):
                continue
            if not fit[row]:
                batch.outside.append(row)
                continue
            first = firsts.get(digest, NONE)
            if first != NONE and _same(piece.values[first], piece.values[row]):
                batch.shared.append((labels[row], labels[first]))
            elif self._holds(known[row], piece.values[row], present, stored):
                batch.shared.append((labels[row], known[row]))
            else:
                firsts[digest] = row
                batch.new.append(row)
        return batch

    def absorb(self, batch: Batch, present: Present) -> None:
        """Take in a planned piece. Under the exclusive lock."""
        piece = batch.piece
        keys = piece.labels[batch.new]
        self.index.add(keys, piece.values[batch.new])
        # A label may have died since the plan was made.
        self.pending.update(key for key in keys.tolist() if not present(key))
        for label, node in batch.shared:
            if present(label):
                self._attach(label, node, present)
        self._add_outside([row for row in batch.outside if present(int(piece.labels[row]))], piece)
        kept = np.fromiter(map(present, piece.labels.tolist()), np.bool_, len(piece.labels))
        self._labels.extend(piece.labels[kept])
        self._crcs.extend(piece.crcs[kept])
        self.applied = int(piece.labels[-1])

    def remember(self, batch: Batch) -> None:
        """Let later copies find what was absorbed. Needs no lock."""
        self.digests.put(batch.digests[batch.new], batch.piece.labels[batch.new])

    def release(self, label: int) -> None:
        """A label that was taken in has died. Under the exclusive lock, by any thread."""
        node = self.nodes.release(label)
        if node is not None:
            self.pending.add(node)

    def bury(self, limit: int) -> Labels:
        """Remove up to ``limit`` dead nodes from the index. Under the exclusive lock.

        Returns:
            Their keys.
        """
        dead = np.array(sorted(self.pending)[:limit], np.int64)
        held = np.array([key for key in dead.tolist() if key not in self.side.outside], np.int64)
        self.index.remove(held)
        self.removed += len(held)
        self.pending.difference_update(dead.tolist())
        if len(self.side):
            self.side = self.side.minus(dead)
        return held

    def holds(self, key: int, present: Present) -> bool:
        """Whether a node can still be read from the index."""
        return key in self.nodes.shared or present(key) or key in self.pending

    def node_keys(self, present: Present, after: int = NONE) -> Labels:
        """Keys beyond ``after`` of nodes in the index, ascending. Under a lock.

        Those that died and are not yet removed are among them: a copy may bring them back.
        """
        nodes = self.nodes.nodes_of(self._live(present, after)[0])
        dying = np.fromiter(self.pending, np.int64, len(self.pending))
        keys = distinct(np.concatenate([nodes, dying]))
        keys = keys[keys > after]
        if self.side.outside:
            keys = keys[~np.isin(keys, list(self.side.outside))]
        return keys

    def table(self, present: Present) -> Table:
        """What a snapshot says of every live label. Under a lock, and by the worker."""
        labels, crcs = self._live(present)
        nodes = self.nodes.nodes_of(labels)
        table: Table = np.empty(len(labels), ROW)
        table["label"], table["crc"] = labels, crcs
        table["digest"] = self.digests.of_keys(nodes)
        table["side"] = np.isin(nodes, self.side.keys)
        table["node"] = np.where(np.isin(nodes, list(self.side.outside)), NONE, nodes)
        return table

    def restore(self, loaded: Loaded, outside: FloatArray) -> None:
        """Begin with what a snapshot had.

        Args:
            loaded: the snapshot.
            outside: prepared vectors of the labels that the graph does not hold, in order.
        """
        table = loaded.table
        beside = table["node"] == NONE
        inside = table[~beside]
        self.index = loaded.index
        self.applied = loaded.progress.applied
        self._labels.extend(table["label"])
        self._crcs.extend(table["crc"])
        self.nodes.restore(inside["label"], inside["node"])
        known = inside[inside["digest"] != 0]
        self.digests.begin(known["digest"], known["node"])
        nodes = distinct(inside["node"])
        dead = np.setdiff1d(loaded.keys, nodes, assume_unique=True)
        self.index.remove(dead)
        self.removed = len(dead)
        sided = distinct(inside["node"][inside["side"]])
        if len(sided):
            self.side = self.side.plus(sided, self.index.vectors(sided), outside=False)
        if len(outside):
            self.side = self.side.plus(table["label"][beside], outside, outside=True)

    def swap(self, index: NeighbourIndex, removed: int) -> None:
        """Go on with a fresh index of the same nodes. Under the exclusive lock."""
        self.index = index
        self.generation += 1
        self.removed = removed

    def compact(self, present: Present) -> None:
        """Forget labels that died. By the worker, under a lock."""
        labels = self._labels.array.tolist()
        mask = np.fromiter(map(present, labels), np.bool_, len(labels))
        self._labels.keep(mask)
        self._crcs.keep(mask)
        self.digests.retain(distinct(self.nodes.nodes_of(self._labels.array)))

    def progress(self, checked: int, checked_count: int) -> Progress:
        """How far it has come."""
        return Progress(len(self.index), self.applied, checked, checked_count)

    def _live(self, present: Present, after: int = NONE) -> tuple[Labels, NDArray[np.uint32]]:
        start = int(np.searchsorted(self._labels.array, after, side="right"))
        labels, crcs = self._labels.array[start:], self._crcs.array[start:]
        mask = np.fromiter(map(present, labels.tolist()), np.bool_, len(labels))
        return labels[mask], crcs[mask]

    def _holds(
        self, key: int, vector: FloatArray, present: Present, stored: dict[int, bytes]
    ) -> bool:
        """Whether a live node has exactly these bytes."""
        if key == NONE or not self.holds(key, present):
            return False
        if key not in stored:
            stored[key] = self.index.vectors(np.array([key], np.int64)).tobytes()
        return stored[key] == vector.tobytes()

    def _attach(self, label: int, node: int, present: Present) -> None:
        if node in self.pending:
            self.pending.discard(node)
            self.nodes.attach(label, node, own_present=False)
        else:
            self.nodes.attach(label, node, own_present=present(node))

    def _add_outside(self, rows: list[int], piece: Piece) -> None:
        if rows:
            self.side = self.side.plus(piece.labels[rows], piece.values[rows], outside=True)


def _same(one: FloatArray, other: FloatArray) -> bool:
    return one.tobytes() == other.tobytes()
