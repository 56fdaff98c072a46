"""Which calls are sent again, how often, and how long that takes: a server that fails as told."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

import vecstore
from vecstore import errors
from vecstore.client import record_calls, retrying
from vecstore.client.calls import Call
from vecstore.client.retrying import Attempts, backoff, check_retries, made_repeatable
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.wire.errors import DETAILS_KEY, error_to_status

HEALTHY = b"\x08\x01"
DESCRIBED = collection_pb.GetCollectionResponse()
DESCRIBED.collection.fields.add(name="default", encoder="hashing@1")
DESCRIBED.collection.name = "docs"
ANSWERS = dict.fromkeys(["GetCollection", "CreateCollection"], DESCRIBED.SerializeToString())
DRAINING = errors.Unavailable("stopping", begun="no")
AWAY = errors.Unavailable("away")
BUSY = errors.Overloaded("busy", retry_after=0.01)


class Flaky(grpc.GenericRpcHandler):
    """Answers every call with next to nothing, after as many failures as it is told."""

    def __init__(self):
        self.failures = []
        self.seen = []
        self.left = []

    def service(self, details):
        if details.method.endswith("/Check"):
            return grpc.unary_unary_rpc_method_handler(lambda raw, context: HEALTHY)

        def handle(raw, context):
            self.seen.append(raw)
            self.left.append(context.time_remaining())
            if self.failures:
                self._fail(self.failures.pop(0), context)
            return ANSWERS.get(details.method.rpartition("/")[2], b"")

        return grpc.unary_unary_rpc_method_handler(handle)

    def _fail(self, failure, context):
        if isinstance(failure, grpc.StatusCode):
            context.abort(failure, "says a proxy")
        status = error_to_status(failure)
        code = next(one for one in grpc.StatusCode if one.value[0] == status.code)
        trailers = ((DETAILS_KEY, status.SerializeToString()),)
        context.set_trailing_metadata(trailers)
        context.abort(code, status.message)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Pauses of nearly nothing."""
    monkeypatch.setattr(retrying, "_BASE_SECONDS", 0.001)


@pytest.fixture
def flaky():
    return Flaky()


@pytest.fixture
def flaky_address(flaky):
    server = grpc.server(ThreadPoolExecutor(4), handlers=[flaky])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture
def remote(connect, flaky_address):
    """(store, collection) of either client at the flaky server."""
    store = connect(flaky_address, retries=3)
    return store, store.collection("docs")


@pytest.fixture
def asked(flaky, remote):
    """asked(call, failures) -> what the call raised or None, and the requests that were sent."""
    store, docs = remote

    def ask(call, *failures):
        flaky.seen.clear()
        flaky.failures[:] = failures
        try:
            call(store, docs)
        except vecstore.VecstoreError as error:
            return error, list(flaky.seen)
        return None, list(flaky.seen)

    return ask


READS = {
    "list_encoders": lambda store, docs: store.list_encoders(),
    "collection": lambda store, docs: store.collection("docs"),
    "get": lambda store, docs: docs.get(["a"]),
    "count": lambda store, docs: docs.count(),
    "list": lambda store, docs: docs.list(),
    "search": lambda store, docs: docs.search("a"),
    "encode": lambda store, docs: store.encode("hashing", ["a"]),
}
SAFE_WRITES = {
    "upsert": lambda store, docs: docs.upsert([vecstore.Record("a", "a")]),
    "delete": lambda store, docs: docs.delete(["a"]),
}
UNSAFE_WRITES = {
    "create": lambda store, docs: store.create_collection("a", encoder="hashing"),
    "delete": lambda store, docs: store.delete_collection("a"),
    "calibrate": lambda store, docs: docs.calibrate(clear=True),
}


@pytest.mark.parametrize("failure", [AWAY, DRAINING, BUSY, grpc.StatusCode.UNAVAILABLE], ids=str)
@pytest.mark.parametrize("call", [*READS.values(), *SAFE_WRITES.values()])
def test_what_is_safe_is_sent_again_as_it_was(asked, call, failure):
    raised, sent = asked(call, failure, failure)
    assert raised is None
    assert len(sent) == 3
    assert len(set(sent)) == 1


