"""Records drawn by chance."""

from __future__ import annotations

import random

from sqlalchemy import Connection, func, select

from vecstore.filters import Filter
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.where import where


def sample_ids(
    connection: Connection,
    collection: CollectionRow,
    filter_: Filter | None,
    count: int,
    seed: int | None,
) -> list[str]:
    """Ids of up to ``count`` records, every one as likely as every other, in the order drawn.

    The same seed draws the same ids from the same records, on every database.
    """
    keys = tables.records.c
    such = [keys.collection_id == collection.id]
    if filter_ is not None:
        such.append(where(filter_, keys.payload, connection.dialect.name))
    number = connection.execute(select(func.count(keys.id)).where(*such)).scalar_one()
    drawn = random.Random(seed).sample(range(1, number + 1), min(count, number))  # noqa: S311
    if not drawn:
        return []
    place = func.row_number().over(order_by=keys.id).label("place")
    # Nothing beyond the last is looked at.
    placed = select(keys.id, place).where(*such).order_by(keys.id).limit(max(drawn)).subquery()
    statement = select(placed.c.place, placed.c.id).where(placed.c.place.in_(drawn))
    found = {row[0]: row[1] for row in connection.execute(statement)}
    return [found[place] for place in drawn]
