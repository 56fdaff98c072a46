"""What went wrong with a call, as an error of ours.

Where the server is a vecstore that could answer, its answer says what; otherwise the connection
itself is at fault, and the sentence names the address and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
from google.rpc import status_pb2  # type: ignore[import-untyped]

from vecstore.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InternalError,
    InvalidArgument,
    Overloaded,
    StoreClosed,
    Unavailable,
    VecstoreError,
)
from vecstore.wire.errors import DETAILS_KEY, error_from_status

# What the asyncio API says when a stream is written to that the server has ended.
_ENDED = "Internal error from Core"
_TOO_LARGE = "larger than max"
# What gRPC says where it has no connection to send a call over.
_NEVER_SENT = "failed to connect to all addresses"

Meaning = tuple[type[VecstoreError], str]
_REFUSED: Meaning = (
    InvalidArgument,
    "{method} was refused by {address}: {text}; send or ask for less in one call",
)
_AWAY: Meaning = (
    Unavailable,
    "no vecstore server answers at {address} ({text}); is it running? start one with: "
    "vecstore serve --data DIR --listen HOST:PORT",
)
_CUT_OFF: Meaning = (
    Unavailable,
    "{address} ended the stream; what was not answered may not be stored: send it again",
)
_UNEXPECTED: Meaning = (
    InternalError,
    "{method} failed at {address} with {code.name} ({text}); its log may say why",
)
_MEANINGS: Mapping[grpc.StatusCode, Meaning] = {
    grpc.StatusCode.INVALID_ARGUMENT: _REFUSED,
    grpc.StatusCode.UNAVAILABLE: _AWAY,
    grpc.StatusCode.CANCELLED: _AWAY,
    grpc.StatusCode.DEADLINE_EXCEEDED: (
        DeadlineExceeded,
        "{method} got no answer from {address} within {timeout} s; allow more time "
        "(connect(..., timeout=SECONDS)), or send less in one call",
    ),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (
        Overloaded,
        "{address} has too much to do ({text}); try again later",
    ),
    grpc.StatusCode.UNIMPLEMENTED: (
        FailedPrecondition,
        "the server at {address} does not know {path}: it is no vecstore server, or of another "
        "version; check the address",
    ),
}


def error_of(error: Any, address: str, path: str, timeout: float | None) -> VecstoreError:
    """The error that a failed call means.

    Args:
        error: a ``grpc.RpcError`` of either API; it knows its code, details and trailers.
        address: whom the call was made to.
        path: the method.
        timeout: how long the call was allowed to take, in seconds.
    """
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            return error_from_status(status_pb2.Status.FromString(value))
    code, text = error.code(), error.details() or ""
    kind, sentence = _meaning(code, text)
    method = path.rpartition("/")[2]
    message = sentence.format(
        method=method, address=address, text=text, code=code, path=path, timeout=timeout
    )
    if code is grpc.StatusCode.UNAVAILABLE and text.startswith(_NEVER_SENT):
        return kind(message, address=address, begun="no")
    return kind(message, address=address)


def closed(address: str) -> StoreClosed:
    """The error of a call on a closed connection."""
    return StoreClosed(f"the connection to {address} is closed; connect again")


def _meaning(code: grpc.StatusCode, text: str) -> Meaning:
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE in text:
        return _REFUSED
    if text == _ENDED:
        return _CUT_OFF
    return _MEANINGS.get(code, _UNEXPECTED)
