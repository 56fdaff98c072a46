"""Records written whole, inside the writer's transaction."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

from sqlalchemy import Connection

from vecstore.storage import tables
from vecstore.storage.beside import add_carried, follow_failures
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.conditions import ALWAYS, Condition, require_met
from vecstore.storage.left_out import forget_inputs
from vecstore.storage.rows import Row, append, put
from vecstore.storage.texts import follow_texts
from vecstore.storage.writes import (
    FieldChange,
    NewRecord,
    NewValue,
    Written,
    delete_entries,
    drop_labels,
    entries_of,
    reserve,
)


class KeptVectorGone(Exception):  # noqa: N818 - a signal between two steps of one upsert
    """A vector that was to be kept has changed meanwhile: encode, and write again."""


def upsert(
    connection: Connection,
    collection: CollectionRow,
    records: Sequence[NewRecord],
    condition: Condition = ALWAYS,
) -> Written:
    """Write records, in order, so that the last of equal ids stays. Each gets a new version.

    Returns:
        How many were given, and what changed.

    Raises:
        AlreadyExists, RecordNotFound, VersionConflict: the condition is not met.
        KeptVectorGone: see there.
    """
    require_met(connection, collection, [record.id for record in records], condition)
    last = list({record.id: record for record in records}.values())
    reserved = reserve(connection, len(last) * len(collection.all_fields), len(last))
    put(
        connection,
        tables.records,
        [
            (collection.id, record.id, record.payload, version)
            for version, record in enumerate(last, reserved.version + 1)
        ],
    )
    changes = {}
    for number, row in enumerate(collection.all_fields):
        label = reserved.label + number * len(last)
        changes[row.id] = _upsert_field(connection, row, last, label)
        if collection.generation:
            forget_inputs(connection, row, [record.id for record in last])
        if collection.beside:
            follow_failures(connection, row, last)
    texts = follow_texts(connection, collection, [record.id for record in last])
    return Written(len(records), (changes,), texts)


def _upsert_field(
    connection: Connection, row: FieldRow, records: Sequence[NewRecord], label: int
) -> FieldChange:
    """Write one field of all records; ``label`` is the one before the first that may be used."""
    present = entries_of(connection, row, [record.id for record in records])
    change = FieldChange()
    entries: list[Row] = []
    inputs: list[Row] = []
    for record in records:
        old = present.get(record.id)
        value = record.values.get(row.id)
        if value is not None and value.values is None and not value.failure:
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
        if value.carried:
            change.carried.append(label)
        entries.append((row.id, record.id, label, crc, value.digest))
        if value.keeps_input:
            inputs.append(_input(connection, label, value))
    drop_labels(connection, change.removed)
    gone = [r.id for r in records if r.id in present and not _has_values(r, row)]
    delete_entries(connection, row.id, gone)
    put(connection, tables.entries, entries)
    vectors = zip(change.labels, change.values, strict=True)
    append(connection, tables.vectors, [(n, v.tobytes()) for n, v in vectors])
    append(connection, tables.inputs, inputs)
    add_carried(connection, row, change.carried)
    return change


def _has_values(record: NewRecord, row: FieldRow) -> bool:
    value = record.values.get(row.id)
    return value is not None and not value.failure


def _input(connection: Connection, label: int, value: NewValue) -> Row:
    digest = None
    if value.image is not None:
        digest = hashlib.sha256(value.image).digest()
        put(connection, tables.images, [(digest, value.image)])
    return label, value.text, digest, value.categories
