"""Room in the database's files, given back to the disk after much was deleted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from vecstore.errors import StorageError
from vecstore.storage import tables
from vecstore.storage.faults import told

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

# Less of the file is left to what is written next.
_WORTH_IT = 0.05
# The database is written anew beside itself, and once more through its journal.
_COPIES = 2.2
# Milliseconds that those who read and write have to end what they are at.
_PATIENCE = 250

_EMPTIED = (tables.entries, tables.vectors, tables.inputs, tables.images, tables.carried)


def give_back(engine: Engine) -> None:
    """Give room that nothing uses any more back to the disk, where it is worth it.

    On SQLite nothing may write meanwhile, so this is for the writer's thread, between two commits;
    whoever reads goes on. On PostgreSQL room goes back from the ends of tables, and the rest is
    used again for what is written next; nobody waits.

    Raises:
        StorageError: there is no room to do it in, or the database refuses; nothing was changed.
    """
    with told("giving room back to the disk"):
        if engine.dialect.name == "sqlite":
            _rewrite(engine)
        else:
            outside = engine.execution_options(isolation_level="AUTOCOMMIT")
            with outside.connect() as connection:
                for table in _EMPTIED:
                    connection.exec_driver_sql(f"VACUUM {table.name}")


def _rewrite(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        pages, free, size = (
            int(cursor.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        if free < _WORTH_IT * pages:
            return
        _require_room(engine, int(_COPIES * (pages - free) * size))
        cursor.execute("VACUUM")
    finally:
        raw.close()


def journal_emptied(engine: Engine) -> bool:
    """Take SQLite's journal into its file, which is as small as it may be then.

    Whoever writes waits for a moment at most. False where somebody still reads what was before; try
    again later.
    """
    if engine.dialect.name != "sqlite":
        return True
    with told("giving room back to the disk"):
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA busy_timeout")
            patience = _first(cursor)
            cursor.execute(f"PRAGMA busy_timeout={_PATIENCE}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy = bool(_first(cursor))
            finally:
                cursor.execute(f"PRAGMA busy_timeout={patience}")
        finally:
            raw.close()
    return not busy


def _first(cursor: DBAPICursor) -> int:
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def _require_room(engine: Engine, needed: int) -> None:
    folder = Path(engine.url.database or "").parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"{needed:,} bytes are needed to make the database's file smaller, and the disk of "
            f"{folder} has {free:,}; what was let go is used for what is written next",
            folder=folder,
        )
