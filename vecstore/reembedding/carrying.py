"""Vectors without a stored input, or brought by callers, mapped from the old space to the new one.

The map is fitted on stored inputs that have a vector in both spaces by then, and judged on others,
see :mod:`vecstore.reembedding.mapping`. Where it finds fewer than half of these again, its vectors
would be noise among the others, and are not written: nobody can overrule that, since such records
are better left out. Every carried vector is marked as such for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import FailedPrecondition, InvalidArgument
from vecstore.evaluation.matrices import unit_rows
from vecstore.fields import Encoded, Field
from vecstore.records import DEFAULT_FIELD
from vecstore.reembedding.deriving import admitted, derives
from vecstore.reembedding.mapping import FittedMap, best_map
from vecstore.reembeddings import Decision, ReembedOptions
from vecstore.spaces import FloatArray, Metric, Space
from vecstore.storage.beside import carried_labels
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import told
from vecstore.storage.movable import movable, spread_pairs
from vecstore.storage.staging import counts

if TYPE_CHECKING:
    from vecstore.store import Store

LEAST = 1000
"""Different inputs with a vector in both spaces, below which no map is fitted."""

MIN_RECALL = 0.5
"""Known-item recall@1 of the map, below which nothing is carried over."""

# More tell a map of so many dims little that is new.
_MOST = 4000


class Carrier:
    """Maps vectors into the new space.

    Args:
        found: the map.
        other: the field in the new space.
        normalized: whether the new encoder's vectors have length 1; these then have it too.
    """

    def __init__(self, found: FittedMap, other: Field, normalized: bool) -> None:
        self._matrix, self._other, self._normalized = found.matrix, other, normalized

    def vectors(self, before: Sequence[FloatArray]) -> list[Encoded]:
        """Mapped vectors; an error for one that the map leaves nothing of.

        Args:
            before: each of shape (dims of the old space,), float32.
        """
        if not before:
            return []
        values = np.stack(before) @ self._matrix
        if self._normalized:
            values = unit_rows(values)
        return [admitted(self._other, one) for one in values]


def fitted_carrier(
    store: Store,
    collection: CollectionRow,
    left: FieldRow,
    other: FieldRow,
    options: ReembedOptions,
) -> Carrier | None:
    """What carries vectors over, by the pairs that there are now.

    Args:
        left: the field in the old space.
        other: the same in the new one.
        options: what was decided.

    Returns:
        None where nothing is to be carried over, or where others are still to be encoded.

    Raises:
        FailedPrecondition: too few pairs, or no map that is worth it.
    """
    with told("counting records"), store.catalog.engine.connect() as connection:
        found = counts(connection, left, other)
    waiting = found.pending + (found.brought if options.brought is Decision.ENCODE else 0)
    wanted = found.brought if options.brought is Decision.CARRY else 0
    wanted += found.without_input if options.without_input is Decision.CARRY else 0
    if waiting or not wanted:
        return None
    fitted = fitted_map(store, collection, left, other)
    if fitted is None:
        raise _too_few(collection, left, other, wanted, options)
    if fitted.recall.value < MIN_RECALL:
        raise _hopeless(collection, left, other, wanted, options, fitted)
    release = store.models.resolve(f"{other.space.model}@{other.space.version}")
    normalized = store.models.load(release).normalized
    return Carrier(fitted, Field(store, collection, other), normalized)


def require_carriable(
    store: Store,
    collection: CollectionRow,
    live: FieldRow,
    target: Space,
    options: ReembedOptions,
) -> None:
    """Refuse to carry over what could not be, before anything is begun.

    Args:
        live: the field in its live space.
        target: where it is to live.
        options: what was decided.

    Raises:
        InvalidArgument: a map is needed, and too little is stored to fit one.
    """
    if Decision.CARRY not in (options.brought, options.without_input):
        return
    with told("counting records"), store.catalog.engine.connect() as connection:
        found = movable(connection, live, kept=False)
    pairs = found.encodable + (found.own if options.brought is Decision.ENCODE else 0)
    if derives(live.space, target) or pairs >= LEAST:
        return
    for name, count in (("brought", found.own), ("without_input", found.without_input)):
        if count and getattr(options, name) is Decision.CARRY:
            raise InvalidArgument(
                f"{name} is carry: {_vectors(count)} of {collection.name!r} would be mapped from "
                f"{live.space.name} to {target.name}, and the map is fitted on at least "
                f"{LEAST:,} stored inputs, of which there are {pairs:,}; use another choice",
                field=name,
            )


def fitted_map(
    store: Store, collection: CollectionRow, left: FieldRow, other: FieldRow
) -> FittedMap | None:
    """The better of two maps between a field's spaces, by what is in both; the same every time.

    Under cosine all vectors count as if they had length 1.

    Args:
        left: the field in the space that is mapped from.
        other: the same in the space that is mapped to.

    Returns:
        None where fewer than :data:`LEAST` different inputs are in both.
    """
    with told("reading pairs of vectors"), store.catalog.engine.connect() as connection:
        pairs = spread_pairs(connection, left, other, _MOST)
    # Equal inputs would be found by their likes.
    ids = list({digest: record for record, digest in pairs}.values())
    before, after = (store.reader.stored_vectors(row, ids) for row in (left, other))
    both = [one for one in ids if one in before and one in after]
    if len(both) < LEAST:
        return None
    source, target = (np.stack([side[one][1].values for one in both]) for side in (before, after))
    there = source.any(axis=1) & target.any(axis=1)
    if there.sum() < LEAST:
        return None
    if collection.metric is Metric.COSINE:
        source, target = unit_rows(source), unit_rows(target)
    return best_map(source[there], target[there])


def carried_over(
    store: Store, collection: CollectionRow, left: FieldRow, other: FieldRow
) -> tuple[int, FittedMap | None]:
    """How many vectors of a field were carried over, and what the map is worth, as of now.

    Args:
        left: the field in the space that they were mapped from.
        other: the same in the space that they are in.
    """
    with told("counting records"), store.catalog.engine.connect() as connection:
        count = len(carried_labels(connection, other))
    return count, fitted_map(store, collection, left, other) if count else None


def _too_few(
    collection: CollectionRow,
    left: FieldRow,
    other: FieldRow,
    wanted: int,
    options: ReembedOptions,
) -> FailedPrecondition:
    return FailedPrecondition(
        f"{_vectors(wanted)} cannot be carried over from {left.space.name} to {other.space.name}: "
        f"fewer than {LEAST:,} different stored inputs have a vector in both, on which the map is "
        f"fitted; {_instead(collection, left, options)}",
        collection=collection.name,
    )


def _hopeless(
    collection: CollectionRow,
    left: FieldRow,
    other: FieldRow,
    wanted: int,
    options: ReembedOptions,
    found: FittedMap,
) -> FailedPrecondition:
    return FailedPrecondition(
        f"{_vectors(wanted)} cannot be carried over from {left.space.name} to {other.space.name}: "
        f"{found}, and below a recall@1 of {MIN_RECALL:.2f} nothing is carried over; "
        f"{_instead(collection, left, options)}",
        collection=collection.name,
        recall=f"{found.recall.value:.4f}",
    )


def _instead(collection: CollectionRow, left: FieldRow, options: ReembedOptions) -> str:
    field = "" if left.name == DEFAULT_FIELD else f" --field {left.name}"
    choices = {"brought": "encode", "without_input": "leave_out"}
    chosen = "".join(
        f" --{name.replace('_', '-')} {choice}"
        for name, choice in choices.items()
        if getattr(options, name) is Decision.CARRY
    )
    return f"choose another way for them: vecstore reembed resume {collection.name}{field}{chosen}"


def _vectors(count: int) -> str:
    return "1 vector" if count == 1 else f"{count:,} vectors"
