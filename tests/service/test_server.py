import asyncio

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from vecstore.errors import FailedPrecondition, InvalidArgument
from vecstore.service.server import Server
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import encoder_service_pb2_grpc, record_service_pb2_grpc

LIST = encoder_pb.ListEncodersRequest()
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICES = [
    "EncoderService",
    "CollectionService",
    "RecordService",
    "SearchService",
    "EvaluationService",
    "ReembedService",
    "OperationService",
]


def check(channel, service=""):
    stub = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=service)).status


def test_a_free_port_is_found_and_named(serve, told):
    running = serve(told())
    host, port = running.address.rsplit(":", 1)
    assert host == "127.0.0.1"
    assert int(port) > 0


def test_a_taken_port_is_an_error_and_the_first_server_goes_on(serve, channel_to, told):
    running = serve(told())
    second = Server(told(), running.address)
    with pytest.raises(FailedPrecondition, match="in use; choose another port"):
        asyncio.run(second.start())
    assert check(channel_to(running)) == SERVING


def test_a_port_that_is_taken_at_the_last_moment_is_not_shared(serve, told, monkeypatch):
    running = serve(told())
    monkeypatch.setattr("vecstore.service.server.require_free", lambda address: None)
    with pytest.raises(FailedPrecondition, match="cannot listen"):
        asyncio.run(Server(told(), running.address).start())


def test_only_loopback_is_listened_on(told):
    with pytest.raises(InvalidArgument, match="other machines"):
        Server(told(), "0.0.0.0:0")


@pytest.mark.parametrize("service", ["", *(f"vecstore.v1.{name}" for name in SERVICES)])
def test_health_of_every_service(serve, channel_to, told, service):
    assert check(channel_to(serve(told())), service) == SERVING


def test_health_of_no_service(serve, channel_to, told):
    with pytest.raises(grpc.RpcError) as caught:
        check(channel_to(serve(told())), "vecstore.v1.Nothing")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_reflection_shows_the_services(serve, channel_to, told):
    database = ProtoReflectionDescriptorDatabase(channel_to(serve(told())))
    assert {f"vecstore.v1.{name}" for name in SERVICES} <= set(database.get_services())


def test_reflection_is_a_switch(serve, channel_to, told):
    database = ProtoReflectionDescriptorDatabase(channel_to(serve(told(), reflection=False)))
    with pytest.raises(grpc.RpcError) as caught:
        database.get_services()
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_stopping_lets_calls_end_and_takes_no_new_ones(serve, channel_to, told, gate):
    def held():
        gate.pass_through()
        return []

    running = serve(told(list_encoders=held))
    channel = channel_to(running)
    stub = encoder_service_pb2_grpc.EncoderServiceStub(channel)
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == SERVING
    under_way = stub.ListEncoders.future(LIST)
    gate.wait_for_one()

    stopped = running.begin_to_stop()
    assert next(watch).status == NOT_SERVING
    assert check(channel) == NOT_SERVING
    assert check(channel, "vecstore.v1.SearchService") == NOT_SERVING
    with pytest.raises(grpc.RpcError, match="stopping") as caught:
        stub.ListEncoders(LIST)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert not stopped.done()

    gate.open()
    assert under_way.result(60) == encoder_pb.ListEncodersResponse()
    stopped.result(60)
    assert next(watch, None) is None


def test_stopping_does_not_wait_for_ever(serve, channel_to, told, gate):
    def held():
        gate.pass_through()
        return []

    running = serve(told(list_encoders=held), drain_seconds=0.1)
    stub = encoder_service_pb2_grpc.EncoderServiceStub(channel_to(running))
    under_way = stub.ListEncoders.future(LIST)
    gate.wait_for_one()
    running.begin_to_stop().result(60)
    assert under_way.exception(60).code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
    )


def test_an_idle_stream_does_not_hold_up_the_stop(serve, channel_to, told):
    import queue

    running = serve(told(), drain_seconds=60)
    requests = queue.SimpleQueue()
    stub = record_service_pb2_grpc.RecordServiceStub(channel_to(running))
    answers = stub.UpsertStream(iter(requests.get, None))
    from vecstore.v1 import record_service_pb2

    requests.put(record_service_pb2.UpsertStreamRequest())
    assert not next(answers).results
    running.stop()
    with pytest.raises(grpc.RpcError, match="stopping"):
        next(answers)
    requests.put(None)
