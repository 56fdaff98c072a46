"""A space beside the live one: begun, filled, exchanged with it, let go. In the writer's
transaction, but for what only reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from vecstore.errors import ReembedBlocked
from vecstore.reembeddings import FieldState, ReembedCounts
from vecstore.storage import tables
from vecstore.storage.beside import add_carried, add_failures, forget_all_failures
from vecstore.storage.catalog import (
    CollectionRow,
    FieldRow,
    NewFieldRow,
    field_values,
    read_collections,
)
from vecstore.storage.dropping import drop_calibrations
from vecstore.storage.kept_ids import both
from vecstore.storage.left_out import keep_inputs, kept_entries
from vecstore.storage.lists import among
from vecstore.storage.rows import Row, append
from vecstore.storage.writes import (
    FieldChange,
    NewValue,
    Written,
    chunks,
    delete_entries,
    drop_labels,
    entries_of,
    require,
    reserve,
)


@dataclass(frozen=True, slots=True)
class Unmoved:
    """A record of one space that is not in the other one.

    Args:
        id: the record's.
        label: of its vector in the space that it is in.
        digest: of the input that was encoded; empty for a vector that a caller brought.
        text, image, categories: the stored input, where there is one; categories as JSON text.
        kept: whether the input is all that there is, without a vector.
    """

    id: str
    label: int
    digest: bytes
    text: str | None = None
    image: bytes | None = None
    categories: str | None = None
    kept: bool = False


def add_beside(
    connection: Connection, collection: CollectionRow, new: NewFieldRow
) -> tuple[CollectionRow, FieldRow]:
    """Let a field have a staged space; every write from now on reaches it, too.

    Returns:
        The collection as it is now, and the field in the new space.

    Raises:
        ReembedBlocked: the field has a space beside its live one already.
    """
    require(connection, collection)
    other = collection.other(new.name)
    if other is not None:
        raise ReembedBlocked(
            f"the field {new.name!r} of {collection.name!r} has a space beside its live one "
            f"already: {other.space.name}, {other.state}; finish or cancel that re-embedding first",
            collection=collection.name,
        )
    values = field_values(collection.id, new, FieldState.STAGED)
    connection.execute(insert(tables.fields).values(values))
    fresh = _changed(connection, collection)
    return fresh, _beside(fresh, new.name)


def exchange(
    connection: Connection, collection: CollectionRow, field: str, left: FieldState
) -> CollectionRow:
    """Let the space beside the live one of a field be live, and the other way round.

    Args:
        field: its name.
        left: what the space that was live is from now on.

    Returns:
        The collection as it is now.

    Raises:
        ReembedBlocked: there is none.
    """
    require(connection, collection)
    other = _beside(collection, field)
    # In this order: a field has one live space at any moment.
    for row in collection.fields:
        if row.name == field:
            _set_state(connection, row, left)
    _set_state(connection, other, FieldState.LIVE)
    return _changed(connection, collection)


def drop_beside(connection: Connection, collection: CollectionRow, field: str) -> CollectionRow:
    """Let go of the space beside the live one; what it holds is left to :func:`drop_piece`.

    Inputs of records that it alone has a vector of are kept.

    Returns:
        The collection as it is now.

    Raises:
        ReembedBlocked: there is none.
    """
    require(connection, collection)
    other = _beside(collection, field)
    for live in collection.fields:
        if live.name == field:
            keep_inputs(connection, live, other)
    connection.execute(delete(tables.fields).where(tables.fields.c.id == other.id))
    drop_calibrations(connection, [other.id])
    forget_all_failures(connection, other)
    return _changed(connection, collection)


def ownerless_fields(connection: Connection) -> list[int]:
    """Ids of fields that are gone and still hold something, also below 0; see the tables."""
    entries, fields = tables.entries.c, tables.fields.c
    held = select(entries.field_id).distinct().subquery()
    statement = (
        select(held.c.field_id)
        .join(tables.fields, fields.id == func.abs(held.c.field_id), isouter=True)
        .where(fields.id.is_(None))
    )
    return list(connection.execute(statement).scalars())


def drop_piece(connection: Connection, field_id: int, size: int) -> int:
    """Delete up to ``size`` vectors of a field that is gone, and their inputs.

    Returns:
        How many were deleted; 0 where nothing is left.
    """
    keys = tables.entries.c
    statement = select(keys.record_id, keys.label).where(keys.field_id == field_id).limit(size)
    found = connection.execute(statement).all()
    drop_labels(connection, [row.label for row in found])
    delete_entries(connection, field_id, [row.record_id for row in found])
    return len(found)


def counts(connection: Connection, left: FieldRow, other: FieldRow) -> ReembedCounts:
    """What became in one space of the records of another.

    A record without a vector whose input is kept is one of both.

    Args:
        left: the field in the space whose records are counted.
        other: the same in the other space.
    """
    here, there = tables.entries.alias("here"), tables.entries.alias("there")
    inputs, failures, mapped = tables.inputs, tables.reembed_failures, tables.carried
    missing = there.c.label.is_(None)
    failed = and_(missing, failures.c.record_id.is_not(None))
    open_ = and_(missing, failures.c.record_id.is_(None))
    without = and_(open_, inputs.c.label.is_(None))
    brought = and_(open_, inputs.c.label.is_not(None), here.c.digest == literal(b""))
    statement = (
        select(
            func.count(),
            func.count(there.c.label),
            func.count(mapped.c.label),
            *(_sum(one) for one in (failed, brought, without, open_)),
        )
        .select_from(here)
        .join(there, _same(here, there, *both(other)), isouter=True)
        .join(inputs, inputs.c.label == here.c.label, isouter=True)
        .join(mapped, mapped.c.label == there.c.label, isouter=True)
        .join(failures, _same(here, failures, other.id), isouter=True)
        .where(here.c.field_id.in_(both(left)))
    )
    total, moved, carried, *sums = connection.execute(statement).one()
    failing, bringing, lacking, opened = (int(one or 0) for one in sums)
    return ReembedCounts(
        total=total,
        moved=moved,
        carried=carried,
        pending=opened - bringing - lacking,
        failed=failing,
        brought=bringing,
        without_input=lacking,
    )


def unmoved(
    connection: Connection, left: FieldRow, other: FieldRow, after: str, size: int
) -> list[Unmoved]:
    """Up to ``size`` records with ids beyond ``after`` that are in one space and not in the other,
    and of which no failure is on record, by id.
    """
    # One after the other, since each is in the order of ids.
    found = [one for id_ in both(left) for one in _unmoved(connection, id_, other, after, size)]
    return sorted(found, key=lambda one: one.id)[:size]


def _unmoved(
    connection: Connection, left: int, other: FieldRow, after: str, size: int
) -> list[Unmoved]:
    here, there = tables.entries.alias("here"), tables.entries.alias("there")
    inputs, images, failures = tables.inputs, tables.images, tables.reembed_failures
    statement = (
        select(
            here.c.record_id,
            here.c.label,
            here.c.digest,
            inputs.c.text,
            images.c.data,
            inputs.c.categories,
        )
        .select_from(here)
        .join(there, _same(here, there, *both(other)), isouter=True)
        .join(inputs, inputs.c.label == here.c.label, isouter=True)
        .join(images, images.c.digest == inputs.c.image_digest, isouter=True)
        .join(failures, _same(here, failures, other.id), isouter=True)
        .where(
            here.c.field_id == left,
            here.c.record_id > after,
            there.c.label.is_(None),
            failures.c.record_id.is_(None),
        )
        .order_by(here.c.record_id)
        .limit(size)
    )
    rows = connection.execute(statement)
    return [
        Unmoved(row[0], row[1], bytes(row[2]), row[3], row[4], row[5], left < 0) for row in rows
    ]


def fill(
    connection: Connection,
    collection: CollectionRow,
    left: FieldRow,
    other: FieldRow,
    values: Mapping[str, tuple[int, NewValue]],
) -> Written:
    """Write vectors of records into the space beside the one that they are in.

    A record that was written or deleted meanwhile is passed over: that write has reached both.

    Args:
        left: the field in the space that the records are in.
        other: the same in the space that is filled.
        values: by record id: the label in the space that it is in, as it was read, and its value in
            the other space, whose input is not looked at: the stored one is copied. One with a
            failure is put on record as such.

    Returns:
        How many vectors were written, and what changed.

    Raises:
        CollectionChanged: see :func:`vecstore.storage.writes.require`.
    """
    require(connection, collection)
    ids = list(values)
    present = kept_entries(connection, left, ids) | entries_of(connection, left, ids)
    done = entries_of(connection, other, ids)
    wanted = {
        one: value
        for one, (label, value) in values.items()
        if one not in done and one in present and present[one].label == label
    }
    failed = {one: value.failure for one, value in wanted.items() if value.failure}
    new = {one: (value, value.values) for one, value in wanted.items() if value.values is not None}
    add_failures(connection, other, failed)
    change = FieldChange()
    first = reserve(connection, len(new), 0).label + 1
    payloads = _payloads(connection, collection, list(new))
    entries: list[Row] = []
    vectors: list[Row] = []
    copies: dict[int, int] = {}
    for label, (one, (value, numbers)) in enumerate(new.items(), first):
        crc = zlib.crc32(numbers.data)
        change.labels.append(label)
        change.ids.append(one)
        change.crcs.append(crc)
        change.values.append(numbers)
        change.payloads[label] = payloads[one]
        if value.carried:
            change.carried.append(label)
        copies[present[one].label] = label
        entries.append((other.id, one, label, crc, value.digest))
        vectors.append((label, numbers.tobytes()))
    append(connection, tables.entries, entries)
    append(connection, tables.vectors, vectors)
    _copy_inputs(connection, copies)
    add_carried(connection, other, change.carried)
    return Written(len(new), ({other.id: change},))


def _copy_inputs(connection: Connection, copies: Mapping[int, int]) -> None:
    """Copy stored inputs, by the label that they are under to the label they are to be under."""
    keys = tables.inputs.c
    rows: list[Row] = []
    for chunk in chunks(list(copies)):
        statement = select(tables.inputs).where(among(connection, keys.label, chunk))
        for row in connection.execute(statement).mappings():
            named: dict[str, Any] = {**row, "label": copies[row["label"]]}
            rows.append(tuple(named[column.name] for column in tables.inputs.columns))
    append(connection, tables.inputs, rows)


def _payloads(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> dict[str, str]:
    keys = tables.records.c
    found: dict[str, str] = {}
    for chunk in chunks(ids):
        statement = select(keys.id, keys.payload).where(
            keys.collection_id == collection.id, among(connection, keys.id, chunk)
        )
        found.update({row[0]: row[1] for row in connection.execute(statement)})
    return found


def _beside(collection: CollectionRow, field: str) -> FieldRow:
    other = collection.other(field)
    if other is None:
        raise ReembedBlocked(
            f"the field {field!r} of {collection.name!r} has no space beside its live one; begin a "
            f"re-embedding first: vecstore reembed start {collection.name} --to MODEL@VERSION",
            collection=collection.name,
        )
    return other


def _changed(connection: Connection, collection: CollectionRow) -> CollectionRow:
    """The collection after its fields became other ones, which its generation says."""
    keys = tables.collections.c
    connection.execute(
        update(tables.collections)
        .where(keys.id == collection.id)
        .values(generation=keys.generation + 1)
    )
    return read_collections(connection, collection.name)[0]


def _set_state(connection: Connection, row: FieldRow, state: FieldState) -> None:
    keys = tables.fields.c
    connection.execute(update(tables.fields).where(keys.id == row.id).values(state=state))


def _same(here: Any, there: Any, *fields: int) -> ColumnElement[bool]:
    return and_(there.c.field_id.in_(fields), there.c.record_id == here.c.record_id)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))
