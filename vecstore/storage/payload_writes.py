"""Payloads changed in place, inside the writer's transaction: labels and vectors stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from vecstore.filters import Filter
from vecstore.records import WriteMode
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.conditions import Condition, require_met
from vecstore.storage.lists import among
from vecstore.storage.spool import Spool
from vecstore.storage.texts import follow_texts, together
from vecstore.storage.where import where
from vecstore.storage.writes import Changes, FieldChange, Written, entries_of, reserve

# Records that are changed together, and the bytes that their payloads may take, about.
_TOGETHER = 500
_TOGETHER_BYTES = 8 * 1024 * 1024

# (record, its payload) -> the JSON text of the new one; what it raises ends the write.
Rewrite = Callable[[str, dict[str, Any]], str]


def rewrite_payloads(
    connection: Connection,
    collection: CollectionRow,
    ids: Sequence[str],
    rewrite: Rewrite,
    versions: Mapping[str, int],
) -> Written:
    """Change the payloads of records. Each gets a new version.

    Raises:
        RecordNotFound: some of the ids are not there.
        VersionConflict: a record has not the version that it must have.
    """
    require_met(connection, collection, ids, Condition(WriteMode.UPDATE, versions))
    return _rewritten(connection, collection, _named(connection, collection, ids), rewrite)


def rewrite_matching(
    connection: Connection, collection: CollectionRow, filter_: Filter, rewrite: Rewrite
) -> Written:
    """Change the payloads of all records that satisfy a filter when this begins."""
    return _rewritten(connection, collection, _matching(connection, collection, filter_), rewrite)


def _rewritten(
    connection: Connection,
    collection: CollectionRow,
    pieces: Iterator[Mapping[str, str]],
    rewrite: Rewrite,
) -> Written:
    spool, count, texts = Spool(), 0, None
    for piece in pieces:
        new = {record: rewrite(record, json.loads(text)) for record, text in piece.items()}
        spool.add(_write(connection, collection, new))
        texts = together(texts, follow_texts(connection, collection, list(new)))
        count += len(new)
    return Written(count, spool, texts)


def _write(
    connection: Connection, collection: CollectionRow, payloads: Mapping[str, str]
) -> Changes:
    table = tables.records
    version = reserve(connection, 0, len(payloads)).version
    connection.execute(
        update(table)
        .where(table.c.collection_id == collection.id, table.c.id == bindparam("record"))
        .values(payload=bindparam("new"), version=bindparam("number")),
        [
            {"record": record, "new": text, "number": number}
            for number, (record, text) in enumerate(payloads.items(), version + 1)
        ],
    )
    changes = {}
    for row in collection.all_fields:
        entries = entries_of(connection, row, list(payloads))
        stayed = {entry.label: payloads[record] for record, entry in entries.items()}
        changes[row.id] = FieldChange(payloads=stayed)
    return changes


def _named(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> Iterator[Mapping[str, str]]:
    """Payloads of records by id, piece by piece; all of the ids are there."""
    keys = tables.records.c
    wanted, size = list(dict.fromkeys(ids)), 1
    while wanted:
        part, wanted = wanted[:size], wanted[size:]
        statement = select(keys.id, keys.payload).where(
            keys.collection_id == collection.id, among(connection, keys.id, part)
        )
        piece = {row[0]: row[1] for row in connection.execute(statement)}
        yield {record: piece[record] for record in part}
        size = _next_size(size, piece)


def _matching(
    connection: Connection, collection: CollectionRow, filter_: Filter
) -> Iterator[Mapping[str, str]]:
    """Payloads of records that satisfy a filter, in the order of ids.

    A record that has been changed is passed already, so each is asked as it was at the start.
    """
    keys = tables.records.c
    statement = (
        select(keys.id, keys.payload)
        .where(
            keys.collection_id == collection.id,
            where(filter_, keys.payload, connection.dialect.name),
        )
        .order_by(keys.id)
    )
    last, size = "", 1
    while True:
        found = connection.execute(statement.where(keys.id > last).limit(size))
        piece = {row[0]: row[1] for row in found}
        if not piece:
            return
        yield piece
        last, size = next(reversed(piece)), _next_size(size, piece)


def _next_size(size: int, piece: Mapping[str, str]) -> int:
    """Records of the next piece: more than of this one, as long as they fit into the memory."""
    largest = max(map(len, piece.values()))
    return max(1, min(8 * size, _TOGETHER, _TOGETHER_BYTES // largest))
