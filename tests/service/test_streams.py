import queue
import threading
from types import SimpleNamespace

import grpc
import pytest

from vecstore.config import Settings
from vecstore.errors import CollectionNotFound, Overloaded
from vecstore.records import ItemResult
from vecstore.v1 import record_service_pb2 as pb
from vecstore.v1 import record_service_pb2_grpc, types_pb2
from vecstore.wire.errors import error_from_status


class Talk:
    """Both ends of one stream."""

    def __init__(self, channel):
        self._requests = queue.SimpleQueue()
        stub = record_service_pb2_grpc.RecordServiceStub(channel)
        self.answers = stub.UpsertStream(iter(self._requests.get, None), timeout=60)

    def say(self, *ids, collection="docs"):
        records = [types_pb2.Record(id=one) for one in ids]
        self._requests.put(pb.UpsertStreamRequest(collection=collection, records=records))

    def send(self, request):
        self._requests.put(request)

    def end(self):
        self._requests.put(None)

    def hear(self):
        return [
            (item.id, error_from_status(item.error) if item.HasField("error") else None)
            for item in next(self.answers).results
        ]


def having(upsert_batch):
    """A collection whose batches are done so, in every mode."""
    return SimpleNamespace(
        upsert_batch=lambda records, **_: upsert_batch(records),
        ingest_batch=lambda records, **_: upsert_batch(records),
    )


@pytest.fixture
def talk(serve, channel_to, told):
    """talk(upsert_batch) -> a stream to a server whose store does that."""
    talks = []

    def begin(upsert_batch, **settings):
        def collection(name):
            if name != "docs":
                raise CollectionNotFound(f"there is no collection {name!r}")
            return having(upsert_batch)

        talks.append(Talk(channel_to(serve(told(named_collection=collection), **settings))))
        return talks[-1]

    yield begin
    for one in talks:
        one.end()


def durable(records):
    return [ItemResult(record.id) for record in records]


def test_every_message_is_answered_in_order(talk):
    stream = talk(durable)
    for number in range(20):
        stream.say(f"{number}-a", f"{number}-b", collection="docs" if number == 0 else "")
    stream.end()
    answers = [[id for id, error in stream.hear() if error is None] for _ in range(20)]
    assert answers == [[f"{number}-a", f"{number}-b"] for number in range(20)]
    with pytest.raises(StopIteration):
        next(stream.answers)


def test_an_answer_does_not_wait_for_the_next_message(talk):
    stream = talk(durable)
    for number in range(3):
        stream.say(str(number))
        assert stream.hear() == [(str(number), None)]


def test_a_slow_message_is_answered_before_a_quick_one_behind_it(talk, gate):
    done = threading.Event()

    def upsert(records):
        if records[0].id == "slow":
            gate.pass_through()
        else:
            done.set()
        return durable(records)

    stream = talk(upsert)
    stream.say("slow")
    stream.say("quick")
    gate.wait_for_one()
    assert done.wait(60)  # taken in while the first one is being committed
    gate.open()
    assert stream.hear() == [("slow", None)]
    assert stream.hear() == [("quick", None)]


def test_a_bad_message_does_not_end_the_stream(talk):
    stream = talk(durable)
    bad = pb.UpsertStreamRequest(collection="docs")
    bad.records.add(id="fine").fields["default"].text = "t"
    bad.records.add(id="bad").fields["default"].vector.packed = b"123"
    stream.say("before")
    stream.send(bad)
    stream.say("after")
    assert stream.hear() == [("before", None)]
    (_, aside), (_, blamed) = stream.hear()
    assert aside.details["aborted"] == "True"
    assert "number 1" in aside.message
    assert blamed.reason == "INVALID_VECTOR"
    assert stream.hear() == [("after", None)]


@pytest.mark.parametrize("error", [Overloaded("full", retry_after=3), CollectionNotFound("no")])
def test_an_error_of_the_store_is_every_items(talk, error):
    def upsert(records):
        if records[0].id == "bad":
            raise error
        return durable(records)

    stream = talk(upsert)
    stream.say("bad", "neighbour")
    stream.say("fine")
    for _, found in stream.hear():
        assert type(found) is type(error)
        assert found.message == error.message
    assert stream.hear() == [("fine", None)]


