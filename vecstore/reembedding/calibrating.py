"""What is unfamiliar in the new space: told by the queries of the re-embedding, from 50 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import InvalidArgument
from vecstore.familiarity.requests import Change, evenly
from vecstore.familiarity.scale import FEWEST
from vecstore.fields import Field
from vecstore.records import DEFAULT_FIELD, Input, Modality, Role
from vecstore.spaces import FloatArray, Vector
from vecstore.storage.calibrations import SUPPLIED, read_calibration
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.reembeddings import ReembedRow

if TYPE_CHECKING:
    from vecstore.store import Store


def calibrate(store: Store, collection: CollectionRow, row: ReembedRow) -> tuple[str, ...]:
    """Calibrate the new space, where nobody has done so yet.

    The queries that calibrated the old one are on record as vectors of its own, which say nothing
    there.

    Args:
        store: owned by this process.
        collection: the field's.
        row: the re-embedding, filled.

    Returns:
        What its user should know of it; nothing where nothing was calibrated before either.

    Raises:
        CollectionChanged: the collection's fields are other ones by now.
    """
    live, other = collection.field(row.field), collection.other(row.field)
    engine = store.catalog.engine
    if live is None or other is None or SUPPLIED in read_calibration(engine, other).queries:
        return ()
    field = Field(store, collection, other)
    vectors = _vectors(field, row)
    if len(vectors) >= FEWEST:
        try:
            store.familiarity.calibrate(collection, other, field.index, Change(), vectors)
        except InvalidArgument:
            return ()  # without classes
        return (f"what is unfamiliar in {other.space.name} is told by the queries that were given",)
    if row.field != DEFAULT_FIELD or not read_calibration(engine, live).queries:
        return ()
    return (
        f"the queries that calibrated {live.space.name} are kept as its vectors, and say nothing "
        f"of what is unfamiliar in {other.space.name}: after the switch calibrate anew (vecstore "
        f"collections calibrate {collection.name} FILE), or begin with {FEWEST} queries or more "
        "(--queries)",
    )


def _vectors(field: Field, row: ReembedRow) -> FloatArray:
    """Vectors of different queries, shape (n, dim); without those that the encoder refuses."""
    texts = list(dict.fromkeys(one.text for one in row.queries))
    if len(texts) < FEWEST:
        return np.empty((0, field.space.dim), np.float32)
    inputs = [Input(Modality.TEXT, texts[place]) for place in evenly(len(texts))]
    encoded = field.encode_each(inputs, Role.QUERY)
    rows = {one.values.tobytes(): one.values for one in encoded if isinstance(one, Vector)}
    return np.array(list(rows.values()), np.float32).reshape(-1, field.space.dim)
