import asyncio
import threading
from types import SimpleNamespace

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from vecstore.config import Settings
from vecstore.errors import CollectionNotFound, Overloaded
from vecstore.records import EncoderInfo
from vecstore.service.calls import READERS, Calls
from vecstore.v1 import (
    collection_service_pb2 as collection_pb,
)
from vecstore.v1 import (
    collection_service_pb2_grpc,
    encoder_service_pb2_grpc,
    record_service_pb2_grpc,
)
from vecstore.v1 import (
    encoder_service_pb2 as encoder_pb,
)
from vecstore.v1 import (
    record_service_pb2 as record_pb,
)

LIST = encoder_pb.ListEncodersRequest()


def encoders(channel):
    return encoder_service_pb2_grpc.EncoderServiceStub(channel)


def reason(error):
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(error)
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason


def failure(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_an_error_is_a_status_with_details(serve, channel_to, told):
    def collection(name):
        raise CollectionNotFound(f"there is no collection {name!r}", collection=name)

    stub = collection_service_pb2_grpc.CollectionServiceStub(
        channel_to(serve(told(collection=collection, named_collection=collection)))
    )
    error = failure(lambda: stub.GetCollection(collection_pb.GetCollectionRequest(name="docs")))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error.details() == "there is no collection 'docs'"
    assert reason(error) == "COLLECTION_NOT_FOUND"


def test_a_bug_shows_nothing_of_the_inside(serve, channel_to, told, caplog):
    def broken():
        raise RuntimeError("secret path")

    error = failure(
        lambda: encoders(channel_to(serve(told(list_encoders=broken)))).ListEncoders(LIST)
    )
    assert error.code() is grpc.StatusCode.INTERNAL
    assert reason(error) == "INTERNAL"
    assert "secret" not in str(error.details()) + str(error.trailing_metadata())
    assert "secret path" in caplog.text


def test_more_calls_than_allowed_are_refused_and_told_when_to_return(serve, channel_to, told, gate):
    def held():
        gate.pass_through()
        return []

    stub = encoders(channel_to(serve(told(list_encoders=held), max_in_flight=2)))
    under_way = [stub.ListEncoders.future(LIST) for _ in range(2)]
    gate.wait_for_one()
    gate.wait_for_one()
    error = failure(lambda: stub.ListEncoders(LIST))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reason(error) == "OVERLOADED"
    assert any(
        detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR)
        for detail in rpc_status.from_call(error).details
    )
    gate.open()
    assert [call.result(60) for call in under_way] == [encoder_pb.ListEncodersResponse()] * 2
    stub.ListEncoders(LIST)


def test_work_whose_deadline_passed_is_not_begun(serve, channel_to, told, gate):
    """All readers are held; a call that waits for one gives up before its turn comes."""
    begun = []
    lock = threading.Lock()

    def encoder(name):
        with lock:
            begun.append(name)
        if name == "held":
            gate.pass_through()
        return EncoderInfo(name, "loader", ())

    stub = encoders(channel_to(serve(told(encoder=encoder))))

    def request(name):
        return encoder_pb.GetEncoderRequest(encoder=name)

    held = [stub.GetEncoder.future(request("held")) for _ in range(READERS)]
    for _ in held:
        gate.wait_for_one()
    error = failure(lambda: stub.GetEncoder(request("late"), timeout=0.2))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    gate.open()
    for call in held:
        call.result(60)
    stub.GetEncoder(request("after"))
    assert begun == ["held"] * READERS + ["after"]


def test_a_call_counts_until_its_thread_has_ended(gate):
    """The caller goes away; the work goes on, and what waits behind it is never begun."""

    async def main():
        calls = Calls(Settings(max_in_flight=READERS + 1))
        begun = []

        def method(request):
            begun.append(request.encoder)
            gate.pass_through()
            return request

        handle = calls.unary(method, encoder_pb.GetEncoderRequest)

        def call(name):
            raw = encoder_pb.GetEncoderRequest(encoder=name).SerializeToString()
            context = SimpleNamespace(time_remaining=lambda: None)
            return asyncio.create_task(handle(raw, context))

        under_way = [call("held") for _ in range(READERS)]
        for _ in under_way:
            await asyncio.to_thread(gate.wait_for_one)
        waiting = call("waiting")
        await asyncio.wait([waiting], timeout=0)
        with pytest.raises(Overloaded):
            calls.enter(0)
        for one in (*under_way, waiting):
            one.cancel()
        await asyncio.wait([*under_way, waiting])
        assert not await calls.drain(0.01)
        gate.open()
        assert await calls.drain(60)
        calls.close()
        assert begun == ["held"] * READERS

    asyncio.run(main())


