"""Reading everything of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from vecstore.storage.faults import told


@contextmanager
def scanning(engine: Engine, doing: str) -> Iterator[Connection]:
    """A connection for a scan, which keeps no memory of it once that has come to its end.

    SQLite keeps many megabytes of pages for each connection, and nobody asks again for those that
    a scan leaves.

    Args:
        engine: the database.
        doing: for messages, see :func:`told`.
    """
    with told(doing), engine.connect() as connection:
        yield connection
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA shrink_memory")
