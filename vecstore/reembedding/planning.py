"""What a re-embedding would take: records, time and room, and what cannot move."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.errors import StorageError
from vecstore.reembedding.deriving import derives
from vecstore.reembedding.plan_notes import Case, notes
from vecstore.reembedding.room import Load, room
from vecstore.reembedding.sampling import Sampled, sample
from vecstore.reembeddings import ReembedCounts, ReembedPlan
from vecstore.storage.catalog import CollectionRow, FieldRow, NewFieldRow
from vecstore.storage.faults import told
from vecstore.storage.movable import Movable, movable, spread_inputs
from vecstore.storage.staging import Unmoved

if TYPE_CHECKING:
    from vecstore.store import Store

_SAMPLE = 256
_DIGEST_BYTES = 32


def plan(
    store: Store, collection: CollectionRow, live: FieldRow, target: NewFieldRow, cores: float
) -> ReembedPlan:
    """What it would take to move a field; nothing is changed.

    The time is measured: about 250 stored inputs, spread over the collection, are encoded, for
    three seconds or so at most.

    Args:
        live: the field in its live space.
        target: the same as it is to be, checked.
        cores: share of the cores that encoding may use.

    Raises:
        VecstoreError: the encoder cannot be used, or the store.
    """
    engine = store.catalog.engine
    with told("counting records"), engine.connect() as connection:
        found = movable(connection, live)
        drawn = spread_inputs(connection, live, _SAMPLE)
    encodes = not derives(live.space, target.space)
    release = store.models.resolve(f"{target.space.model}@{target.space.version}")
    encoder = store.models.load(release)
    such = [one for one in drawn if one.digest] or drawn
    sampled = sample(store, collection, target, such, cores) if encodes else None
    counts = _counts(found, encodes)
    sqlite = engine.dialect.name == "sqlite"
    needed = room(_load(found, drawn, target), store.settings.hnsw_m, sqlite=sqlite)
    free = _free(store.folder)
    case = Case(
        collection=collection,
        live=live,
        target=target,
        found=found,
        encodes=encodes,
        sampled=sampled,
        needed=needed,
        free=free,
        sqlite=sqlite,
        encoder=encoder,
        evaluated=store.evaluations.evaluated(target.space),
    )
    return ReembedPlan(
        collection=collection.name,
        field=live.name,
        source=live.space,
        target=target.space,
        counts=counts,
        encodes=encodes,
        sampled=0 if sampled is None else sampled.count,
        records_per_second=None if sampled is None else sampled.rate,
        seconds=_seconds(counts.pending, sampled),
        bytes_needed=needed.total,
        bytes_free=free,
        notes=tuple(notes(case)),
    )


def _seconds(pending: int, sampled: Sampled | None) -> float | None:
    if sampled is None:
        return None if pending else 0.0
    return pending / sampled.rate


def _counts(found: Movable, encodes: bool) -> ReembedCounts:
    if not encodes:
        return ReembedCounts(total=found.total, pending=found.total)
    return ReembedCounts(
        total=found.total,
        pending=found.encodable,
        brought=found.own,
        without_input=found.without_input,
    )


def _load(found: Movable, drawn: Sequence[Unmoved], target: NewFieldRow) -> Load:
    ids = [len(one.id.encode()) for one in drawn]
    sizes = [
        _DIGEST_BYTES if one.image is not None else len((one.text or one.categories or "").encode())
        for one in drawn
    ]
    return Load(
        records=found.total,
        dim=target.space.dim,
        id_bytes=_mean(ids),
        inputs=found.total - found.without_input,
        input_bytes=_mean(sizes),
    )


def _mean(sizes: Sequence[int]) -> float:
    return sum(sizes) / len(sizes) if sizes else 0.0


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise StorageError(
            f"cannot see how much room the disk of {folder} has: {error.strerror}; check that the "
            "folder is there",
            folder=folder,
        ) from error
