"""What a collection is, and how much it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecstore.records import BesideInfo, CollectionInfo, FieldInfo
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.payload_indexes import declared

if TYPE_CHECKING:
    from vecstore.store import Store


def about(store: Store, row: CollectionRow) -> CollectionInfo:
    """What the collection of this row is at this moment."""
    field, count = row.fields[0], store.catalog.count(row)
    fields = tuple(_field(store, one, row.other(one.name)) for one in row.fields)
    return CollectionInfo(
        name=row.name,
        encoder=f"{field.space.model}@{field.space.version}",
        space=field.space,
        metric=row.metric,
        count=count,
        store_inputs=row.store_inputs,
        index=field.index_backend,
        indexed=fields[0].indexed,
        calibration=store.familiarity.describe(field, count),
        encoder_evaluated=store.evaluations.evaluated(field.space),
        fields=fields,
        indexes=declared(store.catalog.engine, row.id),
        aliases=store.aliases.of(row.id),
    )


def _field(store: Store, field: FieldRow, other: FieldRow | None) -> FieldInfo:
    space = field.space
    beside = BesideInfo(other.space, other.state, _indexed(store, other)) if other else None
    encoder, indexed = f"{space.model}@{space.version}", _indexed(store, field)
    return FieldInfo(field.name, encoder, space, field.index_backend, indexed, beside)


def _indexed(store: Store, field: FieldRow) -> int | None:
    index = store.owner.indexes.get(field.id)
    return None if index is None else index.indexed
