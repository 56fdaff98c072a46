"""How many records have each value under a key, counted by the database."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, func, select

from vecstore.answers import Facet, Value
from vecstore.filters import Filter
from vecstore.storage import tables, where_postgresql, where_sqlite
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.where import where

_SCALARS = {"sqlite": where_sqlite.scalars, "postgresql": where_postgresql.scalars}
_READ = 1000


def facets(
    connection: Connection,
    collection: CollectionRow,
    path: tuple[str, ...],
    filter_: Filter | None,
    limit: int,
) -> list[Facet]:
    """The values that most records have under ``path``; of equally many, the lesser ones first."""
    found: list[Facet] = []
    for _, alike in groupby(_counted(connection, collection, path, filter_), lambda one: one.count):
        # Sorted here: databases do not agree on the order of values.
        found += heapq.nsmallest(limit - len(found), alike, key=lambda one: _place(one.value))
        if len(found) == limit:
            break
    return found


def _counted(
    connection: Connection,
    collection: CollectionRow,
    path: tuple[str, ...],
    filter_: Filter | None,
) -> Iterator[Facet]:
    dialect = connection.dialect.name
    keys = tables.records.c
    row, said, counts = _SCALARS[dialect](keys.payload, path)
    each = (
        select(keys.id, said.label("value"))
        .select_from(tables.records.join(row, counts))
        .where(keys.collection_id == collection.id)
        .distinct()
    )
    if filter_ is not None:
        each = each.where(where(filter_, keys.payload, dialect))
    values = each.subquery()
    number = func.count().label("number")
    statement = select(values.c.value, number).group_by(values.c.value).order_by(number.desc())
    # As it comes: a key whose values all differ has as many of them as there are records.
    rows = connection.execution_options(yield_per=_READ).execute(statement)
    return (Facet(json.loads(value), count) for value, count in rows)


def _place(value: Value) -> tuple[int, float | str]:
    """Null, then false and true, numbers, and strings by code point."""
    if value is None or isinstance(value, bool):
        return 0, -1 if value is None else int(value)
    return (2, value) if isinstance(value, str) else (1, value)
