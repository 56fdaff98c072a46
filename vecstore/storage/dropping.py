"""Collections and what hangs on them, deleted within the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, select, true

from vecstore.storage import tables, texts_sqlite
from vecstore.storage.catalog import CollectionRow


def drop_collection(connection: Connection, collection: CollectionRow) -> None:
    """Delete a collection and all that it holds, within the caller's transaction."""
    # Those below 0 are of inputs without a vector.
    ids = [id_ for field in collection.all_fields for id_ in (field.id, -field.id)]
    labels = select(tables.entries.c.label).where(tables.entries.c.field_id.in_(ids))
    connection.execute(delete(tables.vectors).where(tables.vectors.c.label.in_(labels)))
    connection.execute(delete(tables.inputs).where(tables.inputs.c.label.in_(labels)))
    drop_calibrations(connection, ids)
    for of_fields in (tables.entries, tables.reembed_failures, tables.carried):
        connection.execute(delete(of_fields).where(of_fields.c.field_id.in_(ids)))
    if connection.dialect.name == "sqlite":
        texts_sqlite.drop(connection, collection.id)
    for table in (
        tables.records,
        tables.fields,
        tables.aliases,
        tables.payload_indexes,
        tables.texts,
        tables.idempotency_keys,
        tables.reembeddings,
        tables.bridges,
    ):
        connection.execute(delete(table).where(table.c.collection_id == collection.id))
    connection.execute(delete(tables.collections).where(tables.collections.c.id == collection.id))
    drop_unnamed_images(connection, true())


def drop_calibrations(connection: Connection, fields: Sequence[int]) -> None:
    """Delete how fields, by their ids, tell the unfamiliar."""
    for table in (tables.calibrations, tables.calibration_queries):
        connection.execute(delete(table).where(table.c.field_id.in_(fields)))


def drop_unnamed_images(connection: Connection, among: ColumnElement[bool]) -> None:
    """Delete the images, among some, that no input names any more."""
    digest = tables.images.c.digest
    named = select(tables.inputs.c.label).where(tables.inputs.c.image_digest == digest).exists()
    connection.execute(delete(tables.images).where(among, ~named))
