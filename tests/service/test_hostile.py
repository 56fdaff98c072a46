"""Messages that nobody means well with: each is refused by name, and the server goes on."""

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from vecstore.v1 import (
    collection_service_pb2,
    collection_service_pb2_grpc,
    encoder_service_pb2,
    encoder_service_pb2_grpc,
    record_service_pb2,
    record_service_pb2_grpc,
    search_service_pb2,
    search_service_pb2_grpc,
    types_pb2,
)

INT_MIN, INT_MAX = -(2**31), 2**31 - 1


@pytest.fixture
def channel(serve, store, channel_to):
    return channel_to(serve(store))


@pytest.fixture
def unchanged(store):
    docs = store.collection("docs")
    before = docs.list(include_vectors=True)
    yield
    assert docs.list(include_vectors=True) == before
    assert [info.name for info in store.list_collections()] == ["docs"]


def vector(store, values=None, **changes):
    space = store.space("hashing")
    message = types_pb2.Vector(
        space=types_pb2.Space(
            model=space.model, version=space.version, dim=space.dim, fingerprint=space.fingerprint
        )
    )
    values = np.ones(space.dim, "<f4") if values is None else values
    message.packed = values if isinstance(values, bytes) else np.array(values, "<f4").tobytes()
    for name, value in changes.items():
        setattr(message.space, name, value)
    return message


def deep_list(depth):
    top = message = types_pb2.JsonValue()
    for _ in range(depth):
        message = message.list_value.values.add()
    message.int_value = 1
    return top


def deep_filter(depth):
    top = message = types_pb2.Filter()
    for _ in range(depth):
        message = getattr(message, "not")
    message.comparison.path.append("a")
    message.comparison.operator = types_pb2.OPERATOR_EQ
    message.comparison.value.int_value = 1
    return top


def search(store, **changes):
    request = search_service_pb2.SearchRequest(
        collection="docs", query=search_service_pb2.Query(text="a")
    )
    query = changes.pop("query", None)
    if query is not None:
        request.query.CopyFrom(query)
    for name, value in changes.items():
        if name in ("filter",):
            request.options.filter.CopyFrom(value)
        else:
            setattr(request.options, name, value)
    return "Search", request


def by_vector(store, *args, **changes):
    query = search_service_pb2.Query(vector=vector(store, *args, **changes))
    name, request = search(store, query=query)
    request.options.omit_payload = request.options.omit_text = True
    return name, request


def upsert(record):
    request = record_service_pb2.UpsertRequest(collection="docs")
    request.records.add(id="fine").fields["default"].text = "fine"
    request.records.append(record)
    return "Upsert", request


def text_record(**payload):
    record = types_pb2.Record(id="bad")
    record.fields["default"].text = "text"
    for key, value in payload.items():
        record.payload.entries[key].CopyFrom(value)
    return record


def empty_field():
    record = types_pb2.Record(id="bad")
    record.fields["default"].SetInParent()
    return record


def empty_categories():
    record = types_pb2.Record(id="bad")
    record.fields["default"].categories.SetInParent()
    return record


def deep_record():
    """An upsert that can be written, and that no parser of protobuf takes."""
    name, request = upsert(text_record())
    value = request.records[1].payload.entries["a"]
    for _ in range(500):
        value = value.object_value.entries["a"]
    value.int_value = 1
    return name, request


def recommend(**examples):
    return "Recommend", search_service_pb2.RecommendRequest(collection="docs", **examples)


def grouped(key="a", **sizes):
    query = search_service_pb2.Query(text="a")
    return "SearchGroups", search_service_pb2.SearchGroupsRequest(
        collection="docs", query=query, key=key, **sizes
    )


def _with(call, **options):
    for name, value in options.items():
        setattr(call[1].options, name, value)
    return call