def test_bytes_in_flight_are_bounded():
    async def main():
        calls = Calls(Settings(max_message_bytes=100))
        calls.enter(1000)  # a first one always
        calls.leave(1000)
        for size in (700, 100):
            calls.enter(size)
        with pytest.raises(Overloaded, match="have 800 bytes, and with this one's 1 it would be"):
            calls.enter(1)
        calls.leave(700)
        calls.enter(700)

    asyncio.run(main())


def test_a_call_that_has_ended_leaves_its_room():
    async def main():
        calls = Calls(Settings(max_message_bytes=20))
        calls.enter(130)
        handle = calls.unary(lambda request: request, encoder_pb.GetEncoderRequest)
        raw = encoder_pb.GetEncoderRequest(encoder="e" * 18).SerializeToString()
        context = SimpleNamespace(time_remaining=lambda: None)
        for _ in range(3):
            assert await handle(raw, context) == raw
            await asyncio.sleep(0)  # the thread has told that it is done
        calls.close()

    asyncio.run(main())


def test_the_clock_is_looked_at_before_the_work():
    import time

    from vecstore.errors import DeadlineExceeded
    from vecstore.service.calls import require_time

    require_time(time.monotonic() + 60)
    with pytest.raises(DeadlineExceeded, match="nothing was done"):
        require_time(time.monotonic() - 0.001)


def test_writers_do_not_keep_readers_waiting(serve, channel_to, told, gate):
    from vecstore.service.calls import WRITERS

    def collection(name):
        gate.pass_through()
        raise CollectionNotFound("no")

    channel = channel_to(serve(told(named_collection=collection, list_encoders=list)))
    records = record_service_pb2_grpc.RecordServiceStub(channel)
    writes = [records.Upsert.future(record_pb.UpsertRequest()) for _ in range(WRITERS + 4)]
    for _ in range(WRITERS):
        gate.wait_for_one()
    assert encoders(channel).ListEncoders(LIST, timeout=60) == encoder_pb.ListEncodersResponse()
    gate.open()
    for write in writes:
        assert write.exception(60).code() is grpc.StatusCode.NOT_FOUND


def test_an_answer_that_is_too_large_says_what_to_do(serve, channel_to, told):
    infos = [EncoderInfo("x" * 100, "loader", ())] * 100
    stub = encoders(channel_to(serve(told(list_encoders=lambda: infos), max_message_bytes=5000)))
    error = failure(lambda: stub.ListEncoders(LIST))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "ask for fewer" in error.details()


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xff\xff",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x02\xc3\x28",  # a string that is not UTF-8
        b"\x0a\x05ab",
    ],
)
def test_bytes_that_are_no_message_are_refused(serve, channel_to, told, raw):
    channel = channel_to(serve(told(list_encoders=list)))
    call = channel.unary_unary("/vecstore.v1.EncoderService/GetEncoder")
    error = failure(lambda: call(raw))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason(error) == "INVALID_ARGUMENT"
    assert "vecstore.v1.GetEncoderRequest" in error.details()
    encoders(channel).ListEncoders(LIST)


def test_a_message_that_is_too_large_is_refused(serve, channel_to, told):
    channel = channel_to(serve(told(list_encoders=list), max_message_bytes=1000))
    request = encoder_pb.GetEncoderRequest(encoder="x" * 2000)
    error = failure(lambda: encoders(channel).GetEncoder(request))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    encoders(channel).ListEncoders(LIST)


def test_unknown_methods_are_refused(serve, channel_to, told):
    channel = channel_to(serve(told()))
    error = failure(lambda: channel.unary_unary("/vecstore.v1.EncoderService/Forge")(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
