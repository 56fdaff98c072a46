"""All rows of a store, read as of one moment, and written into an empty database.

What is derived is left out: the full text is made anew. The store's own random id is made anew as
well, so that no index of the one store is taken for the other's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    Text,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.types import TypeEngine

from vecstore.errors import AlreadyExists, BackupDamaged, StorageError
from vecstore.storage import schema, tables
from vecstore.storage.catalog import read_collections
from vecstore.storage.faults import told
from vecstore.storage.releases import Release, release_of
from vecstore.storage.texts import begin_texts


class Kind(StrEnum):
    """What the values of a column are, on every database."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    BYTES = "bytes"


_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.INTEGER: BigInteger(),
    Kind.BOOLEAN: Boolean(),
    Kind.TEXT: Text(),
    Kind.BYTES: LargeBinary(),
}
_DERIVED = {tables.texts.name}
# Rows fetched at a time; few where one of them may have megabytes.
_AT_ONCE = {
    "entries": 4096,
    "vectors": 1024,
    "images": 2,
    "calibration_queries": 2,
    "transforms": 2,
    "bridges": 2,
}
_AT_ONCE_ELSEWHERE = 64


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table's name, and its columns: names and kinds."""

    name: str
    columns: tuple[tuple[str, Kind], ...]


def shapes() -> tuple[TableShape, ...]:
    """The tables that are not derived, those that others refer to first."""
    return tuple(
        TableShape(one.name, tuple((column.name, _kind(column.type)) for column in one.columns))
        for one in tables.metadata.sorted_tables
        if one.name not in _DERIVED
    )


@contextmanager
def one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that reads the database as it is now, whatever others write meanwhile."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with told("reading the database"), engine.connect() as connection:
        # The moment is that of the first read.
        connection.execute(select(tables.store_state.c.id)).all()
        yield connection