QUERY = search_service_pb2.Query
REFERENCE = QUERY(record=search_service_pb2.RecordReference(id="first"))
VALUE = types_pb2.JsonValue
HOSTILE = {
    "no query": lambda s: search(s, query=QUERY()),
    "empty text": lambda s: search(s, query=QUERY(text="")),
    "image to a text encoder": lambda s: search(s, query=QUERY(image=b"GIF89a")),
    "categories to a text encoder": lambda s: search(
        s, query=QUERY(categories=types_pb2.Categories(values={"hr": "7"}))
    ),
    "no categories": lambda s: search(s, query=QUERY(categories=types_pb2.Categories())),
    "a NUL in a category": lambda s: search(
        s, query=QUERY(categories=types_pb2.Categories(values={"hr": "\0"}))
    ),
    "a record of no categories": lambda s: upsert(empty_categories()),
    "vector of nothing": lambda s: search(s, query=QUERY(vector=types_pb2.Vector())),
    "empty record reference": lambda s: search(
        s, query=QUERY(record=search_service_pb2.RecordReference())
    ),
    "reference to elsewhere": lambda s: search(
        s, query=QUERY(record=search_service_pb2.RecordReference(id="first", collection="../x"))
    ),
    "odd bytes": lambda s: by_vector(s, b"\0" * 1535),
    "NaN": lambda s: by_vector(s, [float("nan")] * 384),
    "infinity": lambda s: by_vector(s, [float("-inf")] * 384),
    "zero": lambda s: by_vector(s, [0.0] * 384),
    "short": lambda s: by_vector(s, [1.0]),
    "long": lambda s: by_vector(s, [1.0] * 3840),
    "other dim in the space": lambda s: by_vector(s, dim=4),
    "enormous dim in the space": lambda s: by_vector(s, dim=2**32 - 1),
    "enormous name": lambda s: by_vector(s, model="m" * 1_000_000),
    "no fingerprint": lambda s: by_vector(s, fingerprint=""),
    "no model": lambda s: by_vector(s, model=""),
    "k of 0": lambda s: search(s, k=0),
    "negative k": lambda s: search(s, k=-1),
    "most negative k": lambda s: search(s, k=INT_MIN),
    "greatest k": lambda s: search(s, k=INT_MAX),
    "negative k at once": lambda s: (
        by_vector(s)[0],
        _with_k(by_vector(s)[1], -1),
    ),
    "unknown field": lambda s: search(s, field="\0"),
    "greatest offset": lambda s: search(s, offset=2**32 - 1),
    "offset and k beyond the limit": lambda s: search(s, offset=9_000, k=9_000),
    "a score of NaN": lambda s: search(s, min_score=float("nan")),
    "a score of infinity": lambda s: search(s, max_score=float("inf")),
    "an empty range of scores": lambda s: search(s, min_score=1.0, max_score=0.0),
    "diversity of NaN": lambda s: search(s, diversity=float("nan")),
    "diversity of many": lambda s: search(s, diversity=0.5, k=5_000),
    "a range at once": lambda s: _with(by_vector(s), min_score=float("nan")),
    "no examples": lambda s: recommend(),
    "negative examples alone": lambda s: recommend(negative=[REFERENCE]),
    "a text as an example": lambda s: recommend(positive=[QUERY(text="first")]),
    "an empty example": lambda s: recommend(positive=[REFERENCE, QUERY()]),
    "an example of another space": lambda s: recommend(
        positive=[QUERY(vector=vector(s, fingerprint="f" * 64))]
    ),
    "too many examples": lambda s: recommend(positive=[REFERENCE] * 10_001),
    "groups without a key": lambda s: grouped(key=""),
    "groups of an operator": lambda s: grouped(key="$where"),
    "groups of a deep key": lambda s: grouped(key="a." * 5_000 + "a"),
    "too many groups": lambda s: grouped(groups=2**32 - 1),
    "too large groups": lambda s: grouped(group_size=2**32 - 1),
    "too many hits of groups": lambda s: grouped(groups=1000, group_size=1000),
    "empty filter": lambda s: search(s, filter=types_pb2.Filter()),
    "filter too deep": lambda s: search(s, filter=deep_filter(40)),
    "filter too deep to parse": lambda s: search(s, filter=deep_filter(500)),
    "payload value of no kind": lambda s: upsert(text_record(a=VALUE())),
    "payload too deep": lambda s: upsert(text_record(a=deep_list(40))),
    "payload too deep to parse": lambda s: deep_record(),
    "payload with NaN": lambda s: upsert(text_record(a=VALUE(double_value=float("nan")))),
    "record without fields": lambda s: upsert(types_pb2.Record(id="bad")),
    "field without input": lambda s: upsert(empty_field()),
    "record without id": lambda s: upsert(types_pb2.Record()),
    "odd id": lambda s: upsert(types_pb2.Record(id="a\0b")),
    "no encoder": lambda s: ("Encode", encoder_service_pb2.EncodeRequest()),
    "path as an encoder": lambda s: (
        "GetEncoder",
        encoder_service_pb2.GetEncoderRequest(encoder="../../etc/passwd@1"),
    ),
    "input of nothing": lambda s: (
        "Encode",
        encoder_service_pb2.EncodeRequest(
            encoder="hashing", inputs=[encoder_service_pb2.EncodeInput()]
        ),
    ),
    "unknown role": lambda s: ("Encode", encoder_service_pb2.EncodeRequest(encoder="a", role=99)),
    "unknown metric": lambda s: (
        "CreateCollection",
        collection_service_pb2.CreateCollectionRequest(name="x", encoder="hashing", metric=99),
    ),
    "collection without a name": lambda s: (
        "CreateCollection",
        collection_service_pb2.CreateCollectionRequest(encoder="hashing"),
    ),
    "path as a collection": lambda s: (
        "CreateCollection",
        collection_service_pb2.CreateCollectionRequest(name="../x", encoder="hashing"),
    ),
    "greatest page": lambda s: (
        "ListRecords",
        record_service_pb2.ListRecordsRequest(collection="docs", page_size=2**32 - 1),
    ),
    "forged token": lambda s: (
        "ListRecords",
        record_service_pb2.ListRecordsRequest(collection="docs", page_token="W10="),
    ),
    "comparison of nothing": lambda s: ("Compare", search_service_pb2.CompareRequest()),
}


def _with_k(request, k):
    request.options.k = k
    return request


CLIENT_FAULTS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
}


def stub_of(channel, method):
    for stub in (
        search_service_pb2_grpc.SearchServiceStub(channel),
        record_service_pb2_grpc.RecordServiceStub(channel),
        encoder_service_pb2_grpc.EncoderServiceStub(channel),
        collection_service_pb2_grpc.CollectionServiceStub(channel),
    ):
        if hasattr(stub, method):
            return getattr(stub, method)
    raise AssertionError(method)


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_the_server_goes_on(store, channel, unchanged, name):
    method, request = HOSTILE[name](store)
    with pytest.raises(grpc.RpcError) as caught:
        stub_of(channel, method)(request, timeout=60)
    assert caught.value.code() in CLIENT_FAULTS, caught.value.details()
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(caught.value)
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.domain == "vecstore"
    assert len(caught.value.details()) < 1200
    method, request = by_vector(store)
    assert stub_of(channel, method)(request, timeout=60).hits[0].id == "first"
