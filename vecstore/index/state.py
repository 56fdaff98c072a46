"""What searches read and the worker changes, under one lock."""

from __future__ import annotations

import time

from vecstore.index.graph import Graph
from vecstore.index.locks import ReadersWriterLock
from vecstore.index.names import Names
from vecstore.index.payloads.tables import PayloadTables
from vecstore.index.tail import Tail
from vecstore.spaces import Metric
from vecstore.specs import IndexSpec

_FIRST_CAPACITY = 1024


class State:
    """The parts of one open index.

    Args:
        spec: the backend.
        dim: length of the vectors.
        metric: how distance is measured.

    Attributes:
        lock: shared for searching, exclusive for changing any of the rest.
        ids: every live label, and its record's id. Nothing else makes a vector live.
        names: the same, for many labels at a time.
        tail, graph: where the vectors are.
        failure: what stopped the worker, if anything did.
        changes: labels that came or went since the last snapshot.
        turnover: the same since it was opened.
        payloads: declared payload keys, of exactly the live labels; None where there are none, or
            they have not been read yet.
        version: counts what was written: labels that came or went, payloads, other declared keys.
        written: when that last happened, on the monotonic clock.
    """

    def __init__(self, spec: IndexSpec, dim: int, metric: Metric) -> None:
        self.spec = spec
        self.dim = dim
        self.metric = metric
        self.lock = ReadersWriterLock()
        self.ids: dict[int, str] = {}
        self.names = Names()
        self.tail = Tail(dim)
        self.graph = Graph(spec.create(dim, metric, _FIRST_CAPACITY), dim)
        self.failure: BaseException | None = None
        self.payloads: PayloadTables | None = None
        self.version = 0
        self.changes = 0
        self.turnover = 0
        self.written = time.monotonic()

    def present(self, label: int) -> bool:
        """Whether a label is live."""
        return label in self.ids

    def note_care(self) -> None:
        """Note that there is something to save though no label came or went."""
        with self.lock.writing():
            self.changes += 1

    def touch(self, count: int) -> None:
        """Note that ``count`` labels came or went. Under the exclusive lock."""
        self.changes += count
        self.turnover += count
        self.written = time.monotonic()
