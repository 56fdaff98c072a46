"""An asynchronous connection: sends calls, and turns failures into errors of ours."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from typing import Any, Self, TypeVar

import grpc

from vecstore.client import failures
from vecstore.client.calls import Call
from vecstore.client.downloads import download_async
from vecstore.client.ingest import AsyncLine, Records, ingest_async
from vecstore.client.options import channel_options
from vecstore.client.outbox import Outbox
from vecstore.client.record_calls import UPSERT_STREAM
from vecstore.client.requests import HEALTH, require_serving, serialized
from vecstore.client.retrying import Attempts
from vecstore.client.sending import Sending
from vecstore.config import Settings
from vecstore.errors import VecstoreError
from vecstore.ingesting import Ingestion
from vecstore.records import ItemResult, Record

T = TypeVar("T")
R = TypeVar("R")
Batches = Iterable[Sequence[Record]] | AsyncIterable[Sequence[Record]]


class AsyncChannel:
    """A connection to one server, made and used on one event loop.

    Args:
        address: ``HOST:PORT``.
        timeout: seconds that one call may take, all its attempts together.
        retries: how often a call may be sent again.
        settings: for ``max_message_bytes`` and ``max_batch``.
    """

    def __init__(self, address: str, timeout: float, retries: int, settings: Settings) -> None:
        self.address = address
        self._timeout = timeout
        self._retries = retries
        self.settings = settings
        self._limit = settings.max_message_bytes
        self._channel = grpc.aio.insecure_channel(address, options=channel_options(settings))
        self._methods: dict[str, Any] = {}
        self._closed = threading.Event()

    async def probe(self) -> None:
        """Raise Unavailable unless a server that is not stopping answers."""
        require_serving(await self._send(HEALTH, b"", self._timeout), self.address)

    def with_timeout(self, seconds: float) -> Self:
        """This connection, with another time for each call."""
        other = copy.copy(self)
        other._timeout = seconds
        return other

    async def call(self, call: Call[T]) -> T:
        """Send a call, again where that is safe and may help, and wait for its answer."""
        attempts = Attempts(call, self._timeout, self._retries)
        request = serialized(call, self._limit)
        while True:
            try:
                answer = await self._send(call.path, request, attempts.seconds)
            except VecstoreError as error:
                pause = attempts.pause(error)
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return call.read(call.response_type.FromString(answer))

    async def upsert_stream(
        self, collection: str, batches: Batches
    ) -> AsyncIterator[list[ItemResult]]:
        """Send batches, several of them ahead of the answers."""
        self._require_open()
        outbox = Outbox(collection, self._limit)
        stream: Any = self._channel.stream_stream(UPSERT_STREAM)()
        try:
            async for batch in _each(batches):
                request = outbox.take(batch)
                if request is not None and not await _write(stream, request):
                    break
                while outbox.settled or outbox.full:
                    yield outbox.next(None if outbox.settled else await _read(stream))
            await stream.done_writing()
            while outbox:
                yield outbox.next(None if outbox.settled else await _read(stream))
        except grpc.RpcError as error:
            raise failures.error_of(error, self.address, UPSERT_STREAM, None) from None
        finally:
            stream.cancel()

    def ingest(
        self, collection: str, records: Records, options: Ingestion
    ) -> AsyncIterator[ItemResult]:
        """Send records in batches, over one stream after the other until all are answered."""
        self._require_open()
        return ingest_async(
            records, Sending(collection, options, self._limit), self._line, asyncio.sleep
        )

    async def download(self, call: Call[T], take: Callable[[Iterator[T]], R]) -> R:
        """Send a call, and hand its answers over as they come."""
        self._require_open()
        method: Any = self._channel.unary_stream(call.path)
        answers = method(serialized(call, self._limit))
        return await download_async(answers, call, self.address, take)

    async def answers(self, call: Call[T]) -> AsyncGenerator[T, None]:
        """Send a call, and give its answers one by one as they come."""
        self._require_open()
        method: Any = self._channel.unary_stream(call.path)
        stream = method(serialized(call, self._limit))
        try:
            while (answer := await _read(stream)) is not None:
                yield call.read(call.response_type.FromString(answer))
        except grpc.RpcError as error:
            raise failures.error_of(error, self.address, call.path, None) from None
        except asyncio.CancelledError:
            self._require_cancelled()
            raise
        finally:
            stream.cancel()

    async def close(self) -> None:
        """End the connection; calls under way fail. Twice is once."""
        self._closed.set()
        await self._channel.close()

    async def _send(self, path: str, request: bytes, seconds: float) -> bytes:
        self._require_open()
        method = self._methods.get(path)
        if method is None:
            method = self._methods[path] = self._channel.unary_unary(path)
        try:
            answer: bytes = await method(request, timeout=seconds)
            return answer
        except grpc.RpcError as error:
            raise failures.error_of(error, self.address, path, self._timeout) from None
        except asyncio.CancelledError:
            self._require_cancelled()
            raise

    def _require_cancelled(self) -> None:
        """Raise StoreClosed where it was not the caller who gave a call up."""
        task = asyncio.current_task()
        if self._closed.is_set() and not (task and task.cancelling()):
            raise failures.closed(self.address) from None

    def _line(self) -> AsyncLine:
        self._require_open()
        return AsyncLine(self._channel.stream_stream(UPSERT_STREAM), self.address)

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise failures.closed(self.address)


async def _each(batches: Batches) -> AsyncIterator[Sequence[Record]]:
    if isinstance(batches, AsyncIterable):
        async for batch in batches:
            yield batch
    else:
        for batch in batches:
            yield batch


async def _read(stream: Any) -> bytes | None:
    answer = await stream.read()
    return None if answer is grpc.aio.EOF else answer


async def _write(stream: Any, request: bytes) -> bool:
    """Whether the stream still takes requests; why not is found by reading."""
    try:
        await stream.write(request)
    except asyncio.InvalidStateError:
        return False
    return True
