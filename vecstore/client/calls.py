"""What a remote call is: the request, the method, and how its answer is read.

Every call is described once, in the modules ``*_calls``; the synchronous and the asynchronous store
send the same descriptions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from google.protobuf.message import Message

from vecstore.errors import InvalidArgument

T = TypeVar("T")

_MAX_INT32 = 2**31 - 1


class Prepared(NamedTuple):
    """A request whose bytes are known already."""

    raw: bytes

    def SerializeToString(self) -> bytes:  # noqa: N802 - as messages have it
        """The bytes."""
        return self.raw


class Call(NamedTuple, Generic[T]):
    """One call, ready to be sent.

    Args:
        path: ``/package.Service/Method``.
        request: what is sent.
        response_type: what the answer is parsed as.
        read: what the caller gets of it.
        too_large: advice for a request that exceeds the limit of one message.
    """

    path: str
    request: Message | Prepared
    response_type: type[Message]
    read: Callable[[Any], T]
    too_large: str = "send less in one call"


def whole_number(value: object, field: str, least: int, most: int = _MAX_INT32) -> int:
    """A number that a message can carry; whether it is a sensible one is the server's business."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not least <= value <= most:  # type: ignore[operator]
        raise InvalidArgument(
            f"{field} is {value!r}; give a whole number of 1 or more", field=field
        )
    return int(value)  # type: ignore[call-overload, no-any-return]
