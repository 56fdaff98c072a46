"""What all writes share, inside the writer's transaction: values, labels, versions, rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from vecstore.errors import CollectionNotFound
from vecstore.spaces import FloatArray
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow, drop_unnamed_images
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
    """

    digest: bytes
    values: FloatArray | None
    text: str | None = None
    image: bytes | None = None
    categories: str | None = None

    @property
    def keeps_input(self) -> bool:
        """Whether there is an input to be kept."""
        return any(one is not None for one in (self.text, self.image, self.categories))


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One checked record: payload as JSON text, and a value for each field by name."""

    id: str
    payload: str
    values: Mapping[str, NewValue]


@dataclass(slots=True)
class FieldChange:
    """What a committed write did to one field: labels that died, vectors that are new.

    ``payloads`` has the payload, as JSON text, for every new label, and for every label that stayed
    while its record's payload was written.
    """

    removed: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    crcs: list[int] = field(default_factory=list)
    values: list[FloatArray] = field(default_factory=list)
    payloads: dict[int, str] = field(default_factory=dict)


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
    keys = tables.entries.c
    found = {}
    for chunk in chunks(ids):
        rows = connection.execute(
            select(keys.record_id, keys.label, keys.digest).where(
                keys.field_id == row.id, among(connection, keys.record_id, chunk)
            )
        )
        found.update({record: Entry(label, bytes(digest)) for record, label, digest in rows})
    return found


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Pieces that fit an IN list."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def require(connection: Connection, collection: CollectionRow) -> None:
    """Raise CollectionNotFound where a collection has been deleted meanwhile."""
    keys = tables.collections.c
    found = connection.execute(select(keys.id).where(keys.id == collection.id)).first()
    if found is None:
        raise CollectionNotFound(
            f"the collection {collection.name!r} has been deleted; create it again to write to it",
            collection=collection.name,
        )


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
        for table in (tables.vectors, tables.inputs):
            connection.execute(delete(table).where(among(connection, table.c.label, chunk)))
        if images:
            drop_unnamed_images(connection, tables.images.c.digest.in_(images))


def delete_entries(connection: Connection, row: FieldRow, ids: Sequence[str]) -> None:
    """Let records have no vector in one field."""
    keys = tables.entries.c
    for chunk in chunks(ids):
        connection.execute(
            delete(tables.entries).where(
                keys.field_id == row.id, among(connection, keys.record_id, chunk)
            )
        )


def append(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows whose keys are new."""
    if rows:
        connection.execute(insert(table), rows)


def put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert, or replace what has the same key."""
    if not rows:
        return
    dialects: dict[str, Callable[[Table], Any]] = {
        "sqlite": sqlite.insert,
        "postgresql": postgresql.insert,
    }
    statement = dialects[connection.dialect.name](table)
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=rest),
        rows,
    )


def stack(values: Iterable[FloatArray], dim: int) -> NDArray[np.float32]:
    """Vectors as one matrix, shape (n, dim), also where there are none."""
    rows = list(values)
    return np.stack(rows) if rows else np.empty((0, dim), np.float32)
