"""How fields tell the unfamiliar, in SQL: their settings, and vectors of ordinary queries."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, delete, insert, select

from vecstore.calibrations import Measure
from vecstore.errors import StorageError
from vecstore.instants import now
from vecstore.spaces import FloatArray
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.dropping import drop_calibrations
from vecstore.storage.faults import told
from vecstore.storage.writes import require

_PIECE = 1000

SUPPLIED = "supplied"
USED = "use"

_settings = tables.calibrations.c
_queries = tables.calibration_queries.c


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """What was said of a field.

    Args:
        measure: what distances are measured to.
        label_key: of the payload, for measures that need classes.
        gathers: whether vectors of queries from use may be kept.
    """

    measure: Measure = Measure.NEAREST
    label_key: str | None = None
    gathers: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationRows:
    """All that is on record of a field.

    Args:
        settings: what was said.
        queries: vectors of ordinary queries by their source, each of shape (n, dim), float32.
    """

    settings: CalibrationSettings = CalibrationSettings()
    queries: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many queries there are of each source."""
        return {source: len(vectors) for source, vectors in self.queries.items()}


def read_settings(engine: Engine, row: FieldRow) -> tuple[CalibrationSettings, dict[str, int]]:
    """What was said of a field, and how many queries there are of each source."""
    statement = select(_queries.source, _queries.count).where(_queries.field_id == row.id)
    with told("reading a calibration"), engine.connect() as connection:
        found = connection.execute(statement)
        counts = {str(source): int(count) for source, count in found}
        return _read_settings(connection, row), counts


def read_calibration(engine: Engine, row: FieldRow) -> CalibrationRows:
    """All that is on record of a field.

    Raises:
        StorageError: queries are not as they were written.
    """
    dim = row.space.dim
    statement = select(_queries.source, _queries.count, _queries.vectors).where(
        _queries.field_id == row.id
    )
    with told("reading a calibration"), engine.connect() as connection:
        found = {
            source: _matrix(values, count, dim)
            for source, count, values in connection.execute(statement)
        }
        return CalibrationRows(_read_settings(connection, row), found)


def write_calibration(
    connection: Connection, collection: CollectionRow, row: FieldRow, rows: CalibrationRows
) -> None:
    """Put on record what a field has from now on, in place of what there was.

    Raises:
        CollectionNotFound: the collection was deleted meanwhile.
    """
    require(connection, collection)
    drop_calibrations(connection, [row.id])
    said = rows.settings
    if said != CalibrationSettings():
        _insert_settings(connection, row, said)
    for source, vectors in rows.queries.items():
        _insert_queries(connection, row, source, vectors)


def copy_settings(connection: Connection, source: FieldRow, target: FieldRow) -> None:
    """Let a field that has no settings have those of another one; queries stay where they are."""
    said = _read_settings(connection, source)
    if said != CalibrationSettings():
        _insert_settings(connection, target, said)


def keep_used(connection: Connection, row: FieldRow, vectors: FloatArray) -> None:
    """Replace what was gathered from use; nothing is kept where the consent is not on record."""
    consent = select(_settings.gathers).where(_settings.field_id == row.id)
    if not connection.execute(consent).scalar():
        return
    connection.execute(
        delete(tables.calibration_queries).where(
            _queries.field_id == row.id, _queries.source == USED
        )
    )
    _insert_queries(connection, row, USED, vectors)


def read_classes(
    engine: Engine,
    collection: CollectionRow,
    row: FieldRow,
    path: tuple[str, ...],
    labels: Collection[int],
) -> dict[int, str]:
    """The classes of records, by the label of their vector in a field.

    Args:
        engine: the database.
        collection: the records'.
        row: the field.
        path: the way to the class in the payload.
        labels: the vectors to look at.

    Returns:
        The JSON text of the class; records without one are left out.
    """
    entries, records = tables.entries.c, tables.records.c
    statement = (
        select(entries.label, records.payload)
        .join_from(tables.entries, tables.records, records.id == entries.record_id)
        .where(entries.field_id == row.id, records.collection_id == collection.id)
        # Payloads of all records never stand in memory together.
        .execution_options(yield_per=_PIECE)
    )
    found = {}
    with told("reading the classes of records"), engine.connect() as connection:
        for label, payload in connection.execute(statement):
            if label in labels and (name := class_at(json.loads(payload), path)) is not None:
                found[label] = name
    return found


def class_at(payload: Any, path: tuple[str, ...]) -> str | None:
    """The JSON text of the string, whole number or boolean at a place; None for anything else."""
    for key in path:
        if not isinstance(payload, Mapping) or key not in payload:
            return None
        payload = payload[key]
    if isinstance(payload, float) and payload.is_integer():
        payload = int(payload)
    return json.dumps(payload) if isinstance(payload, str | int) else None


def _read_settings(connection: Connection, row: FieldRow) -> CalibrationSettings:
    statement = select(tables.calibrations).where(_settings.field_id == row.id)
    found: Row[Any] | None = connection.execute(statement).first()
    if found is None:
        return CalibrationSettings()
    return CalibrationSettings(Measure(found.measure), found.label_key, found.gathers)


def _insert_settings(connection: Connection, row: FieldRow, said: CalibrationSettings) -> None:
    connection.execute(
        insert(tables.calibrations).values(
            field_id=row.id,
            measure=said.measure,
            label_key=said.label_key,
            gathers=said.gathers,
        )
    )


def _insert_queries(
    connection: Connection, row: FieldRow, source: str, vectors: FloatArray
) -> None:
    if len(vectors):
        connection.execute(
            insert(tables.calibration_queries).values(
                field_id=row.id,
                source=source,
                count=len(vectors),
                vectors=np.ascontiguousarray(vectors, "<f4").tobytes(),
                updated_at=now(),
            )
        )


def _matrix(values: bytes, count: int, dim: int) -> FloatArray:
    if len(values) != 4 * count * dim:
        raise StorageError(
            f"the {count} queries on record that calibrate a collection are damaged; give them "
            "again with: vecstore collections calibrate"
        )
    return np.frombuffer(values, dtype="<f4").reshape(count, dim)
