"""Ingestion over a connection that may be lost: one stream after the other, until all is answered.

Each function has a twin: for threads, and for asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

import grpc

from vecstore.client import failures
from vecstore.client.record_calls import UPSERT_STREAM
from vecstore.client.sending import Sending
from vecstore.errors import Unavailable, VecstoreError
from vecstore.records import ItemResult, Record

_END: Any = object()
Records = Iterable[Record] | AsyncIterable[Record]


class Line:
    """One stream, until it fails.

    Args:
        method: of a channel; begins the stream.
        address: whom it leads to.
    """

    def __init__(self, method: Any, address: str) -> None:
        self._address = address
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stream = method(iter(self._requests.get, None))
        self._answers: queue.SimpleQueue[bytes | VecstoreError | None] = queue.SimpleQueue()
        threading.Thread(target=self._collect, name="vecstore-answers", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether :meth:`receive` need not wait."""
        return not self._answers.empty()

    def send(self, requests: Iterable[bytes]) -> None:
        """Send requests; a stream that has failed says so when an answer is waited for."""
        for request in requests:
            self._requests.put(request)

    def receive(self) -> bytes:
        """Wait for the next answer.

        Raises:
            VecstoreError: the stream has failed, or ended.
        """
        answer = self._answers.get()
        if isinstance(answer, VecstoreError):
            raise answer
        return _present(answer, self._address)

    def end(self) -> None:
        """Give the stream up."""
        self._requests.put(None)
        self._stream.cancel()

    def _collect(self) -> None:
        """Take the answers in as they come; there are never more than batches on their way."""
        try:
            for answer in self._stream:
                self._answers.put(answer)
        except grpc.RpcError as error:
            self._answers.put(failures.error_of(error, self._address, UPSERT_STREAM, None))
        finally:
            self._answers.put(None)


class AsyncLine:
    """As :class:`Line`, for asyncio."""

    def __init__(self, method: Any, address: str) -> None:
        self._address = address
        self._stream = method()
        self._next = asyncio.ensure_future(self._read())

    @property
    def ready(self) -> bool:
        """See :meth:`Line.ready`."""
        return self._next.done()

    async def send(self, requests: Iterable[bytes]) -> None:
        """See :meth:`Line.send`."""
        with contextlib.suppress(grpc.RpcError, asyncio.InvalidStateError):
            for request in requests:
                await self._stream.write(request)

    async def receive(self) -> bytes:
        """See :meth:`Line.receive`."""
        answer = await self._next
        self._next = asyncio.ensure_future(self._read())
        if isinstance(answer, VecstoreError):
            raise answer
        return _present(answer, self._address)

    def end(self) -> None:
        """Give the stream up."""
        self._stream.cancel()
        self._next.cancel()

    async def _read(self) -> bytes | VecstoreError | None:
        try:
            answer = await self._stream.read()
        except grpc.RpcError as error:
            return failures.error_of(error, self._address, UPSERT_STREAM, None)
        return None if answer is grpc.aio.EOF else answer


def ingest(
    records: Iterable[Record],
    sending: Sending,
    connect: Callable[[], Line],
    sleep: Callable[[float], object],
) -> Iterator[ItemResult]:
    """The results of records, in order.

    Args:
        records: what to ingest.
        sending: its bookkeeping.
        connect: begins a stream.
        sleep: waits so many seconds.

    Raises:
        VecstoreError: what no record is to blame for, and waiting does not help against.
    """
    source = iter(records)
    line: Line | None = None
    try:
        while not sending.done:
            while sending.hungry and not sending.holds and not _due(line, sending):
                _feed(sending, next(source, _END))
            yield from sending.settled()
            try:
                if sending.holds:
                    line = line or connect()
                    line.send(sending.unsent())
                if line is None or not sending.waits:
                    continue
                if sending.hungry and not line.ready:
                    continue
                answer = line.receive()
            except VecstoreError as error:
                _give_up(line)
                line = None
                sleep(sending.pause(error))
            else:
                yield from sending.answered(answer)
    finally:
        _give_up(line)


async def ingest_async(
    records: Records,
    sending: Sending,
    connect: Callable[[], AsyncLine],
    sleep: Callable[[float], Awaitable[object]],
) -> AsyncIterator[ItemResult]:
    """As :func:`ingest`, for asyncio."""
    source = aiter(records) if isinstance(records, AsyncIterable) else aiter(_each(records))
    line: AsyncLine | None = None
    try:
        while not sending.done:
            while sending.hungry and not sending.holds and not _due(line, sending):
                _feed(sending, await anext(source, _END))
            for item in sending.settled():
                yield item
            try:
                if sending.holds:
                    line = line or connect()
                    await line.send(sending.unsent())
                if line is None or not sending.waits:
                    continue
                if sending.hungry and not line.ready:
                    continue
                answer = await line.receive()
            except VecstoreError as error:
                _give_up(line)
                line = None
                await sleep(sending.pause(error))
            else:
                for item in sending.answered(answer):
                    yield item
    finally:
        _give_up(line)


def _due(line: Line | AsyncLine | None, sending: Sending) -> bool:
    """Whether an answer is there, so that the next record need not be waited for."""
    return line is not None and line.ready and sending.waits


def _feed(sending: Sending, record: Any) -> None:
    if record is _END:
        sending.end()
    else:
        sending.take(record)


def _give_up(line: Line | AsyncLine | None) -> None:
    if line is not None:
        line.end()


def _present(answer: bytes | None, address: str) -> bytes:
    if answer is None:
        raise Unavailable(
            f"{address} ended the stream before every batch was answered", address=address
        )
    return answer


async def _each(records: Iterable[Record]) -> AsyncIterator[Record]:
    for record in records:
        yield record
