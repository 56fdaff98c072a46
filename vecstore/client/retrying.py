"""Which calls may be sent again, when, and how often.

A call is sent again where the server was not reached, or said that it has too much to do; never
after a deadline, and never after an answer that says what is wrong. A write that would not be the
same twice carries a key by which the server knows it again.
"""

from __future__ import annotations

import random
import time
import uuid
from typing import Any

from vecstore.client.calls import Call, Prepared
from vecstore.errors import InvalidArgument, Overloaded, Unavailable, VecstoreError

DEFAULT_RETRIES = 4

_BASE_SECONDS = 0.1
_MOST_SECONDS = 2.0
_MOST_RETRIES = 100
# What methods that only read begin with.
_READS = (
    *("Get", "List", "Count", "Search", "Recommend", "Sample", "Encode", "Compare", "Describe"),
    "Plan",
)
_KEY = "idempotency_key"


class Attempts:
    """The attempts of one call, of which there may be several within its one deadline.

    A write that needs a key to be safe is given one here, before it is serialized.

    Args:
        call: what is to be sent.
        timeout: seconds that all attempts may take together, the pauses included.
        retries: how often it may be sent again.
    """

    __slots__ = ("_deadline", "_number", "_repeatable", "_retries")

    def __init__(self, call: Call[Any], timeout: float, retries: int) -> None:
        self._deadline = time.monotonic() + timeout
        self._retries = retries
        self._number = 0
        self._repeatable = retries > 0 and made_repeatable(call)

    @property
    def seconds(self) -> float:
        """What is left for the next attempt."""
        return max(self._deadline - time.monotonic(), 0.0)

    def pause(self, error: VecstoreError) -> float | None:
        """Seconds to wait before the call is sent again; None where it is not to be.

        Args:
            error: what became of the last attempt.
        """
        if self._number >= self._retries or not self._may_follow(error):
            return None
        wait = backoff(self._number)
        if isinstance(error, Overloaded):
            wait += error.retry_after
        self._number += 1
        return wait if wait < self.seconds else None

    def _may_follow(self, error: VecstoreError) -> bool:
        if nothing_done(error):
            return True
        return self._repeatable and isinstance(error, Unavailable | Overloaded)


def made_repeatable(call: Call[Any]) -> bool:
    """Whether a call may be sent twice. A write that needs a key for that is given one."""
    method, request = call.path.rpartition("/")[2], call.request
    if method.startswith(_READS) or isinstance(request, Prepared) or _same_twice(request, method):
        return True
    if _KEY not in request.DESCRIPTOR.fields_by_name:
        return False
    if not getattr(request, _KEY):
        setattr(request, _KEY, uuid.uuid4().hex)
    return True


def nothing_done(error: VecstoreError) -> bool:
    """Whether it is certain that the server has done nothing of a failed call.

    It was never sent, or refused before any work; ``Overloaded`` from a vecstore always is.
    """
    refused = isinstance(error, Overloaded) and "retry_after" in error.details
    return refused or error.details.get("begun") == "no"


def backoff(number: int) -> float:
    """Seconds before attempt ``number`` (from 0) is repeated: exponential, with full jitter.

    Brooker 2015, "Exponential Backoff And Jitter": any time up to the bound, so that clients that
    failed together do not come back together.
    """
    return random.uniform(0.0, min(_MOST_SECONDS, _BASE_SECONDS * 2.0**number))  # noqa: S311


def check_retries(retries: object) -> int:
    """How often a call may be sent again.

    Raises:
        InvalidArgument: no whole number from 0 to 100.
    """
    whole = isinstance(retries, int) and not isinstance(retries, bool)
    if not whole or not 0 <= retries <= _MOST_RETRIES:  # type: ignore[operator]
        raise InvalidArgument(
            f"retries is {retries!r}; give how often a call may be sent again, from 0 to "
            f"{_MOST_RETRIES}",
            field="retries",
        )
    return retries  # type: ignore[return-value]


def _same_twice(request: Any, method: str) -> bool:
    # Not so an upsert: it would undo what another caller has written meanwhile. Nor an alias that
    # is deleted: it would not be there any more.
    return method == "UpdateAliases" and not request.delete
