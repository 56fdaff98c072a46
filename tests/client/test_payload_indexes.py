"""Indexes, facets, samples and the filters beside them, through both clients."""

from __future__ import annotations

from datetime import UTC, date, datetime

import grpc
import pytest

from vecstore import InvalidArgument, InvalidFilter, NotFound, Record
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.v1 import record_service_pb2 as record_pb


@pytest.fixture
def filled(docs):
    days = ["2026-01-31", "2026-01-31T12:00:00+01:00", "2026-02-30", 5, None, "soon"]
    docs.upsert(
        [
            Record(id=f"r{n}", text=f"text {n}", payload={"day": day, "n": n % 2, "t": ["x", n]})
            for n, day in enumerate(days)
        ]
    )
    return docs


@pytest.mark.parametrize(
    "filter_",
    [
        {"day": {"$gte": datetime(2026, 1, 31, 11, tzinfo=UTC)}},
        {"day": date(2026, 1, 31)},
        {"day": {"$in": [date(2026, 1, 31), 5]}},
        {"day": {"$not": {"$lt": {"$datetime": "2026-02-01"}}}},
        {"day": {"$exists": True}},
        {"other": {"$exists": False}},
        {"day": {"$prefix": "2026-01"}},
        {"day": {"$contains": "oo"}},
        {"n": {"$nin": [0, "x"]}},
    ],
)
def test_filters_mean_what_they_mean_here(filled, embedded, filter_):
    here = embedded.collection("docs")
    ids = [record.id for record in here.list(filter=filter_).records]
    assert [record.id for record in filled.list(filter=filter_).records] == ids
    assert filled.count(filter_) == len(ids) > 0
    found = filled.search("text", 10, filter=filter_)
    assert sorted(hit.id for hit in found) == ids


def test_facets(filled, embedded):
    here = embedded.collection("docs")
    for key in ("n", "day", "t", "other"):
        assert filled.facets(key) == here.facets(key)
    assert filled.facets("t", filter={"n": 1}, limit=2) == here.facets("t", filter={"n": 1})[:2]
    assert [type(one.value) for one in filled.facets("t")][:2] == [str, int]


def test_samples(filled, embedded):
    here = embedded.collection("docs")
    assert filled.sample(3, seed=5) == here.sample(3, seed=5)
    assert filled.sample(9, filter={"n": 1}, seed=-(2**63)) == here.sample(
        9, filter={"n": 1}, seed=-(2**63)
    )
    assert len(filled.sample()) == 6
    assert filled.sample(1, include_vectors=True)[0].vector is not None


def test_indexes(filled, embedded):
    here = embedded.collection("docs")
    assert filled.create_index("day", "datetime") == PayloadIndex("day", IndexType.DATETIME)
    filled.create_index("a\\.b", IndexType.KEYWORD)
    filled.create_index("$text", "text")
    assert filled.info().indexes == here.info().indexes
    assert len(filled.info().indexes) == 3
    filled.drop_index("day", "datetime")
    filled.drop_index("$text")
    assert filled.info().indexes == (PayloadIndex("a\\.b", IndexType.KEYWORD),)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda docs: docs.create_index("a", "word"), InvalidArgument),
        (lambda docs: docs.create_index("a..b", "keyword"), InvalidFilter),
        (lambda docs: docs.create_index(5, "keyword"), InvalidFilter),
        (lambda docs: docs.drop_index("a"), NotFound),
        (lambda docs: docs.drop_index("a", "word"), InvalidArgument),
        (lambda docs: docs.facets("$a"), InvalidFilter),
        (lambda docs: docs.facets("a", limit=0), InvalidArgument),
        (lambda docs: docs.facets("a", limit=1001), InvalidArgument),
        (lambda docs: docs.sample(0), InvalidArgument),
        (lambda docs: docs.sample(1001), InvalidArgument),
        (lambda docs: docs.sample(seed=2**63), InvalidArgument),
        (lambda docs: docs.sample(filter={"a": {"$prefix": ""}}), InvalidFilter),
        (lambda docs: docs.count({"a": {"$in": list(range(10_001))}}), InvalidFilter),
    ],
)
def test_what_is_refused_here_is_refused_there(docs, embedded, ask, error):
    with pytest.raises(error) as there:
        ask(docs)
    with pytest.raises(error) as here:
        ask(embedded.collection("docs"))
    assert type(there.value) is type(here.value)
    assert there.value.details.get("field") == here.value.details.get("field")


def test_requests_of_other_clients(docs, address, embedded):
    """What a client that is not ours may leave out, and what it may not."""
    embedded.collection("docs").upsert([Record(id="a", text="x", payload={"k": 1})])
    with grpc.insecure_channel(address) as channel:

        def call(service, method, request, answer):
            path = f"/vecstore.v1.{service}/{method}"
            send = channel.unary_unary(path, type(request).SerializeToString, answer.FromString)
            return send(request, timeout=30)

        counted = call(
            "RecordService",
            "CountFacets",
            record_pb.CountFacetsRequest(collection="docs", key="k"),
            record_pb.CountFacetsResponse,
        )
        assert [(one.value.int_value, one.count) for one in counted.facets] == [(1, 1)]
        drawn = call(
            "RecordService",
            "SampleRecords",
            record_pb.SampleRecordsRequest(collection="docs"),
            record_pb.SampleRecordsResponse,
        )
        assert [record.id for record in drawn.records] == ["a"]
        for kind, words in ((0, "has no type"), (77, "index type 77 is not known")):
            request = collection_pb.CreateIndexRequest(collection="docs")
            request.index.key, request.index.type = "k", kind
            with pytest.raises(grpc.RpcError) as refused:
                call("CollectionService", "CreateIndex", request, collection_pb.CreateIndexResponse)
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert words in refused.value.details()
