"""Searches by vector for ids alone, whose requests differ in their numbers only.

Everything else of such a request is made once, in the ordinary way, and kept as bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from vecstore.client import search_calls
from vecstore.client.calls import Call, Prepared
from vecstore.hits import Hits
from vecstore.spaces import Space, Vector
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.v1 import types_pb2
from vecstore.wire.queries import bare_hits_from_message
from vecstore.wire.vectors import space_to_message

_BARE = {"include_payload": False, "include_text": False}
_REMEMBERED = 256
_FLOAT_BYTES = 4
# Without this bit of its exponent a float32 is finite.
_FINITE = 0xBFFFFFFF


class _Frame(NamedTuple):
    """The bytes around the numbers of a request, and its space as a message."""

    path: str
    before: bytes
    after: bytes
    space: types_pb2.Space


def bare_search(
    collection: str, query: object, k: object, given: Mapping[str, object]
) -> Call[Hits] | None:
    """``search(...)`` of a collection; None where it is not by vector, or for more than ids."""
    if type(query) is not Vector or type(k) is not int or given != _BARE:
        return None
    space, values = query.space, query.values
    frame = _frame(collection, space, len(values), k)
    if frame is None:
        return None
    raw = b"".join((frame.before, values.tobytes(), frame.after))
    read = partial(_read, space, frame.space)
    return Call(frame.path, Prepared(raw), search_pb.SearchResponse, read)


@lru_cache(maxsize=_REMEMBERED)
def _frame(collection: str, space: Space, dim: int, k: int) -> _Frame | None:
    drawn = np.frombuffer(os.urandom(_FLOAT_BYTES * dim), "<u4") & _FINITE
    values = drawn.astype("<u4").view("<f4")
    packed = values.tobytes()
    options = search_calls.search_options(k, dict(_BARE))  # type: ignore[arg-type]
    call = search_calls.search(collection, Vector(space, values), options)
    before, found, after = call.request.SerializeToString().partition(packed)
    if not found or packed in after:  # so few numbers that they stand there by chance
        return None
    return _Frame(call.path, before, after, space_to_message(space))


def _read(space: Space, asked: types_pb2.Space, answer: search_pb.SearchResponse) -> Hits:
    # Usually the answer's space is the question's, and need not be made again.
    return bare_hits_from_message(answer, space if answer.space == asked else None)
