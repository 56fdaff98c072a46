"""What a field holds that could be moved to another space, whether that space is there or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, select

from vecstore.records import Input, Modality
from vecstore.storage import tables
from vecstore.storage.catalog import FieldRow
from vecstore.storage.kept_ids import both
from vecstore.storage.lists import among
from vecstore.storage.staging import Unmoved
from vecstore.storage.writes import chunks

_NOTHING = literal(b"")


@dataclass(frozen=True, slots=True)
class Kind:
    """Inputs of one kind: how many, and the id of a record that has one."""

    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Movable:
    """Records of a field by what could be done with them.

    Args:
        total: records that have a vector, or an input that is kept without one.
        encoded: those whose vector was made from an input that is stored, by its kind; kinds that
            are there.
        brought: those with a vector of the caller's own beside a stored input, the same way.
        without_input: those without a stored input.
    """

    total: int = 0
    encoded: Mapping[Modality, Kind] = field(default_factory=dict)
    brought: Mapping[Modality, Kind] = field(default_factory=dict)
    without_input: int = 0

    @property
    def encodable(self) -> int:
        """How many could be encoded as they are."""
        return sum(kind.count for kind in self.encoded.values())

    @property
    def own(self) -> int:
        """How many have a vector of the caller's own beside a stored input."""
        return sum(kind.count for kind in self.brought.values())


def movable(connection: Connection, row: FieldRow, *, kept: bool = True) -> Movable:
    """What a field holds.

    Args:
        kept: with inputs that are kept without a vector.
    """
    entries, inputs = tables.entries, tables.inputs
    brought = case((entries.c.digest == _NOTHING, 1), else_=0)
    kind = case(
        (inputs.c.text.is_not(None), Modality.TEXT.value),
        (inputs.c.image_digest.is_not(None), Modality.IMAGE.value),
        (inputs.c.categories.is_not(None), Modality.CATEGORIES.value),
        else_="",
    )
    statement = (
        select(kind, brought, func.count(), func.min(entries.c.record_id))
        .select_from(entries)
        .join(inputs, inputs.c.label == entries.c.label, isouter=True)
        .where(entries.c.field_id.in_(both(row) if kept else (row.id,)))
        .group_by(kind, brought)
    )
    total = without = 0
    by_source: tuple[dict[Modality, Kind], dict[Modality, Kind]] = ({}, {})
    for name, own, count, example in connection.execute(statement):
        total += count
        if name:
            by_source[own][Modality(name)] = Kind(count, example)
        else:
            without += count
    return Movable(total, by_source[0], by_source[1], without)


def spread_inputs(connection: Connection, row: FieldRow, count: int) -> list[Unmoved]:
    """``count`` records with a stored input, or all, spread evenly over a field, by id."""
    entries, inputs = tables.entries, tables.inputs
    such = (
        select(entries.c.record_id, _place(entries.c.record_id))
        .join(inputs, inputs.c.label == entries.c.label)
        .where(entries.c.field_id == row.id)
    )
    return _stored(connection, row, _spread(connection, such, count))


def different_inputs(connection: Connection, row: FieldRow, count: int) -> list[Unmoved]:
    """``count`` records whose vectors were made from stored inputs, or all; no two inputs the same.

    Spread evenly over the field, by id.
    """
    entries, inputs = tables.entries, tables.inputs
    first = func.min(entries.c.record_id).label("record_id")
    such = (
        select(first, _place(first))
        .join(inputs, inputs.c.label == entries.c.label)
        .where(entries.c.field_id == row.id, entries.c.digest != _NOTHING)
        .group_by(entries.c.digest)
    )
    return _stored(connection, row, _spread(connection, such, count))


def input_of(one: Unmoved) -> Input | None:
    """A record's stored input; None where there is none."""
    if one.text is not None:
        return Input(Modality.TEXT, one.text)
    if one.image is not None:
        return Input(Modality.IMAGE, one.image)
    if one.categories is not None:
        return Input(Modality.CATEGORIES, one.categories)
    return None


def spread_pairs(
    connection: Connection, left: FieldRow, other: FieldRow, count: int
) -> list[tuple[str, bytes]]:
    """``count`` records that are in two spaces, or all, spread evenly, by id.

    Args:
        left: the field in one space.
        other: the same in another one, whose vectors were encoded from stored inputs.

    Returns:
        Ids, and the digests of the inputs.
    """
    here, there = tables.entries.alias("here"), tables.entries.alias("there")
    both = and_(there.c.field_id == other.id, there.c.record_id == here.c.record_id)
    such = (
        select(here.c.record_id, _place(here.c.record_id))
        .join(there, both)
        # A vector that was mapped comes from no input.
        .where(here.c.field_id == left.id, there.c.digest != _NOTHING)
    )
    ids = _spread(connection, such, count)
    keys = tables.entries.c
    digests: dict[str, bytes] = {}
    for chunk in chunks(ids):
        statement = select(keys.record_id, keys.digest).where(
            keys.field_id == other.id, among(connection, keys.record_id, chunk)
        )
        digests.update({record: bytes(digest) for record, digest in connection.execute(statement)})
    return [(one, digests[one]) for one in ids if one in digests]


def _place(key: ColumnElement[Any]) -> ColumnElement[int]:
    return func.row_number().over(order_by=key).label("place")


def _spread(connection: Connection, such: Any, count: int) -> list[str]:
    """Ids at even distances among what a statement of ids and places selects, from 1."""
    placed = such.subquery()
    total = connection.execute(select(func.count()).select_from(placed)).scalar_one()
    most = min(count, total)
    # So many of the places, whatever the two are: wherever another share of the way is done. Half
    # a stretch ahead, so that neither end is looked at more than the rest.
    statement = (
        select(placed.c.record_id)
        .where((placed.c.place * most + total // 2) % max(1, total) < most)
        .order_by(placed.c.record_id)
    )
    return list(connection.execute(statement).scalars())


def _stored(connection: Connection, row: FieldRow, ids: Sequence[str]) -> list[Unmoved]:
    entries, inputs, images = tables.entries, tables.inputs, tables.images
    columns = (entries.c.record_id, entries.c.label, entries.c.digest)
    given = (inputs.c.text, images.c.data, inputs.c.categories)
    found: list[Unmoved] = []
    for chunk in chunks(ids):
        statement = (
            select(*columns, *given)
            .select_from(entries)
            .join(inputs, inputs.c.label == entries.c.label)
            .join(images, images.c.digest == inputs.c.image_digest, isouter=True)
            .where(entries.c.field_id == row.id, among(connection, entries.c.record_id, chunk))
            .order_by(entries.c.record_id)
        )
        rows = connection.execute(statement)
        found += [Unmoved(one[0], one[1], bytes(one[2]), one[3], one[4], one[5]) for one in rows]
    return found
