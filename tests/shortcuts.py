"""What every test would do alike, done once in a process: migrations, and the list of plugins."""

from __future__ import annotations

import functools
import sys
from importlib.metadata import EntryPoints, entry_points

import pytest
from sqlalchemy import Connection, create_engine

from vecstore import plugins
from vecstore.storage import schema

_migrate = schema.migrate


def take(patch: pytest.MonkeyPatch) -> None:
    """Take the short cuts until the patch is undone."""
    patch.setattr(schema, "migrate", _made)
    patch.setattr(plugins, "entry_points", _listed)


def leave(patch: pytest.MonkeyPatch) -> None:
    """Go the whole way, for tests of just that."""
    patch.setattr(schema, "migrate", _migrate)
    patch.setattr(plugins, "entry_points", entry_points)


def _made(connection: Connection, revision: str = "head") -> None:
    """The tables that the migrations make, without Alembic where SQLite's file is empty."""
    if connection.dialect.name == "sqlite" and revision == "head":
        held = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
        if not held:
            for statement in _statements():
                connection.exec_driver_sql(statement)
            return
    _migrate(connection, revision)


@functools.cache
def _statements() -> tuple[str, ...]:
    """What makes the newest schema, as SQLite itself tells it after the migrations."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _migrate(connection)
        read = connection.exec_driver_sql
        held = read("SELECT name, type, sql FROM sqlite_master ORDER BY rowid").all()
        tables = [one for one, kind, _ in held if kind == "table" and one != "sqlite_sequence"]
        filled = [one for one in tables if read(f'SELECT count(*) FROM "{one}"').scalar()]
    engine.dispose()
    # Rows that a migration made would be missing.
    assert filled == ["alembic_version"], filled
    made = (sql for name, _, sql in held if sql and name != "sqlite_sequence")
    return (*made, f"INSERT INTO alembic_version VALUES ('{schema.HEAD}')")


def _listed(*, group: str) -> EntryPoints:
    return _listed_on(group, tuple(sys.path))


@functools.cache
def _listed_on(group: str, _path: tuple[str, ...]) -> EntryPoints:
    return entry_points(group=group)
