"""A sample of what is stored, encoded to see how long all of it would take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vecstore.errors import VecstoreError
from vecstore.fields import Field
from vecstore.reembedding.each import encode_each
from vecstore.reembedding.pace import Pace
from vecstore.reembeddings import FieldState
from vecstore.storage.catalog import CollectionRow, FieldRow, NewFieldRow
from vecstore.storage.movable import input_of
from vecstore.storage.staging import Unmoved

if TYPE_CHECKING:
    from vecstore.records import Input
    from vecstore.store import Store

# Encoded before the clock starts: models get ready at their first inputs.
_FIRST = 4
_BATCH = 64
# No batch begins after so many seconds.
_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a sample said.

    Args:
        count: records that were encoded.
        rate: records per second, with the rests that keep the encoder to its cores.
        refused: how many the encoder refused.
        reason: why, of one of them.
    """

    count: int
    rate: float
    refused: int = 0
    reason: str = ""


def sample(
    store: Store,
    collection: CollectionRow,
    target: NewFieldRow,
    drawn: Sequence[Unmoved],
    cores: float,
) -> Sampled | None:
    """Encode records as a filling would: sorted by length, in batches, resting between them.

    Args:
        target: the field in the new space.
        drawn: records with a stored input; nothing of them is written.
        cores: share of the cores that encoding may use.

    Returns:
        None where there are none.

    Raises:
        VecstoreError: what is wrong with the encoder.
    """
    inputs = [one for one in map(input_of, drawn) if one is not None]
    if not inputs:
        return None
    row = FieldRow(0, target.name, target.space, target.index_backend, FieldState.STAGED)
    field = Field(store, collection, row)
    by_length = sorted(inputs, key=lambda one: len(one.data))
    began = time.perf_counter()
    encode_each(field, by_length[:: max(1, len(by_length) // _FIRST)][:_FIRST])
    count = 0
    seconds = 0.0
    refused: list[VecstoreError] = []
    for batch in _batches(by_length):
        if count and time.perf_counter() - began > _SECONDS:
            break
        took, errors = _timed(field, batch, cores)
        count, seconds = count + len(batch), seconds + took
        refused += errors
    reason = refused[0].message if refused else ""
    return Sampled(count, count / max(seconds, 1e-9), len(refused), reason)


def _batches(by_length: Sequence[Input]) -> list[Sequence[Input]]:
    """Batches of about one length; those that come first have, in the mean, that of all."""
    whole = [by_length[start : start + _BATCH] for start in range(0, len(by_length), _BATCH)]
    middle = len(whole) // 2
    return [
        whole[place]
        for apart in range(len(whole))
        for place in dict.fromkeys((middle - apart, middle + apart))
        if 0 <= place < len(whole)
    ]


def _timed(field: Field, batch: Sequence[Input], cores: float) -> tuple[float, list[VecstoreError]]:
    pace = Pace(cores)
    pace.begin()
    began = time.perf_counter()
    found = encode_each(field, batch)
    took = time.perf_counter() - began + pace.rest()
    return took, [one for one in found if isinstance(one, VecstoreError)]
