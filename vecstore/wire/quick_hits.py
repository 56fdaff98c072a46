"""The bytes of hits without the messages in between.

A search may add as much time to the index's as it takes to make ten messages. What is written here
is, byte for byte, what protobuf would write.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from functools import lru_cache

from vecstore.calibrations import Unfamiliarity
from vecstore.spaces import Space
from vecstore.v1 import search_service_pb2 as pb
from vecstore.v1 import types_pb2
from vecstore.wire.calibrations import fill_unfamiliarity
from vecstore.wire.vectors import space_to_message

# Field numbers and wire types: hits of an answer; id, distance and score of a hit.
_HITS = b"\x0a"
_ID, _DISTANCE, _SCORE = b"\x0a", 0x11, 0x19
_DOUBLES = 18


def hits_to_bytes(found: Iterable[tuple[float, str, int]], *, squared: bool) -> bytes:
    """``hits`` of a SearchResponse: ids, distances and scores, nothing else.

    Args:
        found: distance, record id, label.
        squared: whether distances are squared l2, so that scores are minus these, and 1 minus
            these otherwise.
    """
    pieces = []
    for distance, record, _ in found:
        score = -distance if squared else 1.0 - distance
        name = record.encode()
        if name and distance and score:
            head, pack = _form(len(name))
            pieces.append(pack(head, name, _DISTANCE, distance, _SCORE, score))
        else:  # protobuf leaves out what is empty or zero, but not what is minus zero
            hit = types_pb2.Hit(id=record, distance=distance, score=score)
            pieces.append(pb.SearchResponse(hits=[hit]).SerializeToString())
    return b"".join(pieces)


def space_to_bytes(space: Space) -> bytes:
    """``space`` of a SearchResponse."""
    return pb.SearchResponse(space=space_to_message(space)).SerializeToString()


def rest_to_bytes(strange: Unfamiliarity | None, evaluated: bool) -> bytes:
    """What follows hits and space in a SearchResponse."""
    message = pb.SearchResponse(encoder_evaluated=evaluated)
    if strange is not None:
        fill_unfamiliarity(message.unfamiliarity, strange)
    return message.SerializeToString()


@lru_cache(maxsize=256)
def _form(size: int) -> tuple[bytes, Callable[..., bytes]]:
    """What stands before an id of so many bytes, and what packs a whole hit."""
    name = _ID + _varint(size)
    head = _HITS + _varint(len(name) + size + _DOUBLES) + name
    return head, struct.Struct(f"<{len(head)}s{size}sBdBd").pack


def _varint(number: int) -> bytes:
    pieces = []
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        pieces.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*pieces, number])
