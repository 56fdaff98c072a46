"""UpsertStream: message after message, each all or nothing, answered in order.

While one message is being committed the next is taken in, as long as the two have no record in
common: of equal ids the later one must stay.

Where a message asks for ``each``, its records stand or fall for themselves. What none of them is to
blame for ends the stream, and no later message with a record in common is begun: whoever sends the
unanswered ones again, in order, has every record as it was last given.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from vecstore.errors import InvalidArgument, Overloaded
from vecstore.ingesting import is_of_a_record
from vecstore.records import ItemResult, refused
from vecstore.service.calls import (
    Calls,
    Context,
    abort,
    deadline_of,
    draining,
    parse,
    require_at_most,
    require_time,
)
from vecstore.v1 import record_service_pb2 as pb
from vecstore.wire.errors import as_known
from vecstore.wire.items import item_to_message

WINDOW = 4

Upsert = Callable[[str, pb.UpsertStreamRequest], list[ItemResult]]


@dataclass(frozen=True, slots=True)
class _Message:
    ids: frozenset[str]
    answer: asyncio.Future[bytes]


class UpsertStream:
    """One stream. Each message counts as a call while it is worked on, an idle stream as none.

    Args:
        calls: of the server.
        upsert: (collection, message) -> a result for each record. It blocks.
        max_batch: records of one message.
    """

    def __init__(self, calls: Calls, upsert: Upsert, max_batch: int) -> None:
        self._calls = calls
        self._upsert = upsert
        self._max_batch = max_batch
        self._pending: asyncio.Queue[_Message | None] = asyncio.Queue(WINDOW)
        self._started: list[_Message] = []
        self._failure: Exception | None = None
        self._collection = ""

    async def run(self, requests: AsyncIterator[bytes], context: Context) -> None:
        """Answer every request; what ends the stream early is its status."""
        try:
            reader = asyncio.create_task(self._read(requests, deadline_of(context)))
            try:
                while (message := await self._pending.get()) is not None:
                    await context.write(await message.answer)
            finally:
                reader.cancel()
                for message in self._started:
                    if not message.answer.cancel() and not message.answer.cancelled():
                        message.answer.exception()  # the first one is told; the others are seen
            if self._failure is not None:
                raise self._failure
        except Exception as error:  # noqa: BLE001 - every error becomes a status
            await abort(context, error)

    async def _read(self, requests: AsyncIterator[bytes], deadline: float) -> None:
        try:
            while (raw := await self._next(requests)) is not None:
                await self._take(raw, deadline)
        except Exception as error:  # noqa: BLE001 - raised again after the answers
            self._failure = error
        await self._pending.put(None)

    async def _next(self, requests: AsyncIterator[bytes]) -> bytes | None:
        """The next request, None after the last one.

        Raises:
            Unavailable: the server is draining; what was taken in is still answered.
        """
        following = asyncio.ensure_future(_following(requests))
        following.add_done_callback(_seen)
        stopping = asyncio.ensure_future(self._calls.draining.wait())
        try:
            await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                return following.result()
            raise draining()
        finally:
            stopping.cancel()
            following.cancel()

    async def _take(self, raw: bytes, deadline: float) -> None:
        size = len(raw)
        overloaded = await self._enter(size)
        try:
            request = await self._calls.write(lambda: self._parse(raw))
            collection = self._collection = request.collection or self._collection
            ids = frozenset(record.id for record in request.records)
            earlier = [one.answer for one in self._working() if not ids.isdisjoint(one.ids)]
            if earlier:
                await asyncio.wait(earlier)
                self._working()
        except BaseException:
            if overloaded is None:
                self._calls.leave(size)
            raise
        if overloaded is not None and request.each:
            raise overloaded
        if overloaded is None:
            answer = self._calls.begin_write(
                lambda: self._results(collection, request, deadline), size
            )
        else:
            refusal = self._calls.write(lambda: _refusal(request, overloaded))
            answer = asyncio.ensure_future(refusal)
        message = _Message(ids, answer)
        self._started.append(message)
        await self._pending.put(message)

    async def _enter(self, size: int) -> Overloaded | None:
        """Count a message of ``size`` bytes as a call; without room, the error of its records.

        Room that this stream's own messages take is waited for.

        Raises:
            Unavailable: the server is draining.
        """
        while True:
            try:
                self._calls.enter(size)
            except Overloaded as error:
                working = [one.answer for one in self._working()]
                if not working:
                    return error
                await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            else:
                return None

    def _working(self) -> list[_Message]:
        """The messages that are worked on.

        Raises:
            VecstoreError: what ended one; no more may be begun.
        """
        for one in self._started:
            if one.answer.done():
                one.answer.result()
        self._started = [one for one in self._started if not one.answer.done()]
        return self._started

    def _parse(self, raw: bytes) -> pb.UpsertStreamRequest:
        request: pb.UpsertStreamRequest = parse(pb.UpsertStreamRequest, raw)
        require_at_most(self._max_batch, len(request.records), "records")
        return request

    def _results(self, collection: str, request: pb.UpsertStreamRequest, deadline: float) -> bytes:
        try:
            require_time(deadline)
            if not collection:
                raise InvalidArgument(
                    "collection is empty; the first message of a stream must name it",
                    field="collection",
                )
            items = self._upsert(collection, request)
        except Exception as error:
            if request.each and not is_of_a_record(error):
                raise
            return _refusal(request, as_known(error))
        return _response(items)


def _refusal(request: pb.UpsertStreamRequest, error: Exception) -> bytes:
    return _response(refused([record.id for record in request.records], error))


def _response(items: list[ItemResult]) -> bytes:
    response = pb.UpsertStreamResponse(results=[item_to_message(item) for item in items])
    return response.SerializeToString()


def _seen(following: asyncio.Future[bytes | None]) -> None:
    """Nobody asks a task that was given up what became of it."""
    if not following.cancelled():
        following.exception()


async def _following(requests: AsyncIterator[bytes]) -> bytes | None:
    return await anext(requests, None)
