"""Records written whole, inside the writer's transaction."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.conditions import ALWAYS, Condition, require_met
from vecstore.storage.texts import follow_texts
from vecstore.storage.writes import (
    FieldChange,
    NewRecord,
    NewValue,
    Written,
    append,
    delete_entries,
    drop_labels,
    entries_of,
    put,
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
    reserved = reserve(connection, len(last) * len(collection.fields), len(last))
    put(
        connection,
        tables.records,
        [
            {
                "collection_id": collection.id,
                "id": record.id,
                "payload": record.payload,
                "version": version,
            }
            for version, record in enumerate(last, reserved.version + 1)
        ],
    )
    changes = {}
    for number, row in enumerate(collection.fields):
        label = reserved.label + number * len(last)
        changes[row.id] = _upsert_field(connection, row, last, label)
    texts = follow_texts(connection, collection, [record.id for record in last])
    return Written(len(records), (changes,), texts)


def _upsert_field(
    connection: Connection, row: FieldRow, records: Sequence[NewRecord], label: int
) -> FieldChange:
    """Write one field of all records; ``label`` is the one before the first that may be used."""
    present = entries_of(connection, row, [record.id for record in records])
    change = FieldChange()
    entries: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []
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
    drop_labels(connection, change.removed)
    gone = [r.id for r in records if r.id in present and row.name not in r.values]
    delete_entries(connection, row, gone)
    put(connection, tables.entries, entries)
    vectors = zip(change.labels, change.values, strict=True)
    append(connection, tables.vectors, [{"label": n, "values": v.tobytes()} for n, v in vectors])
    append(connection, tables.inputs, inputs)
    return change


def _input(connection: Connection, label: int, value: NewValue) -> dict[str, Any]:
    digest = None
    if value.image is not None:
        digest = hashlib.sha256(value.image).digest()
        put(connection, tables.images, [{"digest": digest, "data": value.image}])
    return {
        "label": label,
        "text": value.text,
        "image_digest": digest,
        "categories": value.categories,
    }