def test_a_bug_shows_its_id_only_and_does_not_end_the_stream(talk, caplog):
    def upsert(records):
        if records[0].id == "bad":
            raise RuntimeError("secret")
        return durable(records)

    stream = talk(upsert)
    stream.say("bad", "neighbour")
    stream.say("fine")
    errors = [error for _, error in stream.hear()]
    assert {error.reason for error in errors} == {"INTERNAL"}
    assert len({error.error_id for error in errors}) == 1
    assert "secret" not in errors[0].message
    assert "secret" in caplog.text
    assert stream.hear() == [("fine", None)]


def test_the_first_message_must_name_a_collection(talk):
    stream = talk(durable)
    stream.say("a", collection="")
    stream.say("b")
    ((_, error),) = stream.hear()
    assert error.details["field"] == "collection"
    assert stream.hear() == [("b", None)]


def test_an_unknown_collection_is_every_items(talk):
    stream = talk(durable)
    stream.say("a", collection="nothing")
    assert [error.reason for _, error in stream.hear()] == ["COLLECTION_NOT_FOUND"]


def test_bytes_that_are_no_message_end_the_stream_after_the_answers(serve, channel_to, told):
    collection = having(durable)
    channel = channel_to(serve(told(named_collection=lambda name: collection)))
    good = pb.UpsertStreamRequest(collection="docs", records=[types_pb2.Record(id="a")])
    call = channel.stream_stream("/vecstore.v1.RecordService/UpsertStream")
    answers = call(iter([good.SerializeToString(), b"\xff\xff"]), timeout=60)
    assert pb.UpsertStreamResponse.FromString(next(answers)).results[0].id == "a"
    with pytest.raises(grpc.RpcError, match="no valid") as caught:
        next(answers)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def two_streams(serve, channel_to, told, upsert):
    """Two streams to a server that works on one call at a time."""
    store = told(named_collection=lambda name: having(upsert))
    channel = channel_to(serve(store, max_in_flight=1))
    return Talk(channel), Talk(channel)


def test_a_stream_counts_only_while_it_is_worked_on(serve, channel_to, told):
    streams = two_streams(serve, channel_to, told, durable)
    for number in range(3):
        for stream in streams:
            stream.say(str(number))
            assert stream.hear() == [(str(number), None)]
    for stream in streams:
        stream.end()


def test_a_message_for_which_there_is_no_room_is_told_so_item_by_item(
    serve, channel_to, told, gate
):
    def upsert(records):
        gate.pass_through()
        return durable(records)

    busy, refused = two_streams(serve, channel_to, told, upsert)
    busy.say("a")
    gate.wait_for_one()
    refused.say("b", "c")
    errors = refused.hear()
    assert [(one, type(error)) for one, error in errors] == [("b", Overloaded), ("c", Overloaded)]
    gate.open()
    assert busy.hear() == [("a", None)]
    refused.say("b", "c")
    assert refused.hear() == [("b", None), ("c", None)]
    busy.end()
    refused.end()


def test_a_stream_waits_for_the_room_that_it_takes_itself(talk):
    stream = talk(durable, max_in_flight=1)
    for number in range(20):
        stream.say(str(number))
    assert [stream.hear() for _ in range(20)] == [[(str(number), None)] for number in range(20)]


def test_too_many_records_end_the_stream_after_the_answers(serve, channel_to, told):
    store = told(named_collection=lambda name: having(durable))
    store.settings = Settings(max_batch=2)
    stream = Talk(channel_to(serve(store)))
    stream.say("a", "b")
    stream.say("a", "b", "c")
    assert stream.hear() == [("a", None), ("b", None)]
    with pytest.raises(grpc.RpcError, match="3 records in one request; at most 2") as caught:
        next(stream.answers)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    stream.end()
