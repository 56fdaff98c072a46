"""Batches of which each record stands or falls for itself, inside the writer's transaction."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, insert, select

from vecstore.records import WriteMode
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.conditions import versions_of
from vecstore.storage.idempotency import Once
from vecstore.storage.upserts import upsert
from vecstore.storage.writes import NewRecord, Written

# Between a batch's key and a number of a record; the next character ends the numbers.
_MARK, _NEXT = "\n", "\v"


def ingest(
    connection: Connection,
    collection: CollectionRow,
    records: Mapping[int, NewRecord],
    mode: WriteMode,
) -> tuple[Written, list[int]]:
    """Write the records that the mode lets in, in order.

    Args:
        connection: of the transaction.
        collection: where they go.
        records: by their numbers in the batch.
        mode: what is expected of their ids.

    Returns:
        What was written, and the numbers of the others.

    Raises:
        KeptVectorGone: see :func:`vecstore.storage.upserts.upsert`.
    """
    ids = {number: record.id for number, record in records.items()}
    there: Collection[str] = ()
    if mode is not WriteMode.UPSERT:
        there = versions_of(connection, collection, list(ids.values()))
    out = _misfits(ids, mode, there)
    left = set(out)
    taken = [record for number, record in records.items() if number not in left]
    return upsert(connection, collection, taken) if taken else Written(0), out


def _misfits(ids: Mapping[int, str], mode: WriteMode, there: Collection[str]) -> list[int]:
    """The numbers of the ids that a mode does not let in; of equal new ones the first is let in."""
    if mode is WriteMode.UPSERT:
        return []
    if mode is WriteMode.UPDATE:
        return [number for number, one in ids.items() if one not in there]
    known, out = set(there), []
    for number, one in ids.items():
        if one in known:
            out.append(number)
        known.add(one)
    return out


def remember_refused(
    connection: Connection, collection: CollectionRow, once: Once, numbers: Collection[int]
) -> None:
    """Put on record which records of a batch were refused, so that it can be answered again."""
    rows = [
        {
            "collection_id": collection.id,
            "key": f"{once.key}{_MARK}{number}",
            "digest": once.digest,
            "count": number,
            "created_at": int(time.time()),
        }
        for number in sorted(numbers)
    ]
    if rows:
        connection.execute(insert(tables.idempotency_keys), rows)


def refused_before(connection: Connection, collection: CollectionRow, once: Once) -> list[int]:
    """The numbers that :func:`remember_refused` put on record."""
    keys = tables.idempotency_keys.c
    statement = select(keys.count).where(
        keys.collection_id == collection.id,
        keys.digest == once.digest,
        keys.key > f"{once.key}{_MARK}",
        keys.key < f"{once.key}{_NEXT}",
    )
    return sorted(connection.execute(statement).scalars())
