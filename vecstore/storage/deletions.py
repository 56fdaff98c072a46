"""Deletes, inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, select

from vecstore.filters import Filter
from vecstore.storage import tables
from vecstore.storage.beside import forget_failures
from vecstore.storage.catalog import CollectionRow, read_collections
from vecstore.storage.conditions import ALWAYS, Condition, require_met
from vecstore.storage.dropping import drop_collection
from vecstore.storage.left_out import forget_inputs
from vecstore.storage.lists import among
from vecstore.storage.spool import Spool
from vecstore.storage.texts import follow_texts, together
from vecstore.storage.where import where
from vecstore.storage.writes import (
    FieldChange,
    Written,
    chunks,
    delete_entries,
    drop_labels,
    entries_of,
    require_present,
)

# Records that a delete by filter looks at together.
_TOGETHER = 2000


def delete_records(
    connection: Connection,
    collection: CollectionRow,
    ids: Sequence[str],
    condition: Condition = ALWAYS,
) -> Written:
    """Delete records that are there.

    Returns:
        How many were there, and what changed.

    Raises:
        VersionConflict: the condition is not met.
    """
    require_met(connection, collection, ids, condition)
    count, changes = _delete(connection, collection, list(dict.fromkeys(ids)))
    return Written(count, (changes,), follow_texts(connection, collection, ids))


def delete_matching(connection: Connection, collection: CollectionRow, filter_: Filter) -> Written:
    """Delete all records that satisfy a filter when this begins.

    Returns:
        How many they were, and what changed, in pieces that the memory can hold.
    """
    spool, total, texts = Spool(), 0, None
    for ids in _matching(connection, collection, filter_):
        count, changes = _delete(connection, collection, ids)
        spool.add(changes)
        texts = together(texts, follow_texts(connection, collection, ids))
        total += count
    return Written(total, spool, texts)


def delete_collection(connection: Connection, collection: CollectionRow) -> CollectionRow:
    """Delete a collection and all that it holds.

    Returns:
        What it was at last.

    Raises:
        CollectionNotFound: it was deleted meanwhile.
    """
    require_present(connection, collection)
    last = read_collections(connection, collection.name)[0]
    drop_collection(connection, last)
    return last


def _matching(
    connection: Connection, collection: CollectionRow, filter_: Filter
) -> Iterator[list[str]]:
    keys = tables.records.c
    statement = (
        select(keys.id)
        .where(
            keys.collection_id == collection.id,
            where(filter_, keys.payload, connection.dialect.name),
        )
        .order_by(keys.id)
        .limit(_TOGETHER)
    )
    last = ""
    while ids := list(connection.execute(statement.where(keys.id > last)).scalars()):
        yield ids
        last = ids[-1]


def _delete(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> tuple[int, dict[int, FieldChange]]:
    changes = {}
    for row in collection.all_fields:
        present = entries_of(connection, row, ids)
        change = FieldChange(removed=[entry.label for entry in present.values()])
        drop_labels(connection, change.removed)
        delete_entries(connection, row.id, list(present))
        if collection.generation:
            forget_inputs(connection, row, ids)
            # They outlast the other space, too.
            forget_failures(connection, row, ids)
        changes[row.id] = change
    keys = tables.records.c
    count = 0
    for chunk in chunks(ids):
        count += connection.execute(
            delete(tables.records).where(
                keys.collection_id == collection.id, among(connection, keys.id, chunk)
            )
        ).rowcount
    return count, changes
