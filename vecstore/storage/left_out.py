"""Inputs of records that have no vector in a field, because they were left out of its space.

While the space is there in which they have one, the input is beside that. When that space is let
go, it stays as an entry without a vector, under the id of the field below 0: no index takes it in,
and whatever else is done with entries is done with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, delete, literal, select, update

from vecstore.storage import tables
from vecstore.storage.catalog import FieldRow
from vecstore.storage.kept_ids import both, kept_of
from vecstore.storage.writes import Entry, delete_entries, drop_labels, entries_under

# Beside an input without a vector nothing was brought, whatever its digest was before.
_NOTHING, _OF_AN_INPUT = literal(b""), literal(bytes(32))


def keep_inputs(connection: Connection, stays: FieldRow, goes: FieldRow) -> None:
    """Keep the inputs of records that are in the space that goes, and not in the one that stays.

    In the transaction that lets it go.
    """
    entries, present = tables.entries, tables.entries.alias("present")
    there = select(present.c.label).where(
        present.c.field_id.in_(both(stays)), present.c.record_id == entries.c.record_id
    )
    given = select(tables.inputs.c.label).where(tables.inputs.c.label == entries.c.label)
    chosen = and_(entries.c.field_id.in_(both(goes)), ~there.exists(), given.exists())
    digest = case((entries.c.digest == _NOTHING, _OF_AN_INPUT), else_=entries.c.digest)
    moved = update(entries).where(chosen).values(field_id=kept_of(stays), digest=digest)
    if not connection.execute(moved).rowcount:
        return
    kept = select(entries.c.label).where(entries.c.field_id == kept_of(stays))
    for table in (tables.vectors, tables.carried):
        connection.execute(delete(table).where(table.c.label.in_(kept)))


def forget_inputs(connection: Connection, row: FieldRow, ids: Sequence[str]) -> None:
    """Let go of inputs without a vector: their records are written anew, or deleted."""
    found = kept_entries(connection, row, ids)
    if found:
        drop_labels(connection, [entry.label for entry in found.values()])
        delete_entries(connection, kept_of(row), list(found))


def kept_entries(connection: Connection, row: FieldRow, ids: Sequence[str]) -> dict[str, Entry]:
    """The entries without a vector, for those of the ids that have one."""
    return entries_under(connection, kept_of(row), ids)
