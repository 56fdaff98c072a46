"""A bridge made: stored inputs encoded anew as queries, two maps fitted, the better one kept."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vecstore.bridges import BridgeInfo, bridged_space
from vecstore.bridging.fitting import MIN_RECALL, FittedBridge, fit_best
from vecstore.encoders.each import each_of
from vecstore.encoders.reading import plural
from vecstore.errors import FailedPrecondition, InvalidArgument, VecstoreError
from vecstore.evaluation.matrices import unit_rows
from vecstore.inputs import shorten
from vecstore.inputs.names import check_bridge_name
from vecstore.instants import now
from vecstore.records import Input, Role
from vecstore.searches import whole_number
from vecstore.spaces import FloatArray, Metric, Vector, require_same_space
from vecstore.storage.bridges import taken
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import told
from vecstore.storage.movable import different_inputs, input_of
from vecstore.storage.releases import Release
from vecstore.storage.staging import Unmoved

if TYPE_CHECKING:
    from vecstore.index.live import LiveIndex
    from vecstore.store import Store

LEAST, MOST = 1000, 20_000
"""Inputs that a bridge is fitted and judged on."""

Steps = Generator[tuple[int, int], None, BridgeInfo]
"""(inputs encoded, of so many), again and again; the bridge at the end."""

_MAX_SEED = 2**63 - 1
# Inputs encoded between two looks at whether anybody still waits.
_AT_ONCE = 64
# Distances that differ by less, as a share of the larger, differ by rounding.
_SAME = 1e-6


def making(
    store: Store,
    collection: CollectionRow,
    row: FieldRow,
    index: LiveIndex,
    encoder: str,
    *,
    name: str,
    pairs: int,
    seed: int,
    force: str,
) -> Steps:
    """Fit a bridge to a field, and put it on record; nothing is, where this is closed before.

    Args:
        store: the open store.
        collection, row, index: the field, in its live space.
        encoder: of the queries.
        name: of the bridge.
        pairs: stored inputs that are encoded.
        seed: of what is held out.
        force: why it is to be taken although it is poor; empty refuses it.

    Raises:
        VecstoreError: see :meth:`vecstore.collection.Collection.fit_bridge`.
    """
    check_bridge_name(name)
    wanted = whole_number("pairs", pairs, LEAST, MOST)
    drawn = whole_number("seed", seed, 0, _MAX_SEED)
    if not isinstance(force, str):
        raise InvalidArgument(
            f"force is {shorten(force)}; give the reason in words, for the record", field="force"
        )
    if store.bridges.rows.named(collection, name) is not None:
        raise taken(collection, name)
    release = _checked(store, collection, row, encoder)
    source, target, asked = yield from _pairs(store, collection, row, release, wanted)

    def finds(mapped: FloatArray, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return _found_again(index, collection.metric, mapped, target[rows])

    fitted = fit_best(source, target, finds, drawn)
    poor = fitted.figures["recall@1"].value < MIN_RECALL
    if poor and not force.strip():
        raise _poor(collection, row, release, fitted)
    info = BridgeInfo(
        name=name,
        collection=collection.name,
        field=row.name,
        source=release.space,
        target=row.space,
        space=bridged_space(release.space, row.space, fitted.map.digest, name),
        kind=fitted.map.kind,
        pairs=fitted.pairs,
        held_out=fitted.held_out,
        figures=fitted.figures,
        forced=force.strip() if poor else "",
        created_at=now(),
    )
    # Whoever has gone while it was fitted gets none either.
    yield asked, asked
    store.require(collection)
    store.bridges.rows.add(collection, row, info, fitted.map)
    return info


def _checked(store: Store, collection: CollectionRow, row: FieldRow, encoder: str) -> Release:
    """The newer encoder's release; it is loaded and checked."""
    if not isinstance(encoder, str):
        raise InvalidArgument(f"encoder is {shorten(encoder)}; give its name", field="encoder")
    release = store.models.resolve(encoder)
    if release.external:
        raise InvalidArgument(
            f"{release.name} is an external space: its vectors are made elsewhere, so no query "
            "can be encoded with it here; name an encoder that can be loaded",
            field="encoder",
        )
    space = release.space
    require_same_space(space, space, accepted=store.models.accepted(space))
    if space == row.space:
        raise InvalidArgument(
            f"the field {row.name!r} of {collection.name!r} lives in {space.name} already; a "
            "bridge is for queries of another encoder",
            field="encoder",
        )
    store.models.load(release)
    return release