@pytest.mark.parametrize("call", UNSAFE_WRITES.values(), ids=UNSAFE_WRITES)
@pytest.mark.parametrize("failure", [AWAY, grpc.StatusCode.UNAVAILABLE], ids=str)
def test_what_may_have_been_done_is_not_done_twice(asked, call, failure):
    raised, sent = asked(call, failure)
    assert isinstance(raised, vecstore.Unavailable)
    assert len(sent) == 1


@pytest.mark.parametrize("call", UNSAFE_WRITES.values(), ids=UNSAFE_WRITES)
@pytest.mark.parametrize("failure", [DRAINING, BUSY], ids=str)
def test_what_the_server_refused_before_any_work_is_sent_again(asked, call, failure):
    raised, sent = asked(call, failure)
    assert raised is None
    assert len(sent) == 2


@pytest.mark.parametrize(
    "failure",
    [
        errors.StorageError("the disk is full"),  # travels as UNAVAILABLE as well
        errors.DeadlineExceeded("too late"),
        errors.InvalidArgument("wrong"),
        errors.InternalError("a bug", error_id="1"),
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
    ],
    ids=str,
)
def test_what_another_try_would_not_change_is_told_at_once(asked, failure):
    raised, sent = asked(READS["search"], failure)
    assert raised is not None
    assert len(sent) == 1


def test_what_was_never_sent_is_sent_again_whatever_it_is(connect, serve, told, monkeypatch):
    running = serve(told())
    store = connect(running.address, retries=3)
    running.stop()
    pauses = []
    monkeypatch.setattr(retrying, "backoff", lambda number: pauses.append(number) or 0.0)
    with pytest.raises(vecstore.Unavailable, match="vecstore serve"):
        store.delete_collection("docs")
    assert pauses == [0, 1, 2]


def test_too_much_to_do_without_a_word_of_when_is_no_proof_that_nothing_was_done(asked):
    busy = grpc.StatusCode.RESOURCE_EXHAUSTED
    raised, sent = asked(UNSAFE_WRITES["delete"], busy)
    assert isinstance(raised, vecstore.Overloaded)
    assert len(sent) == 1


def test_the_last_failure_is_told_when_there_were_enough(asked):
    raised, sent = asked(READS["search"], *[AWAY] * 10)
    assert isinstance(raised, vecstore.Unavailable)
    assert len(sent) == 1 + 3


def test_nothing_is_sent_again_where_nobody_wants_that(connect, flaky, flaky_address):
    store = connect(flaky_address, retries=0)
    flaky.failures[:] = [DRAINING]
    with pytest.raises(vecstore.Unavailable):
        store.list_encoders()
    assert len(flaky.seen) == 1


def test_all_attempts_share_one_deadline(connect, flaky, flaky_address):
    store = connect(flaky_address, timeout=2.0)
    flaky.failures[:] = [errors.Overloaded("busy", retry_after=0.2)] * 2
    store.list_encoders()
    first, second, third = flaky.left
    assert first > second > third


