"""What of one stream is worked on at a time, with every piece of work ended by hand."""

import asyncio
from types import SimpleNamespace

import pytest

from vecstore.errors import Overloaded
from vecstore.records import ItemResult
from vecstore.service.streams import WINDOW, UpsertStream
from vecstore.v1 import record_service_pb2 as pb
from vecstore.v1 import types_pb2


class Context:
    def __init__(self):
        self.written = []

    def time_remaining(self):
        return None

    async def abort(self, code, message, trailing_metadata):
        self.aborted = message

    async def write(self, raw):
        response = pb.UpsertStreamResponse.FromString(raw)
        self.written.append([item.id for item in response.results])


def message(*ids, each=False):
    records = [types_pb2.Record(id=one) for one in ids]
    request = pb.UpsertStreamRequest(collection="docs", records=records, each=each)
    return request.SerializeToString()


async def each(messages):
    for one in messages:
        yield one


async def settle():
    """Let every task run until all of them wait."""
    for _ in range(200):
        await asyncio.sleep(0)


class Stage:
    """A stream of these messages."""

    def __init__(self, *messages):
        self.begun = []
        self.held = {}
        self.context = Context()
        calls = SimpleNamespace(
            draining=asyncio.Event(),
            enter=int,
            leave=int,
            write=self._write,
            begin_write=lambda work, _size: asyncio.create_task(self._write(work)),
        )
        self.task = asyncio.create_task(
            UpsertStream(calls, self._upsert, 100).run(each(messages), self.context)
        )

    def _upsert(self, collection, request):
        if request.records[0].id == "busy":
            raise Overloaded("too much to do", retry_after=0.1)
        return [ItemResult(record.id) for record in request.records]

    async def _write(self, work):
        result = work()
        if isinstance(result, bytes):  # an answer; parsing is not held up
            first = pb.UpsertStreamResponse.FromString(result).results[0].id
            self.begun.append(first)
            self.held[first] = asyncio.get_running_loop().create_future()
            await self.held[first]
        return result

    async def end(self, name):
        self.held[name].set_result(None)
        await settle()


def test_messages_with_a_record_in_common_are_done_one_after_the_other():
    async def main():
        stage = Stage(message("a", "shared"), message("b", "shared"), message("c"))
        await settle()
        assert stage.begun == ["a"]
        await stage.end("a")
        assert stage.begun == ["a", "b", "c"]
        await stage.end("c")
        assert stage.context.written == [["a", "shared"]]
        await stage.end("b")
        assert stage.context.written == [["a", "shared"], ["b", "shared"], ["c"]]
        await stage.task

    asyncio.run(main())


def test_messages_with_nothing_in_common_are_done_side_by_side():
    async def main():
        stage = Stage(message("a"), message("b"))
        await settle()
        assert stage.begun == ["a", "b"]
        await stage.end("b")
        assert stage.context.written == []
        await stage.end("a")
        assert stage.context.written == [["a"], ["b"]]
        await stage.task

    asyncio.run(main())


def test_only_so_many_messages_are_begun():
    async def main():
        names = [str(number) for number in range(5 * WINDOW)]
        stage = Stage(*map(message, names))
        await settle()
        assert WINDOW <= len(stage.begun) <= WINDOW + 2
        for name in names:
            await stage.end(name)
        assert stage.context.written == [[name] for name in names]
        await stage.task

    asyncio.run(main())


def test_a_caller_that_goes_away_takes_what_has_not_begun_along():
    async def main():
        stage = Stage(message("a"), message("a"), message("a"))
        await settle()
        stage.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stage.task
        await settle()
        assert stage.held["a"].cancelled()
        assert stage.begun == ["a"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_nothing_in_common_with_what_ended_the_stream_is_begun():
    """Whoever sends the rest again, in order, has the later record in the end."""

    async def main():
        stage = Stage(
            message("a", each=True), message("busy", "shared", each=True), message("c", "shared")
        )
        await settle()
        assert stage.begun == ["a"]
        await stage.end("a")
        await stage.task
        assert stage.begun == ["a"]
        assert stage.context.written == [["a"]]
        assert "too much to do" in stage.context.aborted

    asyncio.run(main())
