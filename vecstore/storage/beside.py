"""What is kept of spaces beside the live one: why records are not there, and what was mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, delete, select

from vecstore.storage import tables
from vecstore.storage.catalog import FieldRow
from vecstore.storage.lists import among
from vecstore.storage.rows import append, put
from vecstore.storage.writes import NewRecord, chunks

# Characters of a reason.
_LONGEST = 1000


def follow_failures(connection: Connection, row: FieldRow, records: Sequence[NewRecord]) -> None:
    """Put on record which of the records an encoder refused, and forget what was before."""
    forget_failures(connection, row, [record.id for record in records])
    failed = {
        record.id: record.values[row.id].failure
        for record in records
        if row.id in record.values and record.values[row.id].failure
    }
    add_failures(connection, row, failed)


def add_failures(connection: Connection, row: FieldRow, reasons: Mapping[str, str]) -> None:
    """Put on record why records have no vector in one field.

    Args:
        reasons: by record id; they take the place of what is on record.
    """
    # A write of the same input may have put its own on record since the records were read.
    put(
        connection,
        tables.reembed_failures,
        [(row.id, record, _kept(reason)) for record, reason in reasons.items()],
    )


def _kept(reason: str) -> str:
    """What a plugin says may be long, or hold what a database does not take."""
    cut = reason if len(reason) <= _LONGEST else f"{reason[: _LONGEST - 3]}..."
    return cut.replace("\0", "").encode(errors="replace").decode()


def forget_failures(connection: Connection, row: FieldRow, ids: Sequence[str]) -> None:
    """Let there be no reason any more why records have no vector in one field."""
    keys = tables.reembed_failures.c
    for chunk in chunks(ids):
        connection.execute(
            delete(tables.reembed_failures).where(
                keys.field_id == row.id, among(connection, keys.record_id, chunk)
            )
        )


def forget_all_failures(connection: Connection, row: FieldRow) -> None:
    """Let there be no reason any more why any record has no vector in one field."""
    failures = tables.reembed_failures
    connection.execute(delete(failures).where(failures.c.field_id == row.id))


def failures_of(
    connection: Connection, row: FieldRow, after: str = "", size: int = 1000
) -> list[tuple[str, str]]:
    """Up to ``size`` records with ids beyond ``after`` that an encoder refused, and why, by id."""
    keys, there = tables.reembed_failures.c, tables.entries.c
    present = and_(there.field_id == keys.field_id, there.record_id == keys.record_id)
    statement = (
        select(keys.record_id, keys.reason)
        # Once nothing is beside the live space, it is not forgotten why they were refused before.
        .join(tables.entries, present, isouter=True)
        .where(keys.field_id == row.id, keys.record_id > after, there.label.is_(None))
        .order_by(keys.record_id)
        .limit(size)
    )
    return [(found[0], found[1]) for found in connection.execute(statement)]


def add_carried(connection: Connection, row: FieldRow, labels: Sequence[int]) -> None:
    """Put on record that vectors were mapped from another space."""
    append(connection, tables.carried, [(label, row.id) for label in labels])


def carried_records(connection: Connection, row: FieldRow, ids: Sequence[str]) -> list[str]:
    """Those of up to an IN list of records whose vectors in one field were mapped."""
    entries, carried = tables.entries, tables.carried
    statement = (
        select(entries.c.record_id)
        .join(carried, carried.c.label == entries.c.label)
        .where(
            carried.c.field_id == row.id,
            entries.c.field_id == row.id,
            among(connection, entries.c.record_id, ids),
        )
    )
    return list(connection.execute(statement).scalars())


def carried_labels(connection: Connection, row: FieldRow) -> list[int]:
    """Labels of one field whose vectors were mapped from another space."""
    keys = tables.carried.c
    return list(connection.execute(select(keys.label).where(keys.field_id == row.id)).scalars())