def test_pauses_count_for_the_deadline(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(retrying.time, "monotonic", lambda: now[0])
    attempts = Attempts(record_calls.count_records("docs", None), 10.0, 5)
    busy = errors.Overloaded("busy", retry_after=3.0)
    for left in (10.0, 7.0, 4.0):
        assert attempts.seconds == left
        assert 3.0 <= attempts.pause(busy) <= 3.1
        now[0] += 3.0
    assert attempts.seconds == 1.0
    assert attempts.pause(busy) is None
    now[0] += 100.0
    assert attempts.seconds == 0.0


def test_no_pause_reaches_beyond_the_deadline(connect, flaky, flaky_address):
    store = connect(flaky_address, timeout=5.0)
    flaky.failures[:] = [errors.Overloaded("busy", retry_after=3600.0)]
    begin = time.monotonic()
    with pytest.raises(vecstore.Overloaded):
        store.list_encoders()
    assert len(flaky.seen) == 1
    assert time.monotonic() - begin < 60.0


@pytest.mark.parametrize("seconds", [7.0, 70])
def test_some_calls_may_take_another_time(remote, flaky, seconds):
    store, docs = remote
    store.with_timeout(seconds).list_encoders()
    docs.with_timeout(seconds).count()
    store.with_timeout(seconds).collection("docs").count()
    assert len(flaky.left) == 1 + 4
    # On the wire the time is rounded upwards a little.
    assert all(seconds - 6.0 < left <= 1.1 * seconds for left in flaky.left[1:])
    store.list_encoders()
    assert 20.0 < flaky.left[-1] <= 33.0
    with pytest.raises(vecstore.InvalidArgument, match="timeout"):
        store.with_timeout(0)
    with pytest.raises(vecstore.InvalidArgument, match="timeout"):
        docs.with_timeout("1")


def test_a_store_of_another_time_has_the_same_connection(flaky_address):
    store = vecstore.connect(flaky_address)
    store.with_timeout(5.0).close()
    with pytest.raises(vecstore.StoreClosed):
        store.list_encoders()


def test_closing_ends_the_pause(flaky, flaky_address):
    store = vecstore.connect(flaky_address, timeout=3000.0)
    flaky.failures[:] = [errors.Overloaded("busy", retry_after=2000.0)]
    raised = []

    def call():
        try:
            store.list_encoders()
        except vecstore.VecstoreError as error:
            raised.append(type(error))

    thread = threading.Thread(target=call)
    thread.start()
    while not flaky.seen:
        time.sleep(0.001)
    store.close()
    thread.join(60)
    assert not thread.is_alive()
    assert raised[0] in (vecstore.StoreClosed, vecstore.Unavailable)


@pytest.mark.parametrize("retries", [-1, 101, 1.0, True, None, "3"])
def test_how_often_is_a_whole_number(connect, flaky_address, retries):
    with pytest.raises(vecstore.InvalidArgument, match="retries"):
        connect(flaky_address, retries=retries)
    assert check_retries(100) == 100


def test_a_pause_is_any_time_up_to_a_bound_that_doubles(monkeypatch):
    monkeypatch.setattr(retrying, "_BASE_SECONDS", 0.1)
    for number, most in enumerate([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]):
        pauses = [backoff(number) for _ in range(300)]
        assert all(0.0 <= pause <= most for pause in pauses)
        # Full jitter: some are near nothing, some near the bound.
        assert min(pauses) < 0.25 * most
        assert max(pauses) > 0.75 * most


def test_a_server_that_says_when_is_not_asked_before():
    call = record_calls.count_records("docs", None)
    for _ in range(100):
        attempts = Attempts(call, 60.0, 3)
        assert attempts.pause(errors.Overloaded("busy", retry_after=1.5)) >= 1.5


def write(method, request):
    return Call(f"/vecstore.v1.RecordService/{method}", request, type(request), lambda answer: 0)


INSERT, UPDATE = record_pb.WRITE_MODE_INSERT, record_pb.WRITE_MODE_UPDATE


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("Upsert", record_pb.UpsertRequest()),
        ("Upsert", record_pb.UpsertRequest(mode=INSERT)),
        ("Upsert", record_pb.UpsertRequest(mode=UPDATE)),
        ("Upsert", record_pb.UpsertRequest(if_versions={"a": 0})),
        ("DeleteRecords", record_pb.DeleteRecordsRequest(filter={})),
        ("DeleteRecords", record_pb.DeleteRecordsRequest(ids=["a"])),
        ("UpdatePayload", record_pb.UpdatePayloadRequest(ids=["a"])),
    ],
)
def test_a_write_that_is_not_the_same_twice_is_given_a_key_of_its_own(method, request_):
    other = type(request_)()
    other.CopyFrom(request_)
    assert made_repeatable(write(method, request_))
    assert made_repeatable(write(method, other))
    assert request_.idempotency_key
    assert request_.idempotency_key != other.idempotency_key
    key = request_.idempotency_key
    assert made_repeatable(write(method, request_))
    assert request_.idempotency_key == key


def test_an_alias_that_was_deleted_cannot_be_deleted_again():
    switch = collection_pb.UpdateAliasesRequest(set={"a": "b"})
    drop = collection_pb.UpdateAliasesRequest(delete=["a"])
    assert made_repeatable(write("UpdateAliases", switch))
    assert not made_repeatable(write("UpdateAliases", drop))


def test_what_reads_changes_no_request():
    request = search_pb.RecommendRequest(collection="docs")
    assert made_repeatable(write("Recommend", request))
    assert request == search_pb.RecommendRequest(collection="docs")


def test_where_nothing_is_sent_again_no_key_is_made():
    request = record_pb.DeleteRecordsRequest(ids=["a"])
    Attempts(write("DeleteRecords", request), 1.0, 0)
    assert not request.idempotency_key
