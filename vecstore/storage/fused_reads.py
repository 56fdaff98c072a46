"""What hits of a fused search bring along: payloads, and texts of the fields searched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Select, and_, null, select

from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import told
from vecstore.storage.kept_ids import elsewhere

_CHUNK = 500  # values of one IN list


class FusedReader:
    """Reads of fused searches; each runs in a short transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._vectorless: dict[int, tuple[int, bool]] = {}

    def vectorless(self, collection: CollectionRow) -> bool:
        """Whether records may have no vector in any live space: some were left out at a switch.

        It is no writes that make such records, but a change of the fields: so it is asked once
        after each.
        """
        generation = collection.generation
        if not generation:
            return False
        known = self._vectorless.get(collection.id)
        if known is None or known[0] != generation:
            with told("reading records"), self._engine.connect() as connection:
                found = connection.execute(_without_vectors(collection)).first() is not None
            known = self._vectorless[collection.id] = generation, found
        return known[1]

    def details(
        self, collection: CollectionRow, fields: Sequence[FieldRow], ids: Sequence[str]
    ) -> dict[str, tuple[Any, str | None]]:
        """Payload, and the text of the first of the fields that has one, by id.

        Records that are not there are left out.
        """
        found: dict[str, tuple[Any, str | None]] = {}
        with told("reading records"), self._engine.connect() as connection:
            for start in range(0, len(ids), _CHUNK):
                these = ids[start : start + _CHUNK]
                rows = connection.execute(_payloads(collection, fields[:1], these)).all()
                texts = {record: text for record, _, text in rows if text is not None}
                for field in fields[1:]:
                    for record, text in connection.execute(_texts((field.id,), these)):
                        texts.setdefault(record, text)
                for field in fields if collection.generation else ():
                    left_out = [row[0] for row in rows if row[0] not in texts]
                    if not left_out:
                        break
                    places = elsewhere(collection, field)
                    for record, text in connection.execute(_texts(places, left_out)):
                        texts.setdefault(record, text)
                for record, payload, _ in rows:
                    found[record] = (json.loads(payload), texts.get(record))
        return found


def _without_vectors(collection: CollectionRow) -> Select[Any]:
    records, entries = tables.records, tables.entries
    fields = [row.id for row in collection.fields]
    own = and_(entries.c.field_id.in_(fields), entries.c.record_id == records.c.id)
    return (
        select(records.c.id)
        .join(entries, own, isouter=True)
        .where(records.c.collection_id == collection.id, entries.c.label.is_(None))
        .limit(1)
    )


def _payloads(
    collection: CollectionRow, fields: Sequence[FieldRow], ids: Sequence[str]
) -> Select[Any]:
    """Id, payload, and the text of one field, of the records that are there."""
    records, entries, inputs = tables.records, tables.entries, tables.inputs
    of_records = (records.c.collection_id == collection.id, records.c.id.in_(ids))
    if not fields:
        return select(records.c.id, records.c.payload, null()).where(*of_records)
    own = and_(entries.c.field_id == fields[0].id, entries.c.record_id == records.c.id)
    return (
        select(records.c.id, records.c.payload, inputs.c.text)
        .select_from(records)
        .join(entries, own, isouter=True)
        .join(inputs, inputs.c.label == entries.c.label, isouter=True)
        .where(*of_records)
    )


def _texts(fields: Sequence[int], ids: Sequence[str]) -> Select[Any]:
    entries, inputs = tables.entries, tables.inputs
    return (
        select(entries.c.record_id, inputs.c.text)
        .join(inputs, inputs.c.label == entries.c.label)
        .where(
            entries.c.field_id.in_(fields),
            entries.c.record_id.in_(ids),
            inputs.c.text.is_not(None),
        )
    )
