"""A search recognised by its bytes is answered, or refused, as any other."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import vecstore
from vecstore.config import Settings
from vecstore.service import search_servicer
from vecstore.service.calls import Calls
from vecstore.service.quick_search import Shapes
from vecstore.v1 import search_service_pb2 as pb
from vecstore.v1 import search_service_pb2_grpc
from vecstore.wire.queries import fill_query, hits_to_message

DIM = 8


@pytest.fixture(scope="module")
def random():
    return np.random.default_rng(5)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, random):
    """A store with a collection of every metric, of enough records to tell the unfamiliar."""
    settings = Settings(max_k=50)
    with vecstore.open(tmp_path_factory.mktemp("store"), settings=settings) as store:
        store.declare_space("numbers@1", dim=DIM, provenance="random")
        for metric in ("cosine", "ip", "l2"):
            collection = store.create_collection(metric, encoder="numbers@1", metric=metric)
            collection.upsert(
                vecstore.Record(f"record-{n}-ä", vector=vecstore.Vector(collection.space, row))
                for n, row in enumerate(vectors(random, 80))
            )
        yield store


def vectors(random, count):
    return random.normal(size=(count, DIM)).astype(np.float32)


def asking(store, name, values, **options):
    """The request of a search for ids alone."""
    request = pb.SearchRequest(collection=name)
    space = store.space("numbers@1")
    fill_query(request.query, vecstore.Vector(space, values))
    request.options.omit_payload = request.options.omit_text = True
    for key, value in options.items():
        setattr(request.options, key, value)
    return request


def learnt(store, request, shapes=None):
    """Shapes that know the kind of a request."""
    shapes = shapes or Shapes(store)
    k = request.options.k if request.options.HasField("k") else 10
    shapes.learn(request.SerializeToString(), request, k, request.options.field or "default")
    return shapes


def quickly(shapes, request):
    """The answer of a known kind; None where it is of none, or needs a closer look."""
    raw = request.SerializeToString()
    shape = shapes.find(raw)
    return None if shape is None else shapes.answer(shape, raw)


def with_numbers(request, values):
    other = pb.SearchRequest()
    other.CopyFrom(request)
    other.query.vector.packed = np.asarray(values, "<f4").tobytes()
    return other


@pytest.mark.parametrize(
    "options", [{}, {"k": 1}, {"k": 7, "field": "default"}, {"k": 50}], ids=str
)
@pytest.mark.parametrize("metric", ["cosine", "ip", "l2"])
def test_the_answer_is_the_ordinary_one_byte_for_byte(filled, random, metric, options):
    collection = filled.collection(metric)
    stored = collection.get(["record-3-ä"], include_vectors=True)[0].vector.values
    first = asking(filled, metric, vectors(random, 1)[0], **options)
    shapes = learnt(filled, first)
    for values in (*vectors(random, 20), stored, 3.0 * stored):
        request = with_numbers(first, values)
        ordinary = collection.search(
            vecstore.Vector(collection.space, values),
            options.get("k", 10),
            include_payload=False,
            include_text=False,
        )
        assert ordinary.unfamiliarity.percentile is not None
        assert quickly(shapes, request) == hits_to_message(ordinary).SerializeToString()


@pytest.mark.parametrize(
    "values",
    [[0.0] * DIM, [np.nan] + [1.0] * 7, [1.0] * 7 + [np.inf], [-np.inf, np.inf] * 4, [3e38] * DIM],
    ids=["zero", "nan", "inf", "both", "long"],
)
def test_numbers_that_may_be_refused_are_left_to_the_ordinary_way(filled, values):
    first = asking(filled, "cosine", [1.0] * DIM)
    shapes = learnt(filled, first)
    assert quickly(shapes, first) is not None
    assert quickly(shapes, with_numbers(first, values)) is None


def another_space(request):
    request.query.vector.space.version = "2"


def another_fingerprint(request):
    request.query.vector.space.fingerprint = request.query.vector.space.fingerprint[::-1]


def no_space(request):
    request.query.vector.ClearField("space")


def shorter(request):
    request.query.vector.packed = request.query.vector.packed[4:]


def another_collection(request):
    request.collection = "cosinf"


def more_hits(request):
    request.options.k = 9


def a_filter(request):
    request.options.filter.membership.path.append("a")


def from_the_second(request):
    request.options.offset = 1


@pytest.mark.parametrize(
    "change",
    [
        another_space,
        another_fingerprint,
        no_space,
        shorter,
        another_collection,
        more_hits,
        a_filter,
        from_the_second,
    ],
)
def test_whatever_differs_beside_the_numbers_is_another_kind(filled, change):
    request = asking(filled, "cosine", [1.0] * DIM, k=8)
    shapes = learnt(filled, request)
    change(request)
    assert shapes.find(request.SerializeToString()) is None


@pytest.mark.parametrize(
    "options",
    [
        {"offset": 1},
        {"explain": True},
        {"min_score": 0.1},
        {"include_vectors": True},
        {"diversity": 0.5},
    ],
    ids=str,
)
def test_what_asks_for_more_is_not_learnt(filled, options):
    request = asking(filled, "cosine", [1.0] * DIM, **options)
    assert quickly(learnt(filled, request), request) is None


def test_bytes_that_stand_there_twice_are_not_learnt(filled):
    raw = asking(filled, "cosine", [1.0] * DIM).SerializeToString()
    twice = raw + raw  # a message may follow itself: the last vector counts
    shapes = Shapes(filled)
    shapes.learn(twice, pb.SearchRequest.FromString(twice), 10, "default")
    assert shapes.find(twice) is None


def test_a_space_that_an_operator_had_to_accept_is_not_learnt(tmp_path, monkeypatch):
    with vecstore.open(tmp_path / "store") as store:
        store.declare_space("numbers@1", dim=DIM, provenance="random")
        collection = store.create_collection("docs", encoder="numbers@1")
        collection.upsert(
            [vecstore.Record("a", vector=vecstore.Vector(collection.space, [1.0] * 8))]
        )
        request = asking(store, "docs", [1.0] * DIM)
        assert quickly(learnt(store, request), request) is not None
        monkeypatch.setattr(vecstore.Space, "complete", property(lambda space: False))
        assert quickly(learnt(store, request), request) is None


def test_vectors_that_are_marked_are_left_to_the_ordinary_way(tmp_path, monkeypatch):
    """Also where the first of them is written while the index is asked."""
    with vecstore.open(tmp_path / "store") as store:
        store.declare_space("numbers@1", dim=DIM, provenance="random")
        collection = store.create_collection("docs", encoder="numbers@1")
        vector = vecstore.Vector(collection.space, [1.0] * DIM)
        collection.upsert([vecstore.Record("a", vector=vector)])
        request = asking(store, "docs", [1.0] * DIM)
        shapes = learnt(store, request)
        assert quickly(shapes, request) is not None
        index = store.owner.indexes[store.row("docs").fields[0].id]
        search = index.search

        def late(*asked):
            collection.upsert([vecstore.Record("b", vector=vector, carried=("default",))])
            return search(*asked)

        monkeypatch.setattr(index, "search", late)
        assert quickly(shapes, request) is None
        monkeypatch.undo()
        assert quickly(shapes, request) is None


def test_a_collection_made_anew_or_an_alias_switched_is_looked_up_anew(tmp_path):
    with vecstore.open(tmp_path / "store") as store:
        store.declare_space("numbers@1", dim=DIM, provenance="random")
        for name in ("a", "b"):
            made = store.create_collection(name, encoder="numbers@1")
            made.upsert([vecstore.Record(name, vector=vecstore.Vector(made.space, [1.0] * DIM))])
        store.set_alias("now", "a")
        store.collection("now").search(vecstore.Vector(made.space, [1.0] * DIM))
        request = asking(store, "now", [1.0] * DIM)
        shapes = learnt(store, request)
        assert pb.SearchResponse.FromString(quickly(shapes, request)).hits[0].id == "a"
        store.set_alias("now", "b")
        assert quickly(shapes, request) is None
        store.collection("now").search(vecstore.Vector(made.space, [1.0] * DIM))
        learnt(store, request, shapes)
        assert pb.SearchResponse.FromString(quickly(shapes, request)).hits[0].id == "b"
        store.delete_collection("b")
        assert quickly(shapes, request) is None
    assert quickly(shapes, request) is None


def test_no_more_is_remembered_than_a_bound(filled):
    shapes = Shapes(filled)
    for k in range(1, 7):
        learnt(filled, asking(filled, "cosine", [1.0] * DIM, k=k), shapes)
    known = [
        k
        for k in range(1, 7)
        if quickly(shapes, asking(filled, "cosine", [1.0] * DIM, k=k)) is not None
    ]
    assert known == [3, 4, 5, 6]
    for length in range(100):
        request = asking(filled, "cosine", [1.0] * DIM)
        raw = request.SerializeToString() + b"\x7a" + bytes([length]) + b"x" * length  # unknown
        shapes.learn(raw, request, 10, "default")
    assert len(shapes._known) == 64


# -- over gRPC


@pytest.fixture
def search(serve, channel_to, filled, monkeypatch):
    """search(request) of a server, and how many answers of it were quick."""
    quick = []
    answer = Shapes.answer

    def counted(self, shape, raw):
        given = answer(self, shape, raw)
        quick.append(given is not None)
        return given

    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 60.0)
    monkeypatch.setattr(Shapes, "answer", counted)
    stub = search_service_pb2_grpc.SearchServiceStub(channel_to(serve(filled)))
    return SimpleNamespace(ask=stub.Search, quick=quick)


def test_the_third_search_of_a_kind_is_recognised_and_none_differs(search, filled, random):
    request = asking(filled, "cosine", vectors(random, 1)[0])
    answers = [search.ask(request) for _ in range(5)]
    assert search.quick == [True] * 3
    assert all(answer == answers[0] for answer in answers)


def test_a_kind_whose_searches_are_slow_goes_back_to_a_thread(search, filled, monkeypatch):
    request = asking(filled, "cosine", [1.0] * DIM)
    for _ in range(4):
        search.ask(request)
    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 0.0)
    search.quick.clear()
    for _ in range(4):
        search.ask(request)
    assert search.quick == [True, True]


@pytest.mark.parametrize("values", [[0.0] * DIM, [np.nan] * DIM])
def test_refusals_are_the_same_after_many_good_searches(search, filled, values):
    request = asking(filled, "cosine", [1.0] * DIM)
    refusals = []
    for _ in range(2):
        with pytest.raises(grpc.RpcError) as caught:
            search.ask(with_numbers(request, values))
        refusals.append((caught.value.code(), caught.value.details()))
        for _ in range(4):
            search.ask(request)
    assert refusals[0] == refusals[1]
    assert refusals[0][0] is grpc.StatusCode.INVALID_ARGUMENT
    assert any(search.quick)


def test_numbers_of_another_space_are_refused_after_many_good_searches(search, filled):
    request = asking(filled, "cosine", [1.0] * DIM)
    for _ in range(4):
        search.ask(request)
    another_space(request)
    with pytest.raises(grpc.RpcError) as caught:
        search.ask(request)
    info = error_details_pb2.ErrorInfo()
    assert rpc_status.from_call(caught.value).details[0].Unpack(info)
    assert info.reason == "SPACE_MISMATCH"


def test_a_write_is_seen_by_the_next_quick_search(search, filled):
    collection = filled.collection("l2")
    request = asking(filled, "l2", [40.0] * DIM, k=1)
    for _ in range(4):
        assert search.ask(request).hits[0].id != "far"
    collection.upsert(
        [vecstore.Record("far", vector=vecstore.Vector(collection.space, [40.0] * 8))]
    )
    assert search.ask(request).hits[0].id == "far"
    collection.delete(["far"])
    assert search.ask(request).hits[0].id != "far"
    assert all(search.quick)


def test_an_answer_larger_than_a_message_may_be_is_refused(serve, channel_to, filled, monkeypatch):
    monkeypatch.setattr(search_servicer, "QUICK_SECONDS", 60.0)
    running = serve(filled, max_message_bytes=400)
    stub = search_service_pb2_grpc.SearchServiceStub(channel_to(running))
    for _ in range(3):
        stub.Search(asking(filled, "cosine", [1.0] * DIM, k=2))
    monkeypatch.setattr("vecstore.service.quick_search.space_to_bytes", lambda space: b"x" * 400)
    refusing = channel_to(serve(filled, max_message_bytes=400))
    stub = search_service_pb2_grpc.SearchServiceStub(refusing)
    for _ in range(2):
        stub.Search(asking(filled, "cosine", [1.0] * DIM, k=2))
    with pytest.raises(grpc.RpcError, match="one message at most 400"):
        stub.Search(asking(filled, "cosine", [1.0] * DIM, k=2))


class Context:
    """Notes how a call was ended."""

    def __init__(self):
        self.code = None

    def time_remaining(self):
        return None

    async def abort(self, code, message, trailing_metadata=()):
        self.code = code
        raise grpc.aio.AbortError


@pytest.mark.parametrize("drained", [False, True])
def test_what_is_answered_at_once_is_refused_where_the_rest_is(drained):
    async def main():
        calls = Calls(Settings(max_in_flight=2))

        async def in_thread(raw, context):
            calls.enter(len(raw))
            return b"ordinary"

        handle = calls.at_once_or_unary(lambda raw: b"quick", in_thread)
        assert await handle(b"request", Context()) == b"quick"
        if drained:
            await calls.drain(0.0)
            with pytest.raises(vecstore.Unavailable, match="stopping"):
                await handle(b"request", Context())
            return
        calls.enter(1)
        assert await handle(b"request", Context()) == b"quick"
        calls.enter(1)
        context = Context()
        with pytest.raises(grpc.aio.AbortError):
            await handle(b"request", context)
        assert context.code is grpc.StatusCode.RESOURCE_EXHAUSTED

    asyncio.run(main())
