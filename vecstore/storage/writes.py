"""What all writes share, inside the writer's transaction: values, labels, versions, rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select, update

from vecstore.errors import CollectionNotFound, VecstoreError
from vecstore.spaces import FloatArray
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.dropping import drop_unnamed_images
from vecstore.storage.lists import among
from vecstore.storage.texts import TextChange

# Values of one IN list; below every driver's limit on bound parameters.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class NewValue:
    """What one record's field is to hold.

    Args:
        digest: sha256 of the input that was encoded; empty where the caller brought the vector.
        values: float32 (dim,); None to keep the vector that the field has, which must come from
            an input of this digest.
        text, image, categories: the input, where the collection keeps inputs; categories as JSON
            text.
        failure: why there are no values, in a space beside the live one: its encoder refused the
            input, which must not keep the record from being written.
        carried: whether the values were mapped from another space.
    """

    digest: bytes
    values: FloatArray | None
    text: str | None = None
    image: bytes | None = None
    categories: str | None = None
    failure: str = ""
    carried: bool = False

    @property
    def keeps_input(self) -> bool:
        """Whether there is an input to be kept."""
        # Asked of every record that is written.
        return not (self.text is None and self.image is None and self.categories is None)


def refused(digest: bytes, error: VecstoreError) -> NewValue:
    """What a field is to hold where its encoder refused the input of this digest."""
    reason = error.message or f"{type(error).__name__}, without a word"
    return NewValue(digest, None, failure=reason)


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One checked record: payload as JSON text, and a value for each field by its id."""

    id: str
    payload: str
    values: Mapping[int, NewValue]


@dataclass(slots=True)
class FieldChange:
    """What a committed write did to one field: labels that died, vectors that are new.

    ``payloads`` has the payload, as JSON text, for every new label, and for every label that stayed
    while its record's payload was written. ``carried`` names those of the new labels whose vectors
    were mapped from another space.
    """

    removed: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    crcs: list[int] = field(default_factory=list)
    values: list[FloatArray] = field(default_factory=list)
    payloads: dict[int, str] = field(default_factory=dict)
    carried: list[int] = field(default_factory=list)


Changes = Mapping[int, FieldChange]


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    Args:
        count: what its caller is told.
        changes: what the indexes must follow, by field id, piece after piece.
        texts: what changed of the full text, where there is one.
    """

    count: int
    changes: Iterable[Changes] = ()
    texts: TextChange | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A record's present vector in one field."""

    label: int
    digest: bytes


def entries_of(connection: Connection, row: FieldRow, ids: Sequence[str]) -> dict[str, Entry]:
    """The entries of one field for those of the ids that have one."""
    return entries_under(connection, row.id, ids)


def entries_under(connection: Connection, field_id: int, ids: Sequence[str]) -> dict[str, Entry]:
    """The same under the id of a field, which may be below 0."""
    keys = tables.entries.c
    found = {}
    for chunk in chunks(ids):
        rows = connection.execute(
            select(keys.record_id, keys.label, keys.digest).where(
                keys.field_id == field_id, among(connection, keys.record_id, chunk)
            )
        )
        found.update({record: Entry(label, bytes(digest)) for record, label, digest in rows})
    return found


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Pieces that fit an IN list."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


class CollectionChanged(Exception):  # noqa: N818 - a signal between a call and its repetition
    """The collection's fields are other ones by now: read its row, and do the call again."""


def require(connection: Connection, collection: CollectionRow) -> None:
    """Check that a collection is what its row says.

    Raises:
        CollectionNotFound: it has been deleted meanwhile.
        CollectionChanged: see there.
    """
    if require_present(connection, collection) != collection.generation:
        raise CollectionChanged


def require_present(connection: Connection, collection: CollectionRow) -> int:
    """The generation of a collection's fields.

    Raises:
        CollectionNotFound: it has been deleted meanwhile.
    """
    keys = tables.collections.c
    statement = select(keys.generation).where(keys.id == collection.id)
    found: int | None = connection.execute(statement).scalar()
    if found is None:
        raise CollectionNotFound(
            f"the collection {collection.name!r} has been deleted; create it again to write to it",
            collection=collection.name,
        )
    return found


@dataclass(frozen=True, slots=True)
class Reserved:
    """The numbers before the first of those that were taken for good."""

    label: int
    version: int


def reserve(connection: Connection, labels: int, versions: int) -> Reserved:
    """Take labels and versions of the store, for good with the transaction."""
    state = tables.store_state
    last = connection.execute(
        update(state)
        .values(
            last_label=state.c.last_label + labels,
            last_version=state.c.last_version + versions,
        )
        .returning(state.c.last_label, state.c.last_version)
    ).one()
    return Reserved(last.last_label - labels, last.last_version - versions)


def drop_labels(connection: Connection, labels: Sequence[int]) -> None:
    """Delete vectors and inputs, and the images that nothing names any more."""
    keys = tables.inputs.c
    for chunk in chunks(labels):
        named = select(keys.image_digest).where(
            among(connection, keys.label, chunk), keys.image_digest.is_not(None)
        )
        images = list(connection.execute(named.distinct()).scalars())
        for table in (tables.vectors, tables.inputs, tables.carried):
            connection.execute(delete(table).where(among(connection, table.c.label, chunk)))
        if images:
            drop_unnamed_images(connection, tables.images.c.digest.in_(images))


def delete_entries(connection: Connection, field_id: int, ids: Sequence[str]) -> None:
    """Let records have no vector in one field, which may be gone itself."""
    keys = tables.entries.c
    for chunk in chunks(ids):
        connection.execute(
            delete(tables.entries).where(
                keys.field_id == field_id, among(connection, keys.record_id, chunk)
            )
        )


def stack(values: Iterable[FloatArray], dim: int) -> NDArray[np.float32]:
    """Vectors as one matrix, shape (n, dim), also where there are none."""
    rows = list(values)
    return np.stack(rows) if rows else np.empty((0, dim), np.float32)
