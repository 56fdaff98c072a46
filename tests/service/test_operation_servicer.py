"""OperationService: an operation is watched as long as it goes on, and somebody looks."""

import time

import grpc
import pytest

from vecstore.operations import Operation
from vecstore.v1 import operation_service_pb2 as pb
from vecstore.v1 import operation_service_pb2_grpc, reembed_service_pb2_grpc
from vecstore.v1 import reembed_service_pb2 as reembed_pb


class Work:
    """An operation that is at another step at every look, up to some."""

    def __init__(self, steps=10**9):
        self.looks, self._steps = 0, steps

    def look(self, id):
        self.looks += 1
        step = min(self.looks // 2, self._steps)
        return Operation(id, "reembed", "docs/default", f"step {step}"), step < self._steps


@pytest.fixture
def watched(serve, channel_to, told):
    """watched(work, **settings) -> the server, and a stub of its operations."""

    def start(work, before=lambda: None, **settings):
        def operation(id):
            before()
            return work.look(id)[0]

        store = told(look_at_operation=work.look, operation=operation)
        running = serve(store, **settings)
        return running, operation_service_pb2_grpc.OperationServiceStub(channel_to(running))

    return start


REQUEST = pb.WatchOperationRequest(id="1", every_seconds=0.001)


def test_what_is_new_is_told_until_it_ends(watched):
    work = Work(steps=2)
    _, stub = watched(work)
    states = [answer.operation.state for answer in stub.WatchOperation(REQUEST)]
    assert states == ["step 0", "step 1", "step 2"]
    assert work.looks == 4


def test_watchers_take_no_room_while_they_wait(watched):
    _, stub = watched(Work(), max_in_flight=1)
    request = pb.WatchOperationRequest(id="1", every_seconds=60)
    watching = []  # one after another: each takes the room while it has its first look
    for _ in range(3):
        watching.append(stub.WatchOperation(request))
        assert next(watching[-1]).operation.state
    assert stub.GetOperation(pb.GetOperationRequest(id="1")).operation.id == "1"


def test_looks_are_apart(watched, monkeypatch):
    waits = []

    async def wait(_, seconds):
        waits.append(seconds)

    monkeypatch.setattr("vecstore.service.watching._wait", wait)
    _, stub = watched(Work(steps=2))
    assert list(stub.WatchOperation(REQUEST))
    assert set(waits) == {0.1}


def test_a_server_with_too_much_to_do_lets_watchers_wait(watched, gate, monkeypatch):
    from vecstore.service import watching as module

    waited, wait = [], module._wait

    async def counted(calls, seconds):
        waited.append(calls._in_flight)
        await wait(calls, seconds)

    monkeypatch.setattr(module, "_wait", counted)
    work = Work()
    _, stub = watched(work, gate.pass_through, max_in_flight=1)
    watching = stub.WatchOperation(REQUEST)
    next(watching)
    held = stub.GetOperation.future(pb.GetOperationRequest(id="1"))
    gate.wait_for_one()
    while waited[-2:] != [1, 1]:
        time.sleep(0.01)
    with pytest.raises(grpc.RpcError) as caught:
        next(stub.WatchOperation(REQUEST))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    gate.open()
    assert held.result().operation.id == "1"
    assert next(watching).operation.state


def test_a_watcher_that_goes_is_forgotten(watched):
    work = Work()
    _, stub = watched(work)
    watching = stub.WatchOperation(REQUEST)
    next(watching)
    watching.cancel()
    before = None
    for _ in range(100):
        if before == work.looks:
            return
        before = work.looks
        time.sleep(0.3)  # three looks
    pytest.fail("it goes on looking")


def test_a_server_that_stops_says_so(watched):
    running, stub = watched(Work(), drain_seconds=60)
    watching = stub.WatchOperation(pb.WatchOperationRequest(id="1", every_seconds=60))
    next(watching)
    running.stop()
    with pytest.raises(grpc.RpcError) as caught:
        next(watching)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "the server is stopping" in caught.value.details()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_no_time_between_two_looks_is_refused(watched, seconds):
    _, stub = watched(Work())
    with pytest.raises(grpc.RpcError) as caught:
        next(stub.WatchOperation(pb.WatchOperationRequest(id="1", every_seconds=seconds)))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_what_is_left_empty_is_as_said(serve, channel_to, store):
    """Of another client, which fills in only what it must."""
    stub = reembed_service_pb2_grpc.ReembedServiceStub(channel_to(serve(store)))
    subject = reembed_pb.ReembedSubject(collection="docs")
    start = reembed_pb.StartReembedRequest(
        subject=subject, encoder="hashing@1", transform="truncate-64"
    )
    plan = reembed_pb.PlanReembedRequest(
        subject=subject, encoder="hashing@1", transform="truncate-64"
    )
    assert stub.PlanReembed(plan).plan.counts.total == 1
    options = stub.StartReembed(start).status.options
    assert (options.switch, options.brought, options.cores) == ("manual", "ask", 0.5)
    stub.CancelReembed(reembed_pb.CancelReembedRequest(subject=subject))
    page = stub.ListReembedFailures(reembed_pb.ListReembedFailuresRequest(subject=subject))
    assert not page.failures
    for size, token in ((1001, ""), (5, "x")):
        request = reembed_pb.ListReembedFailuresRequest(
            subject=subject, page_size=size, page_token=token
        )
        with pytest.raises(grpc.RpcError) as caught:
            stub.ListReembedFailures(request)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
