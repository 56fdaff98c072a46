"""One vector field of an open collection: what may enter it, and what it answers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import VecstoreError
from vecstore.filters import Filter
from vecstore.index.searching import Found, Outdated
from vecstore.records import Hit, Hits, Input, Role, bare_hit
from vecstore.spaces import FloatArray, Metric, Space, Vector, admit
from vecstore.storage.catalog import CollectionRow, FieldRow

if TYPE_CHECKING:
    from vecstore.index.live import LiveIndex
    from vecstore.store import Store

_QUOTED = 60
_ATTEMPTS = 50
_OPTIMISTIC = 4


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How a search is to be answered; see :meth:`Collection.search`."""

    k: int
    filter: Filter | None = None
    include_payload: bool = True
    include_text: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A query as a vector of the field's space; ``itself`` is the record that it is taken from."""

    vector: Vector
    itself: str | None = None


class Field:
    """A vector field, bound to one live space.

    Args:
        store: the open store.
        collection: the collection that it belongs to.
        row: the field.
    """

    __slots__ = ("_accepted", "_store", "collection", "row")

    def __init__(self, store: Store, collection: CollectionRow, row: FieldRow) -> None:
        self._store = store
        self.collection = collection
        self.row = row
        self._accepted = row.space.complete

    @property
    def space(self) -> Space:
        """The live space."""
        return self.row.space

    @property
    def index(self) -> LiveIndex:
        """The open index."""
        return self._store.index(self.collection, self.row)

    def admit(self, vector: object, name: str) -> Vector:
        """A vector that may enter or question this field; see :func:`vecstore.spaces.admit`."""
        if not self._accepted:
            self._accepted = self._store.models.accepted(self.space)
        return admit(
            self.space, self.collection.metric, vector, accepted=self._accepted, field=name
        )

    def encode(self, inputs: Sequence[Input], role: Role) -> list[Vector]:
        """Admitted vectors of inputs, in their order."""
        if not inputs:
            return []
        transforms = self._store.transforms
        release = self._store.models.resolve(f"{self.space.model}@{self.space.version}")
        vectors = transforms.encode(release, transforms.of(self.space), inputs, role)
        for number, vector in enumerate(vectors):
            try:
                self.admit(vector, "vector")
            except VecstoreError as error:
                shown = str(inputs[number].data)[:_QUOTED]
                after = f" after {self.space.transform_name}" if self.space.transform else ""
                raise type(error)(
                    f"the encoder's vector for {shown!r}{after}: {error.message}", **error.details
                ) from error
        return vectors

    def answer(self, question: Question, options: SearchOptions) -> Hits:
        """The nearest records, exact where there is a filter."""
        if not (options.include_payload or options.include_text):
            return Hits(self._bare(self._nearest(question, options)), self.space)
        for attempt in range(_ATTEMPTS):
            found = self._nearest(question, options)
            hits = list(self._detailed(found, options))
            if len(hits) == len(found):
                break
            # A commit fell between index and database: the index follows in a moment.
            time.sleep(0.001 * attempt)
        return Hits(hits, self.space)

    def _nearest(self, question: Question, options: SearchOptions) -> Found:
        values, itself = question.vector.values, question.itself
        k = options.k if itself is None else options.k + 1
        if options.filter is None:
            found = self.index.search(values, k)
        else:
            found = self._filtered(values, k, options.filter)
        return found if itself is None else [hit for hit in found if hit[1] != itself][: options.k]

    def _filtered(self, values: FloatArray, k: int, filter_: Filter) -> Found:
        """Exact among the records that satisfy a filter, as of one moment.

        Database and index are read one after the other. Where a commit falls between, they are read
        again, and at last while the writer waits, so that nothing that satisfies it is missed.
        """

        def search() -> Found:
            labels = self._store.reader.labels(self.row, filter_, self.collection)
            allowed = np.array(labels, np.int64)
            return self.index.search(values, k, allowed=allowed, strict=True)

        for _ in range(_OPTIMISTIC):
            with contextlib.suppress(Outdated):
                return search()
        return self._store.owner.between_commits(search)

    def _bare(self, found: Found) -> list[Hit]:
        if self.collection.metric is Metric.L2:
            return [bare_hit(record, distance, -distance) for distance, record, _ in found]
        return [bare_hit(record, distance, 1.0 - distance) for distance, record, _ in found]

    def _detailed(self, found: Found, options: SearchOptions) -> Iterable[Hit]:
        ids = [record for _, record, _ in found]
        details = self._store.reader.details(self.collection, self.row, ids)
        for hit, (_, _, label) in zip(self._bare(found), found, strict=True):
            if label in details:
                payload, text = details[label]
                yield Hit(
                    hit.id,
                    hit.distance,
                    hit.score,
                    payload if options.include_payload else {},
                    text if options.include_text else None,
                )
