"""The ids under which the records of a field are found, with a vector or without one."""

from __future__ import annotations

from vecstore.storage.catalog import CollectionRow, FieldRow


def kept_of(row: FieldRow) -> int:
    """The id under which inputs without a vector are kept of a field."""
    return -row.id


def both(row: FieldRow) -> tuple[int, int]:
    """The ids under which a field's records are found, with a vector or without one."""
    return row.id, kept_of(row)


def elsewhere(collection: CollectionRow, row: FieldRow) -> tuple[int, ...]:
    """The ids under which the input of a record may be that has no vector in a field."""
    other = collection.other(row.name)
    return (kept_of(row), *(both(other) if other is not None else ()))
