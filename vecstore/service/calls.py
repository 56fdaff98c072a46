"""How a servicer's blocking methods become gRPC handlers.

One place holds what every call needs: parsing, the limit on calls in flight, draining, deadlines,
the thread that the work runs on, the size of the answer, and errors as statuses.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from vecstore.config import Settings
from vecstore.errors import DeadlineExceeded, InvalidArgument, Overloaded, Unavailable
from vecstore.wire.errors import DETAILS_KEY, error_to_status

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
Unary = Callable[[Any], Message]
UnaryHandler = Callable[[bytes, Context], Awaitable[bytes]]

READERS = 8
WRITERS = 32
_SMALL_BYTES = 64 * 1024
_RETRY_SECONDS = 0.5
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Calls:
    """The calls of one server: counted, refused beyond a limit, awaited when it drains."""

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
        method: Unary,
        request_type: type[Message],
        *,
        writes: bool = False,
        inline: Callable[[Any], bool] | None = None,
    ) -> UnaryHandler:
        """A handler of bytes around a blocking method of messages.

        Args:
            method: the servicer's method.
            request_type: what the bytes are parsed as.
            writes: whether it runs among the writers, so that reads need not wait for writes.
            inline: says of a small request that it is answered so quickly that a thread of its
                own would cost more than it brings.
        """
        pool = self._writers if writes else self._readers

        async def handle(raw: bytes, context: Context) -> bytes:
            try:
                self._enter()
                try:
                    deadline = _deadline(context)
                    if inline is not None and len(raw) <= _SMALL_BYTES:
                        request = parse(request_type, raw)
                        if inline(request):
                            return self._answer(method, request, deadline)
                    loop = asyncio.get_running_loop()
                    return await loop.run_in_executor(
                        pool, self._parse_and_answer, method, request_type, raw, deadline
                    )
                finally:
                    self._leave()
            except Exception as error:  # noqa: BLE001 - every error becomes a status
                await abort(context, error)

        return handle

    async def counted(self, handler: AsyncIterator[T]) -> AsyncIterator[T]:
        """A stream as one call in flight."""
        self._enter()
        try:
            async for item in handler:
                yield item
        finally:
            self._leave()

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

    def _enter(self) -> None:
        if self.draining.is_set():
            raise Unavailable("the server is stopping; try again in a while, or another server")
        limit = self._settings.max_in_flight
        if self._in_flight >= limit:
            raise Overloaded(
                f"the server is working on {limit} calls already, which is its limit "
                f"(max_in_flight); try again in {_RETRY_SECONDS} s",
                retry_after=_RETRY_SECONDS,
            )
        self._in_flight += 1
        self._idle.clear()

    def _leave(self) -> None:
        self._in_flight -= 1
        if self._in_flight == 0:
            self._idle.set()

    def _parse_and_answer(
        self, method: Unary, request_type: type[Message], raw: bytes, deadline: float
    ) -> bytes:
        _require_time(deadline)
        return self._answer(method, parse(request_type, raw), deadline)

    def _answer(self, method: Unary, request: Message, deadline: float) -> bytes:
        _require_time(deadline)
        answer = method(request).SerializeToString()
        limit = self._settings.max_message_bytes
        if len(answer) > limit:
            raise InvalidArgument(
                f"the answer has {len(answer)} bytes, more than the limit of {limit} for one "
                "message; ask for fewer records, smaller pages, or without vectors"
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


def _deadline(context: Context) -> float:
    remaining = context.time_remaining()
    return float("inf") if remaining is None else time.monotonic() + remaining


def _require_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise DeadlineExceeded(
            "the deadline passed before the work began, so nothing was done; allow more time"
        )
