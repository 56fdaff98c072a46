"""What went wrong with a call, as an error of ours.

Where the server is a vecstore that could answer, its answer says what; otherwise the connection
itself is at fault, and the sentence names the address and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def error_of(error: Any, address: str, path: str, timeout: float | None) -> VecstoreError:
    """The error that a failed call means.

    Args:
        error: a ``grpc.RpcError`` of either API; it knows its code, details and trailers.
        address: whom the call was made to.
        path: the method.
        timeout: how long the call was allowed to take, in seconds.
    """
    for key, value in _pairs(error.trailing_metadata()):
        if key == DETAILS_KEY:
            return error_from_status(status_pb2.Status.FromString(value))
    return _without_details(error.code(), error.details() or "", address, path, timeout)


def closed(address: str) -> StoreClosed:
    """The error of a call on a closed connection."""
    return StoreClosed(f"the connection to {address} is closed; connect again")


def _pairs(metadata: Iterable[Any] | None) -> Iterable[Any]:
    return metadata or ()


def _without_details(
    code: grpc.StatusCode, text: str, address: str, path: str, timeout: float | None
) -> VecstoreError:
    method = path.rpartition("/")[2]
    too_large = code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in text
    if too_large or code is grpc.StatusCode.INVALID_ARGUMENT:
        return InvalidArgument(
            f"{method} was refused by {address}: {text}; send or ask for less in one call"
        )
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded(
            f"{method} got no answer from {address} within {timeout} s; allow more time "
            "(connect(..., timeout=SECONDS)), or send less in one call"
        )
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return Unavailable(
            f"no vecstore server answers at {address} ({text}); is it running? "
            "start one with: vecstore serve --data DIR --listen HOST:PORT",
            address=address,
        )
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Overloaded(f"{address} has too much to do ({text}); try again later")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return FailedPrecondition(
            f"the server at {address} does not know {path}: it is no vecstore server, or of "
            "another version; check the address",
            address=address,
        )
    return InternalError(
        f"{method} failed at {address} with {code.name} ({text}); its log may say why"
    )
