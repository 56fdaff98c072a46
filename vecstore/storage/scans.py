"""Reading everything of a kind."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, CursorResult, Engine, select

from vecstore.storage import tables
from vecstore.storage.catalog import FieldRow
from vecstore.storage.faults import told

# Rows taken from the driver at a time.
_PIECE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class FieldRows:
    """Every live vector of a field without its values, by ascending label."""

    labels: NDArray[np.int64]
    ids: list[str]
    crcs: NDArray[np.uint32]


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


def field_rows(engine: Engine, row: FieldRow) -> FieldRows:
    """Every live vector of a field, without its values."""
    keys = tables.entries.c
    statement = (
        select(keys.label, keys.record_id, keys.crc)
        .where(keys.field_id == row.id)
        .order_by(keys.label)
    )
    with scanning(engine, "reading the entries of a field") as connection:
        return _columns(connection.execute(statement))


def _columns(result: CursorResult[Any]) -> FieldRows:
    """Rows of label, record id and crc as the driver gives them, turned into columns.

    A store's restart waits for this: rows of SQLAlchemy take twice as long, and so does the garbage
    collector, which goes through the new tuples again and again. Piece by piece, for tuples of all
    of them would leave their memory in tatters.
    """
    labels, ids, crcs = array("q"), list[str](), array("q")
    collecting = gc.isenabled()
    gc.disable()
    try:
        while result.cursor is not None and (piece := result.cursor.fetchmany(_PIECE)):
            some_labels, some_ids, some_crcs = zip(*piece, strict=True)
            labels.extend(some_labels)
            ids.extend(some_ids)
            crcs.extend(some_crcs)
    finally:
        if collecting:
            gc.enable()
    return FieldRows(np.array(labels, np.int64), ids, np.array(crcs, np.int64).astype(np.uint32))
