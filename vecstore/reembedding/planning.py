"""What a re-embedding would take: records, time and room, and what cannot move."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.encoders.reading import plural
from vecstore.errors import StorageError
from vecstore.reembedding.carrying import LEAST
from vecstore.reembedding.deriving import derives
from vecstore.reembedding.room import Load, Room, room
from vecstore.reembedding.sampling import Sampled, sample
from vecstore.reembeddings import ReembedCounts, ReembedPlan
from vecstore.storage.catalog import CollectionRow, FieldRow, NewFieldRow
from vecstore.storage.faults import told
from vecstore.storage.movable import Movable, movable, spread_inputs
from vecstore.storage.staging import Unmoved

if TYPE_CHECKING:
    from vecstore.specs import Encoder
    from vecstore.store import Store

_SAMPLE = 256
_DIGEST_BYTES = 32
_MIB = 1 << 20


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
    case = _Case(collection, live, target, found, encodes, sampled, needed, free, sqlite, encoder)
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
        notes=tuple(_notes(case, evaluated=store.evaluations.evaluated(target.space))),
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


@dataclass(frozen=True, slots=True)
class _Case:
    """What the notes are made of."""

    collection: CollectionRow
    live: FieldRow
    target: NewFieldRow
    found: Movable
    encodes: bool
    sampled: Sampled | None
    needed: Room
    free: int
    sqlite: bool
    encoder: Encoder


def _notes(case: _Case, *, evaluated: bool) -> Iterator[str]:
    """What a person should know first; what keeps it from being done comes first."""
    yield from _obstacles(case)
    if case.encodes:
        yield from _unmovable(case)
    else:
        yield (
            f"the vectors of {case.target.space.name} are computed from those of "
            f"{case.live.space.name}: nothing is encoded, and every record moves, those without a "
            "stored input too."
        )
    yield from _meanwhile(case)
    if not evaluated:
        yield (
            f"{case.target.space.name} has not been evaluated in this store; gates on figures of "
            "evaluations need one: vecstore evaluate."
        )


def _obstacles(case: _Case) -> Iterator[str]:
    other = case.collection.other(case.live.name)
    if other is not None:
        yield (
            f"the field has a space beside its live one already, {other.space.name} "
            f"({other.state}): finish or cancel that re-embedding before another one is started."
        )
    on_disk = case.needed.total if case.sqlite else case.needed.graph
    if on_disk > case.free:
        yield (
            f"the disk of the store has {_size(case.free)} free, and about {_size(on_disk)} are "
            "needed: make room first."
        )
    if case.sampled is not None and case.sampled.refused:
        yield (
            f"{case.sampled.refused:,} of {case.sampled.count:,} sampled records were refused by "
            f"the encoder, one of them because: {case.sampled.reason}"
        )


def _unmovable(case: _Case) -> Iterator[str]:
    found = case.found
    pairs = found.encodable + found.own
    carried = (
        "carry maps them into the new space, marked in every answer"
        if pairs >= LEAST
        else f"carry needs {LEAST:,} stored inputs to fit a map on, and there are {pairs:,}"
    )
    if found.own:
        unread = [kind for kind in found.brought if kind not in case.encoder.modalities]
        also = "".join(
            f", but not {plural(kind)}, of which there are {found.brought[kind].count:,}"
            for kind in unread
        )
        yield (
            f"{_records(found.own)} with a vector that a caller brought, beside a stored input, "
            f"{_stay(found.own)} until decided (brought): encode encodes the input{also}; "
            f"{carried}; leave_out leaves them out of the new space."
        )
    if found.without_input:
        yield (
            f"{_records(found.without_input)} without a stored input cannot be encoded, and "
            f"{_stay(found.without_input)} until decided (without_input): {carried}; leave_out "
            "leaves them out of the new space."
        )


def _meanwhile(case: _Case) -> Iterator[str]:
    needed = case.needed
    if needed.inputs:
        yield (
            "stored inputs are copied beside the new vectors until it is finished: about "
            f"{_size(needed.inputs)} of what is needed (images are not copied)."
        )
    yield (
        f"a second graph is kept in memory until it is finished: about {_size(needed.graph)}; "
        "while it is written to disk, it takes that much twice there."
    )
    if not case.sqlite:
        yield (
            f"about {_size(needed.vectors + needed.inputs)} are needed by the PostgreSQL database, "
            "whose free room is not known here; what is free is said of the store's own folder."
        )
    if case.encodes:
        yield (
            "writes are encoded twice meanwhile, for both spaces, until it is finished or "
            "cancelled, so they take longer."
        )
    yield (
        f"vectors of {case.live.space.name} that callers bring meanwhile are taken, and block the "
        "switch until decided; from the switch on they are refused (SPACE_RETIRED)."
        if case.encodes
        else f"from the switch on, vectors of {case.live.space.name} are refused (SPACE_RETIRED)."
    )


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _stay(count: int) -> str:
    return "blocks the switch" if count == 1 else "block the switch"


def _size(count: int) -> str:
    return f"{max(1, round(count / _MIB)):,} MiB"
