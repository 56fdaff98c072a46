"""Upserts and deletes, inside the writer's transaction."""

from __future__ import annotations

import hashlib
import zlib
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
from vecstore.storage.catalog import (
    CollectionRow,
    FieldRow,
    drop_collection,
    drop_unnamed_images,
)

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


class KeptVectorGone(Exception):  # noqa: N818 - a signal between two steps of one upsert
    """A vector that was to be kept has changed meanwhile: encode, and write again."""


def upsert(
    connection: Connection, collection: CollectionRow, records: Sequence[NewRecord]
) -> dict[int, FieldChange]:
    """Write records, in order, so that the last of equal ids stays.

    Returns:
        What changed, by field id.

    Raises:
        CollectionNotFound: the collection was deleted meanwhile.
        KeptVectorGone: see there.
    """
    require(connection, collection)
    last = list({record.id: record for record in records}.values())
    _put(
        connection,
        tables.records,
        [{"collection_id": collection.id, "id": r.id, "payload": r.payload} for r in last],
    )
    return {row.id: _upsert_field(connection, row, last) for row in collection.fields}


def _upsert_field(
    connection: Connection, row: FieldRow, records: Sequence[NewRecord]
) -> FieldChange:
    present = entries_of(connection, row, [record.id for record in records])
    change = FieldChange()
    entries: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []
    label = _reserve_labels(connection, len(records))
    for record in records:
        old = present.get(record.id)
        value = record.values.get(row.name)
        if value is not None and value.values is None:
            if old is None or old.digest != value.digest:
                raise KeptVectorGone
            change.payloads[old.label] = record.payload
            continue
        if old is not None:
            change.removed.append(old.label)
        if value is None or value.values is None:
            continue
        label += 1
        crc = zlib.crc32(value.values.data)
        change.labels.append(label)
        change.ids.append(record.id)
        change.crcs.append(crc)
        change.values.append(value.values)
        change.payloads[label] = record.payload
        entries.append(
            {
                "field_id": row.id,
                "record_id": record.id,
                "label": label,
                "crc": crc,
                "digest": value.digest,
            }
        )
        if value.keeps_input:
            inputs.append(_input(connection, label, value))
    _drop_labels(connection, change.removed)
    gone = [r.id for r in records if r.id in present and row.name not in r.values]
    _delete_entries(connection, row, gone)
    _put(connection, tables.entries, entries)
    vectors = zip(change.labels, change.values, strict=True)
    _insert(connection, tables.vectors, [{"label": n, "values": v.tobytes()} for n, v in vectors])
    _insert(connection, tables.inputs, inputs)
    return change


def delete_records(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> tuple[int, dict[int, FieldChange]]:
    """Delete records that are there.

    Returns:
        How many were there, and what changed by field id.

    Raises:
        CollectionNotFound: the collection was deleted meanwhile.
    """
    require(connection, collection)
    wanted = list(dict.fromkeys(ids))
    changes = {}
    for row in collection.fields:
        present = entries_of(connection, row, wanted)
        change = FieldChange(removed=[entry.label for entry in present.values()])
        _drop_labels(connection, change.removed)
        _delete_entries(connection, row, list(present))
        changes[row.id] = change
    keys = tables.records.c
    count = 0
    for chunk in chunks(wanted):
        count += connection.execute(
            delete(tables.records).where(keys.collection_id == collection.id, keys.id.in_(chunk))
        ).rowcount
    return count, changes


def delete_collection(connection: Connection, collection: CollectionRow) -> None:
    """Delete a collection and all that it holds.

    Raises:
        CollectionNotFound: it was deleted meanwhile.
    """
    require(connection, collection)
    drop_collection(connection, collection)


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
                keys.field_id == row.id, keys.record_id.in_(chunk)
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


def _reserve_labels(connection: Connection, count: int) -> int:
    """The label before the first of ``count`` new ones, taken for good within the transaction."""
    state = tables.store_state
    last: int = connection.execute(
        update(state).values(last_label=state.c.last_label + count).returning(state.c.last_label)
    ).scalar_one()
    return last - count


def _input(connection: Connection, label: int, value: NewValue) -> dict[str, Any]:
    digest = None
    if value.image is not None:
        digest = hashlib.sha256(value.image).digest()
        _put(connection, tables.images, [{"digest": digest, "data": value.image}])
    return {
        "label": label,
        "text": value.text,
        "image_digest": digest,
        "categories": value.categories,
    }


def _drop_labels(connection: Connection, labels: Sequence[int]) -> None:
    keys = tables.inputs.c
    for chunk in chunks(labels):
        named = select(keys.image_digest).where(
            keys.label.in_(chunk), keys.image_digest.is_not(None)
        )
        images = list(connection.execute(named.distinct()).scalars())
        for table in (tables.vectors, tables.inputs):
            connection.execute(delete(table).where(table.c.label.in_(chunk)))
        if images:
            drop_unnamed_images(connection, tables.images.c.digest.in_(images))


def _delete_entries(connection: Connection, row: FieldRow, ids: Sequence[str]) -> None:
    keys = tables.entries.c
    for chunk in chunks(ids):
        connection.execute(
            delete(tables.entries).where(keys.field_id == row.id, keys.record_id.in_(chunk))
        )


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
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
