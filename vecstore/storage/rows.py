"""Many rows at a time, given as tuples.

On SQLite they go to the driver as they are, by a statement that is compiled once for each table:
SQLAlchemy would make a dictionary of each row and go through all of its values, which takes several
times as long as the database does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

Row = tuple[Any, ...]
"""A value for every column of the table, in their order."""

_INSERTS: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def append(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows whose keys are new."""
    _send(connection, table, rows, replacing=False)


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert, or replace what has the same key."""
    _send(connection, table, rows, replacing=True)


def _send(connection: Connection, table: Table, rows: Sequence[Row], *, replacing: bool) -> None:
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_compiled(table, replacing), list(rows))
        return
    names = [column.name for column in table.columns]
    statement = _statement(connection.dialect.name, table, replacing=replacing)
    connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


@cache
def _compiled(table: Table, replacing: bool) -> str:
    """SQLite's statement for one row."""
    return str(_statement("sqlite", table, replacing=replacing).compile(dialect=_SQLITE))


def _statement(dialect: str, table: Table, *, replacing: bool) -> Any:
    if not replacing:
        return insert(table)
    statement = _INSERTS[dialect](table)
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


_SQLITE = SQLiteDialect_pysqlite()
