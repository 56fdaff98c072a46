"""What every call needs around the work itself, in one place.

Parsing, the limit on calls in flight, draining, deadlines, the thread that the work runs on, the
size of the answer, and errors as statuses. A servicer's methods know nothing of all this.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from vecstore.errors import DeadlineExceeded, InvalidArgument, Overloaded, Unavailable
from vecstore.wire.errors import DETAILS_KEY, error_to_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vecstore.config import Settings

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
Method = Callable[[Any], Message]
UnaryHandler = Callable[[bytes, Context], Awaitable[bytes]]

READERS = 8
# Writers mostly wait for the commit that they share.
WRITERS = 32
_SMALL_BYTES = 64 * 1024
_RETRY_SECONDS = 0.5
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Calls:
    """The calls of one server. Made and used on the server's event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._readers = ThreadPoolExecutor(READERS, "vecstore-read")
        self._writers = ThreadPoolExecutor(WRITERS, "vecstore-write")
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = asyncio.Event()

    def unary(
        self,
        method: Method,
        request_type: type[Message],
        *,
        writes: bool = False,
        inline: Callable[[Any], bool] | None = None,
    ) -> UnaryHandler:
        """A handler of bytes around a blocking method of messages.

        Args:
            method: the servicer's method.
            request_type: what the bytes are parsed as.
            writes: run it among the writers, so that reads need not wait for writes.
            inline: says of a small request that it is answered so quickly that handing it to
                another thread would cost more than it brings.
        """
        pool = self._writers if writes else self._readers

        async def handle(raw: bytes, context: Context) -> bytes:
            try:
                with self.one():
                    deadline = deadline_of(context)
                    if inline is not None and len(raw) <= _SMALL_BYTES:
                        request = parse(request_type, raw)
                        if inline(request):
                            return self._answer(method, request, deadline)
                    return await asyncio.get_running_loop().run_in_executor(
                        pool, self._parse_and_answer, method, request_type, raw, deadline
                    )
            except Exception as error:  # noqa: BLE001 - every error becomes a status
                await abort(context, error)

        return handle

    async def write(self, work: Callable[[], T]) -> T:
        """Run blocking work among the writers."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, work)

    @contextmanager
    def one(self) -> Iterator[None]:
        """One call in flight.

        Raises:
            Unavailable: the server is draining.
            Overloaded: it has as many calls in flight as it may have.
        """
        if self.draining.is_set():
            raise draining()
        limit = self._settings.max_in_flight
        if self._in_flight >= limit:
            raise Overloaded(
                f"the server is working on {limit} calls, which is its limit (max_in_flight); "
                f"try again in {_RETRY_SECONDS} s",
                retry_after=_RETRY_SECONDS,
            )
        self._in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if self._in_flight == 0:
                self._idle.set()

    async def drain(self, seconds: float) -> bool:
        """Take no new calls, and wait for those under way; False where some did not end."""
        self.draining.set()
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Give the threads back; work that has not begun is dropped."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._writers.shutdown(wait=False, cancel_futures=True)

    def _parse_and_answer(
        self, method: Method, request_type: type[Message], raw: bytes, deadline: float
    ) -> bytes:
        require_time(deadline)
        return self._answer(method, parse(request_type, raw), deadline)

    def _answer(self, method: Method, request: Message, deadline: float) -> bytes:
        require_time(deadline)
        answer = method(request).SerializeToString()
        limit = self._settings.max_message_bytes
        if len(answer) > limit:
            raise InvalidArgument(
                f"the answer has {len(answer)} bytes, and one message at most {limit}; ask for "
                "fewer records, smaller pages, or without vectors"
            )
        return answer


def parse(kind: type[Message], raw: bytes) -> Any:
    """The message in ``raw``.

    Raises:
        InvalidArgument: the bytes are no such message.
    """
    try:
        return kind.FromString(raw)
    except DecodeError as error:
        raise InvalidArgument(
            f"the request is no valid {kind.DESCRIPTOR.full_name}: {error}; strings must be "
            "UTF-8, and messages nested at most 100 deep"
        ) from None


async def abort(context: Context, error: BaseException) -> NoReturn:
    """End a call with the status of an error."""
    status = error_to_status(error)
    await context.abort(
        _CODES[status.code],
        status.message,
        trailing_metadata=((DETAILS_KEY, status.SerializeToString()),),
    )


def draining() -> Unavailable:
    """The error of a server that takes no more work."""
    return Unavailable("the server is stopping; try again in a while, or ask another one")


def deadline_of(context: Context) -> float:
    """When the caller stops waiting, on the monotonic clock."""
    remaining = context.time_remaining()
    return float("inf") if remaining is None else time.monotonic() + remaining


def require_time(deadline: float) -> None:
    """Raise DeadlineExceeded where nobody waits for the answer any more."""
    if time.monotonic() > deadline:
        raise DeadlineExceeded(
            "the deadline passed before the work began, so nothing was done; allow more time"
        )
