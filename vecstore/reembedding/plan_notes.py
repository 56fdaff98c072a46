"""What a person should know before a re-embedding is started, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vecstore.encoders.reading import plural
from vecstore.reembedding.carrying import LEAST
from vecstore.reembedding.room import Room
from vecstore.reembedding.sampling import Sampled
from vecstore.storage.catalog import CollectionRow, FieldRow, NewFieldRow
from vecstore.storage.movable import Movable

if TYPE_CHECKING:
    from vecstore.specs import Encoder

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Case:
    """What the notes are made of.

    Args:
        collection, live, target: what is moved, from where and to where.
        found: what the field holds.
        encodes: False where vectors are computed from the old ones.
        sampled: what a sample said of the encoder.
        needed, free: room on the disk; the latter in bytes, of the store's folder.
        sqlite: whether the database is in that folder.
        encoder: of the new space.
        evaluated: whether anybody judged the new space.
    """

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
    evaluated: bool


def notes(case: Case) -> Iterator[str]:
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
    if not case.evaluated:
        yield (
            f"{case.target.space.name} has not been evaluated in this store; gates on figures of "
            "evaluations need one: vecstore evaluate."
        )


def _obstacles(case: Case) -> Iterator[str]:
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


def _unmovable(case: Case) -> Iterator[str]:
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


def _meanwhile(case: Case) -> Iterator[str]:
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