def rows(connection: Connection, shape: TableShape) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows of a table, some at a time."""
    options = {"yield_per": _AT_ONCE.get(shape.name, _AT_ONCE_ELSEWHERE)}
    found = connection.execute(
        select(tables.metadata.tables[shape.name]), execution_options=options
    )
    yield from found.partitions()


def releases(connection: Connection) -> list[Release]:
    """Every release on record."""
    found = connection.execute(select(tables.releases)).mappings()
    return [release_of(row) for row in found]


def count_records(connection: Connection) -> dict[str, int]:
    """How many records every collection has, by its name."""
    named, records = tables.collections, tables.records
    statement = (
        select(named.c.name, func.count(records.c.id))
        .join(records, records.c.collection_id == named.c.id, isouter=True)
        .group_by(named.c.name)
        .order_by(named.c.name)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def estimate_bytes(connection: Connection) -> int:
    """About how many bytes the rows have."""
    if connection.dialect.name == "postgresql":
        asked = "SELECT pg_database_size(current_database())"
    else:
        asked = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    return int(connection.execute(text(asked)).scalar_one())


def last_numbers(connection: Connection) -> dict[str, int]:
    """The highest number that every counted table ever gave, deleted rows included."""
    if connection.dialect.name == "sqlite":
        given = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        found = {row[0]: row[1] for row in given}
        return {one.name: found.get(one.name, 0) for one in _counted()}
    return {one.name: _last_of(connection, _sequence(connection, one)) for one in _counted()}


def _last_of(connection: Connection, sequence: str) -> int:
    asked = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"  # noqa: S608 - its name is the database's own
    return int(connection.execute(text(asked)).scalar_one())


def require_empty(database: Connection | Engine) -> None:
    """Raise AlreadyExists where a database holds anything."""
    with told("opening the database"):
        found = sorted(inspect(database).get_table_names())
    if found:
        url = database.engine.url.render_as_string()
        raise AlreadyExists(
            f"the database {url} holds tables already ({', '.join(found[:3])}); give an empty one",
            database=url,
        )


@contextmanager
def filling(engine: Engine, revision: str) -> Iterator[Connection]:
    """One transaction for the whole of a database: made at a version of the schema, then filled.

    Args:
        engine: of an empty database.
        revision: the version of the schema that the rows have.

    Raises:
        AlreadyExists: the database holds something.
    """
    with told("restoring"), schema.writing(engine).connect() as connection:
        if engine.dialect.name == "sqlite":
            # Into an empty file, this journal writes everything once; the other one twice.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        schema.lock_upgrades(connection)
        require_empty(connection)
        schema.migrate(connection, revision)
        yield connection
        connection.commit()


def columns_of(connection: Connection) -> dict[str, set[str]]:
    """The tables that a database has, and their columns, by name."""
    found = inspect(connection)
    return {
        name: {str(one["name"]) for one in found.get_columns(name)}
        for name in found.get_table_names()
    }


def insert_rows(connection: Connection, shape: TableShape, values: Sequence[Sequence[Any]]) -> None:
    """Write rows of a table as they were read.

    Raises:
        BackupDamaged: the database does not take them.
    """
    target = table(shape.name, *(column(name, _TYPES[kind]) for name, kind in shape.columns))
    names = [name for name, _ in shape.columns]
    try:
        connection.execute(insert(target), [dict(zip(names, row, strict=True)) for row in values])
    except (IntegrityError, DataError, OverflowError) as error:
        raise BackupDamaged(
            f"the backup's rows of the table {shape.name!r} contradict each other or its columns; "
            "it was not written by vecstore: take another one",
            table=shape.name,
        ) from error


def finish(connection: Connection, numbers: Mapping[str, int]) -> None:
    """Bring a filled database to the newest schema, and make what is derived.

    Args:
        connection: of :func:`filling`.
        numbers: what :func:`last_numbers` gave.

    Raises:
        BackupDamaged: it has no state, or several.
    """
    schema.migrate(connection)
    state = tables.store_state
    done = connection.execute(update(state).values(store_id=uuid.uuid4().hex))
    if done.rowcount != 1:
        raise BackupDamaged(
            f"the backup has {done.rowcount} rows of the store's state, and a store has one; it "
            "was not written by vecstore: take another one",
            table=state.name,
        )
    for one in _counted():
        _continue(connection, one, numbers.get(one.name, 0))
    for collection in read_collections(connection):
        begin_texts(connection, collection)


def _continue(connection: Connection, counted: Table, number: int) -> None:
    """Never give a number again that was given before."""
    highest = connection.execute(select(func.max(counted.c.id))).scalar() or 0
    last = {"name": counted.name, "last": max(highest, number)}
    if not last["last"]:
        return
    if connection.dialect.name == "postgresql":
        sequence = {"name": _sequence(connection, counted), "last": last["last"]}
        connection.execute(text("SELECT setval(CAST(:name AS regclass), :last)"), sequence)
        return
    for statement in (
        "DELETE FROM sqlite_sequence WHERE name = :name",
        "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)",
    ):
        connection.execute(text(statement), last)


def _counted() -> list[Table]:
    return [
        one
        for one in tables.metadata.sorted_tables
        if one.name not in _DERIVED and one.dialect_options["sqlite"]["autoincrement"]
    ]


def _sequence(connection: Connection, counted: Table) -> str:
    asked = text("SELECT pg_get_serial_sequence(:name, 'id')")
    found: str | None = connection.execute(asked, {"name": counted.name}).scalar()
    if found is None:
        raise StorageError(
            f"the table {counted.name!r} has no sequence for its ids; the database was not made "
            "by vecstore"
        )
    return found


def _kind(type_: object) -> Kind:
    if isinstance(type_, Boolean):
        return Kind.BOOLEAN
    if isinstance(type_, Integer):
        return Kind.INTEGER
    return Kind.BYTES if isinstance(type_, LargeBinary) else Kind.TEXT
