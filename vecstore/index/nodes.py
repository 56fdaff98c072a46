"""Which labels stand behind which node of the graph.

Vectors of equal bytes share one node: copies crowd out each other's links in a graph, and hide
their neighbours. A node's key is the first label that had its bytes, so nearly every label is its
own node, and only the exceptions are written down.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels
from vecstore.spaces import FloatArray

Digests = NDArray[np.uint64]

NONE = -1
_FEWEST_RECENT = 4096


def digests_of(values: FloatArray) -> Digests:
    """A 64-bit digest of each row's bytes; shape (n,)."""
    joined = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in values)
    return np.frombuffer(joined, "<u8").astype(np.uint64)


class DigestIndex:
    """Digests to node keys, in 16 bytes each. Where two nodes collide, the later one stays."""

    def __init__(self) -> None:
        self._digests: Digests = np.empty(0, np.uint64)
        self._keys: Labels = np.empty(0, np.int64)
        self._recent: dict[int, int] = {}
        self._sorted = True

    def begin(self, digests: Digests, keys: Labels) -> None:
        """Set out with nodes, some perhaps more than once. They are sorted when first asked for."""
        self._digests, self._keys, self._sorted = digests.copy(), keys.copy(), False

    def find(self, digests: Digests) -> list[int]:
        """The key for each digest, or NONE."""
        if not self._sorted:
            self._merge()
        found = np.full(len(digests), NONE, np.int64)
        if len(self._digests):
            at = np.minimum(np.searchsorted(self._digests, digests), len(self._digests) - 1)
            np.copyto(found, self._keys[at], where=self._digests[at] == digests)
        recent = self._recent.get
        pairs = zip(digests.tolist(), found.tolist(), strict=True)
        return [recent(digest, key) for digest, key in pairs]

    def put(self, digests: Digests, keys: Labels) -> None:
        """Remember nodes."""
        self._recent.update(zip(digests.tolist(), keys.tolist(), strict=True))
        if len(self._recent) > max(_FEWEST_RECENT, len(self._keys) // 8):
            self._merge()

    def of_keys(self, keys: Labels) -> Digests:
        """The digest of each node; 0 where it has been forgotten."""
        self._merge()
        if not len(self._keys):
            return np.zeros(len(keys), np.uint64)
        order = np.argsort(self._keys, kind="stable")
        held = self._keys[order]
        at = np.minimum(np.searchsorted(held, keys), len(held) - 1)
        return np.where(held[at] == keys, self._digests[order[at]], np.uint64(0))

    def retain(self, keys: Labels) -> None:
        """Forget every node but these."""
        self._merge()
        kept = np.isin(self._keys, keys)
        self._digests, self._keys = self._digests[kept], self._keys[kept]

    def _merge(self) -> None:
        if not self._recent and self._sorted:
            return
        count = len(self._recent)
        digests = np.concatenate(
            [self._digests, np.fromiter(self._recent.keys(), np.uint64, count)]
        )
        keys = np.concatenate([self._keys, np.fromiter(self._recent.values(), np.int64, count)])
        order = np.argsort(digests, kind="stable")
        digests, keys = digests[order], keys[order]
        last = np.append(digests[1:] != digests[:-1], True)[: len(digests)]
        self._digests, self._keys = digests[last], keys[last]
        self._recent, self._sorted = {}, True


class Nodes:
    """Labels and their nodes; changed under the index's exclusive lock only.

    Attributes:
        shared: for nodes that stand for anything but the one label of their own name: the labels.
            Readers expand a node by ``shared.get(key)``, and take the key itself where it is None.
    """

    def __init__(self) -> None:
        self.shared: dict[int, set[int]] = {}
        self._node_of: dict[int, int] = {}

    def node(self, label: int) -> int:
        """The node behind a label."""
        return self._node_of.get(label, label)

    def attach(self, label: int, node: int, own_present: bool) -> None:
        """Put a label behind a node that exists.

        Args:
            label: not behind any node yet.
            node: its bytes are the label's.
            own_present: whether the label of the node's name is still behind it.
        """
        group = self.shared.setdefault(node, {node} if own_present else set())
        group.add(label)
        self._node_of[label] = node

    def release(self, label: int) -> int | None:
        """Take a label that died from its node; the node's key where it was the last."""
        node = self._node_of.pop(label, label)
        group = self.shared.get(node)
        if group is None:
            return node
        group.discard(label)
        if not group:
            del self.shared[node]
            return node
        if group == {node}:
            del self.shared[node]
        return None

    def nodes_of(self, labels: Labels) -> Labels:
        """The node of each label; ``labels`` ascending."""
        nodes = labels.copy()
        if self._node_of:
            count = len(self._node_of)
            exceptions = np.fromiter(self._node_of.keys(), np.int64, count)
            targets = np.fromiter(self._node_of.values(), np.int64, count)
            at = np.searchsorted(labels, exceptions)
            inside = at < len(labels)
            inside[inside] = labels[at[inside]] == exceptions[inside]
            nodes[at[inside]] = targets[inside]
        return nodes

    def restore(self, labels: Labels, nodes: Labels) -> None:
        """Take in pairs that :meth:`nodes_of` gave, into an empty map."""
        exceptions = labels != nodes
        if not exceptions.any():
            return
        present = set(labels[~exceptions].tolist())
        for label, node in zip(
            labels[exceptions].tolist(), nodes[exceptions].tolist(), strict=True
        ):
            self.attach(label, node, node in present)
