"""Ingestion over a connection that may be lost: one stream after the other, until all is answered.

Each function has a twin: for threads, and for asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
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
        self._answers = method(iter(self._requests.get, None))

    def send(self, requests: Iterable[bytes]) -> None:
        """Send requests; a stream that has failed says so when an answer is waited for."""
        for request in requests:
            self._requests.put(request)

    def receive(self) -> bytes:
        """Wait for the next answer.

        Raises:
            VecstoreError: the stream has failed, or ended.
        """
        try:
            answer: bytes | None = next(self._answers, None)
        except grpc.RpcError as error:
            raise failures.error_of(error, self._address, UPSERT_STREAM, None) from None
        return _present(answer, self._address)

    def end(self) -> None:
        """Give the stream up."""
        self._requests.put(None)
        self._answers.cancel()


class AsyncLine:
    """As :class:`Line`, for asyncio."""

    def __init__(self, method: Any, address: str) -> None:
        self._address = address
        self._stream = method()

    async def send(self, requests: Iterable[bytes]) -> None:
        """See :meth:`Line.send`."""
        with contextlib.suppress(grpc.RpcError, asyncio.InvalidStateError):
            for request in requests:
                await self._stream.write(request)

    async def receive(self) -> bytes:
        """See :meth:`Line.receive`."""
        try:
            answer = await self._stream.read()
        except grpc.RpcError as error:
            raise failures.error_of(error, self._address, UPSERT_STREAM, None) from None
        return _present(None if answer is grpc.aio.EOF else answer, self._address)

    def end(self) -> None:
        """Give the stream up."""
        self._stream.cancel()


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
            while sending.hungry and not sending.holds:
                _feed(sending, next(source, _END))
            yield from sending.settled()
            try:
                if sending.holds:
                    line = line or connect()
                    line.send(sending.unsent())
                if line is None or sending.hungry or not sending.waits:
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
            while sending.hungry and not sending.holds:
                _feed(sending, await anext(source, _END))
            for item in sending.settled():
                yield item
            try:
                if sending.holds:
                    line = line or connect()
                    await line.send(sending.unsent())
                if line is None or sending.hungry or not sending.waits:
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
