"""Declared indexes of payload keys on record, and what they are filled from."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, and_, delete, insert, select

from vecstore.errors import FailedPrecondition, NotFound
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import told
from vecstore.storage.scans import scanning

MAX_INDEXES = 64
"""Declared indexes of one collection."""

_PIECE = 2000  # records read at a time


def declared(engine: Engine, collection: int) -> tuple[PayloadIndex, ...]:
    """The indexes of a collection, named by its id; by key and type."""
    with told("reading the declared indexes"), engine.connect() as connection:
        return _declared(connection, collection)


def add_index(connection: Connection, collection: CollectionRow, index: PayloadIndex) -> bool:
    """Put an index on record, within the caller's transaction.

    Returns:
        False where it was declared before.

    Raises:
        FailedPrecondition: the collection has as many as it may have.
    """
    before = _declared(connection, collection.id)
    if index in before:
        return False
    if len(before) >= MAX_INDEXES:
        raise FailedPrecondition(
            f"the collection {collection.name!r} has {len(before)} indexes, and {MAX_INDEXES} are "
            "allowed; drop one that no filter needs",
            collection=collection.name,
        )
    row = {"collection_id": collection.id, "key": index.key, "type": str(index.type)}
    connection.execute(insert(tables.payload_indexes).values(row))
    return True


def drop_indexes(
    connection: Connection, collection: CollectionRow, key: str, type: IndexType | None
) -> list[PayloadIndex]:
    """Take the indexes of a key back, or the one of a type, within the caller's transaction.

    Returns:
        Those that were there.

    Raises:
        NotFound: there was none.
    """
    before = _declared(connection, collection.id)
    gone = [one for one in before if one.key == key and type in (None, one.type)]
    if not gone:
        of_type = "" if type is None else f" of type {type}"
        there = ", ".join(f"{one.key} ({one.type})" for one in before) or "none"
        raise NotFound(
            f"the collection {collection.name!r} has no index{of_type} on {key!r}; declared are: "
            f"{there}",
            collection=collection.name,
        )
    keys = tables.payload_indexes.c
    types = [str(one.type) for one in gone]
    connection.execute(
        delete(tables.payload_indexes).where(
            keys.collection_id == collection.id, keys.key == key, keys.type.in_(types)
        )
    )
    return gone


def label_payloads(
    engine: Engine, collection: CollectionRow, field: FieldRow
) -> Iterator[tuple[int, str]]:
    """Labels of one field with the payloads of their records, as JSON text; all of one moment."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    entries, records = tables.entries.c, tables.records
    own = and_(records.c.collection_id == collection.id, records.c.id == entries.record_id)
    statement = (
        select(entries.label, records.c.payload, entries.record_id)
        .join(records, own)
        .order_by(entries.record_id)
        .limit(_PIECE)
    )
    last = ""
    with scanning(engine, "reading payloads") as connection:
        while True:
            beyond = statement.where(entries.field_id == field.id, entries.record_id > last)
            piece = connection.execute(beyond).all()
            yield from ((label, payload) for label, payload, _ in piece)
            if len(piece) < _PIECE:
                return
            last = piece[-1][2]


def _declared(connection: Connection, collection: int) -> tuple[PayloadIndex, ...]:
    keys = tables.payload_indexes.c
    statement = (
        select(keys.key, keys.type)
        .where(keys.collection_id == collection)
        .order_by(keys.key, keys.type)
    )
    return tuple(PayloadIndex(key, IndexType(type)) for key, type in connection.execute(statement))
