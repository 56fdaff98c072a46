"""What searches, look-ups and a starting index read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, select

from vecstore.answers import Facet
from vecstore.errors import StorageError
from vecstore.filters import Filter
from vecstore.records import DEFAULT_FIELD, FieldValue, Record
from vecstore.spaces import FloatArray, Space, Vector
from vecstore.storage import tables
from vecstore.storage.beside import carried_labels, carried_records
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.conditions import Condition, require_met, versions_of
from vecstore.storage.facets import facets
from vecstore.storage.faults import told
from vecstore.storage.idempotency import Once, done
from vecstore.storage.ingesting import refused_before
from vecstore.storage.kept_ids import elsewhere
from vecstore.storage.lists import among
from vecstore.storage.sampling import sample_ids
from vecstore.storage.scans import FieldRows, field_rows
from vecstore.storage.where import where
from vecstore.storage.writes import Entry, chunks, entries_of


class _Stored(NamedTuple):
    payload: str
    version: int


class Reader:
    """Reads of collections; each runs in a short transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        if engine.dialect.name == "postgresql":
            # Several statements of one read must see one state, as they do on SQLite.
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._engine = engine

    def field_rows(self, row: FieldRow) -> FieldRows:
        """What an index needs to start with."""
        return field_rows(self._engine, row)

    def carried(self, row: FieldRow) -> list[int]:
        """Labels of one field whose vectors were mapped from another space."""
        with told("reading the entries of a field"), self._engine.connect() as connection:
            return carried_labels(connection, row)

    def mapped(self, row: FieldRow, ids: Sequence[str]) -> set[str]:
        """Those of the records whose vectors in one field were mapped from another space."""
        with told("reading the entries of a field"), self._engine.connect() as connection:
            found = (carried_records(connection, row, chunk) for chunk in chunks(ids))
            return {one for part in found for one in part}

    def vectors(self, space: Space, labels: Sequence[int], crcs: Sequence[int]) -> FloatArray:
        """Vectors under these labels, shape (n, dim), in the order of the labels.

        Raises:
            StorageError: one is not there, or its bytes are not those that were written.
        """
        keys = tables.vectors.c
        found: dict[int, bytes] = {}
        with told("reading vectors"), self._engine.connect() as connection:
            for chunk in chunks(labels):
                statement = select(keys.label, keys["values"]).where(
                    among(connection, keys.label, chunk)
                )
                found.update({row[0]: row[1] for row in connection.execute(statement)})
        matrix = np.empty((len(labels), space.dim), np.float32)
        for row, (label, crc) in enumerate(zip(labels, crcs, strict=True)):
            matrix[row] = _intact(found.get(label, b""), crc, space.dim, label)
        return matrix

    def stored_vectors(self, row: FieldRow, ids: Sequence[str]) -> dict[str, tuple[int, Vector]]:
        """Labels and vectors as they were written, by record id, of those that have one there.

        Raises:
            StorageError: the bytes of one are not those that were written.
        """
        entries, vectors = tables.entries.c, tables.vectors
        found = {}
        with told("reading vectors"), self._engine.connect() as connection:
            for chunk in chunks(ids):
                statement = (
                    select(entries.record_id, entries.label, entries.crc, vectors.c["values"])
                    .join(vectors, vectors.c.label == entries.label)
                    .where(entries.field_id == row.id, among(connection, entries.record_id, chunk))
                )
                for record, label, crc, values in connection.execute(statement):
                    intact = _intact(values, crc, row.space.dim, label)
                    found[record] = label, Vector(row.space, intact)
        return found

    def entries(self, row: FieldRow, ids: Sequence[str]) -> dict[str, Entry]:
        """Present labels and input digests, by record id."""
        with told("reading entries"), self._engine.connect() as connection:
            return entries_of(connection, row, ids)

    def foreseen(
        self,
        collection: CollectionRow,
        ids: Sequence[str],
        condition: Condition,
        once: Once | None,
    ) -> int | None:
        """The answer to a write that was done before; None where it was not.

        Raises:
            AlreadyExists, RecordNotFound, VersionConflict, InvalidArgument: it would be refused.
        """
        with told("reading records"), self._engine.connect() as connection:
            before = None if once is None else done(connection, collection, once)
            if before is None:
                require_met(connection, collection, ids, condition)
            return before

    def present(self, collection: CollectionRow, ids: Sequence[str]) -> dict[str, int]:
        """Versions of those of the ids that are there."""
        with told("reading records"), self._engine.connect() as connection:
            return versions_of(connection, collection, ids)

    def refused_before(self, collection: CollectionRow, once: Once) -> list[int]:
        """The numbers of the records that a batch done before was without."""
        with told("reading records"), self._engine.connect() as connection:
            return refused_before(connection, collection, once)

    def labels(self, row: FieldRow, filter_: Filter, collection: CollectionRow) -> list[int]:
        """Labels of one field whose records satisfy a filter."""
        entries, records = tables.entries, tables.records
        statement = (
            select(entries.c.label)
            .join(records, records.c.id == entries.c.record_id)
            .where(
                entries.c.field_id == row.id,
                records.c.collection_id == collection.id,
                self._where(filter_),
            )
        )
        with told("filtering"), self._engine.connect() as connection:
            return list(connection.execute(statement).scalars())

    def count(self, collection: CollectionRow, filter_: Filter) -> int:
        """Records that satisfy a filter."""
        statement = (
            select(func.count())
            .select_from(tables.records)
            .where(tables.records.c.collection_id == collection.id, self._where(filter_))
        )
        with told("counting records"), self._engine.connect() as connection:
            return connection.execute(statement).scalar_one()

    def details(
        self, collection: CollectionRow, row: FieldRow, ids: Sequence[str]
    ) -> dict[int, tuple[Any, str | None]]:
        """Payload and text by label, for records that still have a vector in this field."""
        entries, records, inputs = tables.entries, tables.records, tables.inputs
        found = {}
        with told("reading records"), self._engine.connect() as connection:
            for chunk in chunks(ids):
                statement = (
                    select(entries.c.label, records.c.payload, inputs.c.text)
                    .join(
                        records,
                        and_(
                            records.c.collection_id == collection.id,
                            records.c.id == entries.c.record_id,
                        ),
                    )
                    .join(inputs, inputs.c.label == entries.c.label, isouter=True)
                    .where(
                        entries.c.field_id == row.id, among(connection, entries.c.record_id, chunk)
                    )
                )
                for label, payload, text in connection.execute(statement):
                    found[label] = (json.loads(payload), text)
        return found

    def records(
        self, collection: CollectionRow, ids: Sequence[str], include_vectors: bool
    ) -> dict[str, Record]:
        """Records by id, those of the ids that are there."""
        found: dict[str, Record] = {}
        with told("reading records"), self._engine.connect() as connection:
            for chunk in chunks(ids):
                statement = self._select(collection).where(
                    among(connection, tables.records.c.id, chunk)
                )
                stored = _stored(connection, statement)
                found.update(_assemble(connection, collection, stored, include_vectors))
        return found

    def page(
        self,
        collection: CollectionRow,
        after: str,
        size: int,
        filter_: Filter | None,
        include_vectors: bool,
    ) -> list[Record]:
        """Up to ``size`` records with ids beyond ``after``, by id."""
        statement = self._select(collection).where(tables.records.c.id > after)
        if filter_ is not None:
            statement = statement.where(self._where(filter_))
        statement = statement.order_by(tables.records.c.id).limit(size)
        with told("listing records"), self._engine.connect() as connection:
            stored = _stored(connection, statement)
            records = _assemble(connection, collection, stored, include_vectors)
        return [records[record_id] for record_id in stored]

    def sample(
        self, collection: CollectionRow, filter_: Filter | None, count: int, seed: int | None
    ) -> list[str]:
        """Ids of records drawn by chance."""
        with told("drawing records"), self._engine.connect() as connection:
            return sample_ids(connection, collection, filter_, count, seed)

    def facets(
        self,
        collection: CollectionRow,
        path: tuple[str, ...],
        filter_: Filter | None,
        limit: int,
    ) -> list[Facet]:
        """How many records have each value under a path."""
        with told("counting values"), self._engine.connect() as connection:
            return facets(connection, collection, path, filter_, limit)

    def payloads(self, collection: CollectionRow, after: str, size: int) -> dict[str, Any]:
        """Payloads alone of up to ``size`` records with ids beyond ``after``, by id."""
        statement = self._select(collection).where(tables.records.c.id > after)
        statement = statement.order_by(tables.records.c.id).limit(size)
        with told("reading payloads"), self._engine.connect() as connection:
            found = _stored(connection, statement)
        return {record: json.loads(one.payload) for record, one in found.items()}

    @staticmethod
    def _select(collection: CollectionRow) -> Select[Any]:
        keys = tables.records.c
        return select(keys.id, keys.payload, keys.version).where(
            keys.collection_id == collection.id
        )

    def _where(self, filter_: Filter) -> ColumnElement[bool]:
        return where(filter_, tables.records.c.payload, self._engine.dialect.name)