def _pairs(
    store: Store, collection: CollectionRow, row: FieldRow, release: Release, wanted: int
) -> Generator[tuple[int, int], None, tuple[FloatArray, FloatArray, int]]:
    """Vectors of the same inputs, as new queries and as they are stored, and how many inputs were
    to be encoded.
    """
    with told("reading stored inputs"), store.catalog.engine.connect() as connection:
        drawn = different_inputs(connection, row, wanted)
    stored = store.reader.stored_vectors(row, [one.id for one in drawn])
    # Written anew meanwhile, a record has another vector than that of the input that was read.
    kept = [one for one in drawn if one.id in stored and stored[one.id][0] == one.label]
    if len(kept) < LEAST:
        raise InvalidArgument(
            f"{_inputs(collection, row, len(kept))}; a bridge is fitted on {LEAST:,} at least: add "
            "more records, or move the collection with reembed start",
            field="pairs",
            count=len(kept),
        )
    values, asked = yield from _encoded(store, collection, row, release, kept)
    source = np.stack(list(values.values()))
    target = np.stack([stored[one][1].values for one in values])
    if collection.metric is Metric.COSINE:
        target = unit_rows(target)
    return source, target, asked


def _encoded(
    store: Store,
    collection: CollectionRow,
    row: FieldRow,
    release: Release,
    kept: Sequence[Unmoved],
) -> Generator[tuple[int, int], None, tuple[dict[str, FloatArray], int]]:
    """The newer model's queries by the ids of their records, none of what it refuses; and how many
    it was given.
    """
    reads = store.models.load(release).modalities
    given = {one.id: what for one in kept if (what := input_of(one)) and what.modality in reads}
    values: dict[str, FloatArray] = {}
    refused: tuple[str, VecstoreError] | None = None
    # Batches of nearly one length need the least padding.
    ids = sorted(given, key=lambda one: len(given[one].data))
    for start in range(0, len(ids), _AT_ONCE):
        yield start, len(ids)
        # Of a store that is closed, or of what is deleted, no more is encoded.
        store.require(collection)
        some = ids[start : start + _AT_ONCE]
        for one, vector in zip(
            some, _each(store, release, [given[it] for it in some]), strict=True
        ):
            if isinstance(vector, VecstoreError):
                refused = refused or (one, vector)
            elif vector.values.any():
                values[one] = vector.values
    yield len(ids), len(ids)
    if len(values) >= LEAST:
        return values, len(ids)
    why = f"it reads {' and '.join(plural(one) for one in sorted(reads))}"
    if refused is not None:
        why = f"record {refused[0]!r}: {refused[1].message}"
    raise InvalidArgument(
        f"{_inputs(collection, row, len(kept))}, and {release.name} gives vectors for "
        f"{len(values):,} of them; a bridge is fitted on {LEAST:,} at least ({why}): name an "
        "encoder that reads them",
        field="encoder",
        count=len(values),
    )


def _each(store: Store, release: Release, inputs: Sequence[Input]) -> list[Vector | VecstoreError]:
    return each_of(lambda some: store.models.encode(release, some, Role.QUERY), inputs)


def _found_again(
    index: LiveIndex, metric: Metric, mapped: FloatArray, own: FloatArray
) -> NDArray[np.bool_]:
    """Whether nothing in the field is nearer to a query than its own record's vector."""
    asked, there = mapped.astype(np.float64), own.astype(np.float64)
    if metric is Metric.L2:
        distances = np.square(asked - there).sum(axis=1)
    else:
        distances = 1.0 - (asked * there).sum(axis=1)
    nearest: list[float] = []
    for some in index.search_many(mapped, 1):
        if isinstance(some, list):
            nearest += [found[0][0] for found in some]
        else:
            nearest += some.distances[:, 0].tolist()
    best = np.array(nearest)
    same: NDArray[np.bool_] = distances <= best + _SAME * np.maximum(1.0, np.abs(best))
    return same


def _inputs(collection: CollectionRow, row: FieldRow, count: int) -> str:
    return (
        f"the field {row.name!r} of {collection.name!r} has {count:,} different stored inputs "
        "whose vectors its encoder made"
    )


def _poor(
    collection: CollectionRow, row: FieldRow, release: Release, fitted: FittedBridge
) -> FailedPrecondition:
    figures = fitted.figures
    recall = figures["recall@1"]
    lengths = ""
    if collection.metric is not Metric.COSINE:
        lengths = (
            f" (mapped queries have length 1: under {collection.metric} it can be good only where "
            "stored vectors have that too)"
        )
    return FailedPrecondition(
        f"the best map from {release.name} to {row.space.name}, fitted on {fitted.pairs:,} stored "
        f"inputs of {collection.name!r}, finds {recall.value:.2f} ({recall.low:.2f} to "
        f"{recall.high:.2f}) of {fitted.held_out:,} others again (recall@1), and shares "
        f"{figures['overlap'].value:.2f} of their neighbours, where the two models agree on "
        f"{figures['ceiling'].value:.2f}; below {MIN_RECALL:.2f} a bridge is refused{lengths}: "
        "move the collection with reembed start, or force it with a reason, which goes on record",
        recall=f"{recall.value:.4f}",
    )
