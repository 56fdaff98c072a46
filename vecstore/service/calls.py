"""What every call needs around the work itself, in one place.

Parsing, the limit on calls in flight, draining, deadlines, the thread that the work runs on, the
size of the answer, and errors as statuses. A servicer's methods know nothing of all this.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from vecstore.errors import DeadlineExceeded, InvalidArgument, Overloaded, Unavailable
from vecstore.wire.errors import DETAILS_KEY, error_to_status

if TYPE_CHECKING:
    from vecstore.config import Settings

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
Method = Callable[[Any], Message]
AtOnce = Callable[[bytes], bytes | None]
UnaryHandler = Callable[[bytes, Context], Awaitable[bytes]]

READERS = 8
# Writers mostly wait for the commit that they share.
WRITERS = 32
_SMALL_BYTES = 64 * 1024
_RETRY_SECONDS = 0.5
# Requests of the largest size that may be in memory at once.
_LARGE_REQUESTS = 8
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Calls:
    """The calls of one server. Made and used on the server's event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._readers = ThreadPoolExecutor(READERS, "vecstore-read")
        self._writers = ThreadPoolExecutor(WRITERS, "vecstore-write")
        self._in_flight = 0
        self._bytes = 0
        self._idle = asyncio.Event()
        self.draining = asyncio.Event()

    def unary(
        self, method: Method, request_type: type[Message], *, writes: bool = False
    ) -> UnaryHandler:
        """A handler of bytes around a blocking method of messages, which runs in a thread.

        Args:
            method: the servicer's method.
            request_type: what the bytes are parsed as.
            writes: run it among the writers, so that reads need not wait for writes.
        """
        pool = self._writers if writes else self._readers

        async def handle(raw: bytes, context: Context) -> bytes:
            try:
                deadline = deadline_of(context)
                self.enter(len(raw))
                return await self._begin(
                    pool, lambda: self._in_thread(method, request_type, raw, deadline), len(raw)
                )
            except Exception as error:  # noqa: BLE001 - every error becomes a status
                await abort(context, error)

        return handle

    def at_once_or_unary(self, at_once: AtOnce, in_thread: UnaryHandler) -> UnaryHandler:
        """Like another handler, but some requests are answered without a thread.

        Handing work to a thread and back costs more than a quick search.

        Args:
            at_once: answers a request on the event loop, or returns None, in next to no time.
            in_thread: answers all others.
        """

        async def handle(raw: bytes, context: Context) -> bytes:
            if len(raw) <= _SMALL_BYTES and not self.draining.is_set():
                try:
                    self._require_room(len(raw))
                    # It ends before anything else begins, so it need not be counted.
                    answer = at_once(raw)
                except Exception as error:  # noqa: BLE001 - every error becomes a status
                    await abort(context, error)
                if answer is not None:
                    return answer
            return await in_thread(raw, context)

        return handle

    async def read(self, work: Callable[[], T]) -> T:
        """Run blocking work among the readers; it counts as no call."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def write(self, work: Callable[[], T]) -> T:
        """Run blocking work among the writers; it counts as no call."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, work)

    def begin_write(self, work: Callable[[], T], size: int) -> asyncio.Future[T]:
        """Run the blocking work of a call that has entered with ``size`` bytes among the writers.

        The call leaves when the work has ended, also where nobody waits for its result any more;
        work that has not begun by then is dropped.
        """
        return self._begin(self._writers, work, size)

    def enter(self, size: int) -> None:
        """Begin a call whose request has ``size`` bytes; :meth:`leave` ends it.

        Raises:
            Unavailable: the server is draining.
            Overloaded: it has as many calls in flight as it may have, or as many bytes of them.
        """
        if self.draining.is_set():
            raise draining()
        self._require_room(size)
        self._in_flight += 1
        self._bytes += size

    def _require_room(self, size: int) -> None:
        limit = self._settings.max_in_flight
        if self._in_flight >= limit:
            raise Overloaded(
                f"the server is working on {limit} calls, which is its limit (max_in_flight); "
                f"try again in {_RETRY_SECONDS} s",
                retry_after=_RETRY_SECONDS,
            )
        room = _LARGE_REQUESTS * self._settings.max_message_bytes
        if self._bytes + size > room and self._in_flight:
            raise Overloaded(
                f"the requests that the server is working on have {self._bytes} bytes, and with "
                f"this one's {size} it would be more than {room}; try again in {_RETRY_SECONDS} s, "
                "or send less at a time",
                retry_after=_RETRY_SECONDS,
            )

    def leave(self, size: int) -> None:
        """End a call that has entered with ``size`` bytes."""
        self._in_flight -= 1
        self._bytes -= size
        if self._in_flight == 0:
            self._idle.set()

    async def drain(self, seconds: float) -> bool:
        """Take no new calls, and wait for those under way; False where some did not end."""
        self.draining.set()
        if self._in_flight == 0:
            return True
        self._idle.clear()
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Give the threads back; work that has not begun is dropped."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._writers.shutdown(wait=False, cancel_futures=True)

    def _begin(
        self, pool: ThreadPoolExecutor, work: Callable[[], T], size: int
    ) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        try:
            future = pool.submit(work)
        except BaseException:
            self.leave(size)
            raise

        def ended(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody counts any more
                loop.call_soon_threadsafe(self.leave, size)

        # Before wrap_future adds its own, so that a call has left when it is answered.
        future.add_done_callback(ended)
        return asyncio.wrap_future(future)

    def _in_thread(
        self, method: Method, request_type: type[Message], raw: bytes, deadline: float
    ) -> bytes:
        require_time(deadline)
        return self.serialized(method(parse(request_type, raw)))

    def serialized(self, answer: Message) -> bytes:
        """The bytes of an answer; see :meth:`limited`."""
        return self.limited(answer.SerializeToString())

    def limited(self, raw: bytes) -> bytes:
        """The bytes of an answer.

        Raises:
            InvalidArgument: they are more than one message may have.
        """
        limit = self._settings.max_message_bytes
        if len(raw) > limit:
            raise InvalidArgument(
                f"the answer has {len(raw)} bytes, and one message at most {limit}; ask for "
                "fewer records, smaller pages, or without vectors"
            )
        return raw


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
    text = "the server is stopping; try again in a while, or ask another one"
    return Unavailable(text, begun="no")


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


def require_at_most(limit: int, count: int, name: str) -> None:
    """Raise InvalidArgument where a request has more of something than ``max_batch`` allows.

    Args:
        limit: how many it may have.
        count: how many it has.
        name: of the repeated field.
    """
    if count > limit:
        raise InvalidArgument(
            f"{count} {name} in one request; at most {limit} are allowed (max_batch): send them "
            "in several smaller requests",
            field=name,
        )