def _stored(connection: Connection, statement: Select[Any]) -> dict[str, _Stored]:
    return {row[0]: _Stored(row[1], row[2]) for row in connection.execute(statement)}


def _assemble(
    connection: Connection,
    collection: CollectionRow,
    stored: dict[str, _Stored],
    include_vectors: bool,
) -> dict[str, Record]:
    values: dict[str, dict[str, FieldValue]] = {record: {} for record in stored}
    mapped: dict[str, list[str]] = {}
    for row in collection.fields:
        for chunk in chunks(list(stored)):
            for record, value in _field_values(connection, row, chunk, include_vectors):
                values[record][row.name] = value
            if collection.generation:
                left_out = [one for one in chunk if row.name not in values[one]]
                found = _inputs_alone(connection, collection, row, left_out) if left_out else ()
                for record, value in found:
                    values[record][row.name] = value
            if include_vectors:
                for record in carried_records(connection, row, chunk):
                    mapped.setdefault(record, []).append(row.name)
    return {
        record: _record(record, one, values[record], mapped.get(record, ()))
        for record, one in stored.items()
    }


def _field_values(
    connection: Connection, row: FieldRow, ids: Sequence[str], include_vectors: bool
) -> list[tuple[str, FieldValue]]:
    entries, inputs, images, vectors = (
        tables.entries,
        tables.inputs,
        tables.images,
        tables.vectors,
    )
    columns = [entries.c.record_id, inputs.c.text, images.c.data, inputs.c.categories]
    if include_vectors:
        columns += [vectors.c["values"], entries.c.crc, entries.c.label]
    statement = (
        select(*columns)
        .join(inputs, inputs.c.label == entries.c.label, isouter=True)
        .join(images, images.c.digest == inputs.c.image_digest, isouter=True)
        .where(entries.c.field_id == row.id, among(connection, entries.c.record_id, ids))
        .select_from(entries)
    )
    if include_vectors:
        statement = statement.join(vectors, vectors.c.label == entries.c.label)
    found = []
    for record, text, image, json_text, *stored in map(tuple, connection.execute(statement)):
        vector = None
        if include_vectors:
            values, crc, label = stored
            vector = Vector(row.space, _intact(values, crc, row.space.dim, label))
        categories = None if json_text is None else json.loads(json_text)
        found.append((record, FieldValue(text, image, vector, categories)))
    return found


