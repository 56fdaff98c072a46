"""Searches that differ in their numbers alone from one that was answered before.

Clients ask the same collection, of the same space, for as many hits again and again. In the bytes
of such a request only the packed vector differs, and it is as long as before. So all else has been
parsed and checked already, its space above all, and need not be once more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vecstore.fields import Field
from vecstore.spaces import Metric
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.quick_hits import hits_to_bytes, rest_to_bytes, space_to_bytes

if TYPE_CHECKING:
    from vecstore.store import Store

PLAIN = frozenset({"k", "field", "omit_payload", "omit_text"})
# Requests of so many lengths are remembered, and of each length so many.
_LENGTHS, _EACH = 64, 4
_MOST_BYTES = 1024
# Squared lengths between these belong to vectors that no check refuses.
_LEAST, _MOST = 1e-30, 1e30


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What is the same in every request of a kind, and what is known of it.

    Args:
        before, after: the bytes around the packed vector.
        name: of the collection, or an alias.
        collection, row: what that stood for.
        field: the same, to be asked.
        k: hits wanted.
        space: the bytes of the answer's space.
    """

    before: bytes
    after: bytes
    name: str
    collection: CollectionRow
    row: FieldRow
    field: Field
    k: int
    space: bytes


class Shapes:
    """The kinds of requests that were answered lately. Used by one thread.

    Args:
        store: the open store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, deque[Shape]] = {}

    def find(self, raw: bytes) -> Shape | None:
        """The kind that a request is of, if it is known."""
        for shape in self._known.get(len(raw), ()):
            if raw.startswith(shape.before) and raw.endswith(shape.after):
                return shape
        return None

    def learn(self, raw: bytes, request: pb.SearchRequest, k: int, field: str) -> None:
        """Remember the kind of a request that was answered, if it can be recognised.

        Args:
            raw, request: the request, and the same parsed.
            k, field: what it says of them, or what holds where it says nothing.
        """
        packed = request.query.vector.packed
        start = raw.find(packed)
        # Bytes that stand there twice might be the vector's here, and something else's there.
        if not packed or raw.find(packed, start + 1) >= 0 or len(raw) - len(packed) > _MOST_BYTES:
            return
        if not PLAIN.issuperset(given.name for given, _ in request.options.ListFields()):
            return
        collection = self._store.names.known(request.collection)
        row = None if collection is None else collection.field(field)
        if collection is None or row is None or row.id not in self._store.owner.indexes:
            return
        if not row.space.complete:  # an operator must have accepted it, which is asked each time
            return
        shape = Shape(
            raw[:start],
            raw[start + len(packed) :],
            request.collection,
            collection,
            row,
            Field(self._store, collection, row),
            k,
            space_to_bytes(row.space),
        )
        while len(self._known) >= _LENGTHS and len(raw) not in self._known:
            del self._known[next(iter(self._known))]
        self._known.setdefault(len(raw), deque(maxlen=_EACH)).appendleft(shape)

    def answer(self, shape: Shape, raw: bytes) -> bytes | None:
        """The answer to a request of a known kind; None where it needs a closer look.

        Raises:
            VecstoreError: as :meth:`vecstore.collection.Collection.search`.
        """
        store = self._store
        index = store.owner.indexes.get(shape.row.id)
        # A name may stand for another collection by now, or for none.
        if index is None or store.names.known(shape.name) is not shape.collection:
            return None
        if shape.field.carried:  # hits say so of each
            return None
        values = np.frombuffer(raw[len(shape.before) : len(raw) - len(shape.after)], "<f4")
        with np.errstate(over="ignore", invalid="ignore"):
            square = float(values.dot(values))
        if not _LEAST < square < _MOST:  # nothing but zeros, or not finite
            return None
        found = index.search(values, shape.k)
        if shape.field.carried:  # the first one was written meanwhile
            return None
        strange = None
        if found and store.familiarity.on:
            familiarity = store.familiarity.of(shape.collection, shape.row, index)
            strange = familiarity.judged(found[0][0], values)
        hits = hits_to_bytes(found, squared=shape.collection.metric is Metric.L2)
        return hits + shape.space + rest_to_bytes(strange, shape.field.evaluated())