def _inputs_alone(
    connection: Connection, collection: CollectionRow, row: FieldRow, ids: Sequence[str]
) -> Iterator[tuple[str, FieldValue]]:
    """Inputs of records that were left out of a field's live space."""
    entries, inputs, images = tables.entries, tables.inputs, tables.images
    statement = (
        select(entries.c.record_id, inputs.c.text, images.c.data, inputs.c.categories)
        .join(inputs, inputs.c.label == entries.c.label)
        .join(images, images.c.digest == inputs.c.image_digest, isouter=True)
        .where(
            entries.c.field_id.in_(elsewhere(collection, row)),
            among(connection, entries.c.record_id, ids),
        )
    )
    for record, text, image, found in connection.execute(statement):
        categories = None if found is None else json.loads(found)
        yield record, FieldValue(text, image, None, categories)


def _record(
    record: str, stored: _Stored, values: dict[str, FieldValue], mapped: Sequence[str]
) -> Record:
    default = values.pop(DEFAULT_FIELD, FieldValue())
    return Record(
        id=record,
        text=default.text,
        image=default.image,
        vector=default.vector,
        payload=json.loads(stored.payload),
        fields=values,
        categories=default.categories,
        version=stored.version,
        carried=tuple(mapped),
    )


def _intact(values: bytes, crc: int, dim: int, label: int) -> FloatArray:
    if zlib.crc32(values) != crc or len(values) != 4 * dim:
        raise StorageError(
            f"the stored vector {label} is damaged (its checksum is not the one written); "
            "restore the database from a backup, or write the record again",
            label=label,
        )
    return np.frombuffer(values, dtype="<f4")
