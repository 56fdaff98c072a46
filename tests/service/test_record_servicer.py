"""Writes of records as any client may send them."""

import grpc
import pytest

import vecstore
from vecstore import Record
from vecstore.v1 import record_service_pb2 as pb
from vecstore.v1 import record_service_pb2_grpc, types_pb2


@pytest.fixture
def served(serve, channel_to, tmp_path):
    with vecstore.open(tmp_path / "store") as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([Record(id=i, text=i, payload={"n": 1}) for i in "ab"])
        yield docs, record_service_pb2_grpc.RecordServiceStub(channel_to(serve(store)))


def refused(call, request):
    with pytest.raises(grpc.RpcError) as caught:
        call(request)
    return caught.value.code(), caught.value.details()


def record(id_):
    return types_pb2.Record(id=id_, fields={"default": types_pb2.FieldValue(text="x")})


def test_codes_of_refused_writes(served):
    docs, stub = served
    insert = pb.UpsertRequest(collection="docs", records=[record("a")], mode=pb.WRITE_MODE_INSERT)
    assert refused(stub.Upsert, insert)[0] == grpc.StatusCode.ALREADY_EXISTS
    update = pb.UpsertRequest(collection="docs", records=[record("z")], mode=pb.WRITE_MODE_UPDATE)
    assert refused(stub.Upsert, update)[0] == grpc.StatusCode.NOT_FOUND
    stale = pb.UpsertRequest(collection="docs", records=[record("a")], if_versions={"a": 999})
    assert refused(stub.Upsert, stale)[0] == grpc.StatusCode.ABORTED
    assert [one.text for one in docs.get(["a", "b"])] == ["a", "b"]


def test_what_only_other_clients_can_send(served):
    docs, stub = served
    before = [one.version for one in docs.get(["a", "b"])]
    any_ids, filter_ = {"collection": "docs", "ids": ["a"]}, types_pb2.Filter()
    filter_.CopyFrom(types_pb2.Filter(**{"and": types_pb2.FilterList()}))
    unset = types_pb2.JsonObject(entries={"n": types_pb2.JsonValue()})
    for call, request, said in (
        (stub.Upsert, pb.UpsertRequest(collection="docs", records=[record("c")], mode=9), "mode 9"),
        (
            stub.Upsert,
            pb.UpsertRequest(
                collection="docs",
                records=[record("c")],
                mode=pb.WRITE_MODE_INSERT,
                if_versions={"c": 0},
            ),
            "with the mode INSERT",
        ),
        (
            stub.Upsert,
            pb.UpsertRequest(collection="docs", records=[record("a")], if_versions={"a": -1}),
            "if_versions has -1",
        ),
        (
            stub.Upsert,
            pb.UpsertRequest(collection="docs", records=[record("c")], idempotency_key="k" * 257),
            "257 characters",
        ),
        (stub.DeleteRecords, pb.DeleteRecordsRequest(**any_ids, filter=filter_), "both ids and"),
        (
            stub.UpdatePayload,
            pb.UpdatePayloadRequest(**any_ids, filter=filter_, unset=["n"]),
            "both ids and",
        ),
        (stub.UpdatePayload, pb.UpdatePayloadRequest(**any_ids), "nothing to set or to unset"),
        (stub.UpdatePayload, pb.UpdatePayloadRequest(**any_ids, set=unset), "has no kind"),
        (
            stub.UpdatePayload,
            pb.UpdatePayloadRequest(collection="docs", ids=["a"] * 10_001, unset=["n"]),
            "10001 ids",
        ),
    ):
        code, details = refused(call, request)
        assert code == grpc.StatusCode.INVALID_ARGUMENT, details
        assert said in details
    assert [one.version for one in docs.get(["a", "b"])] == before


def test_neither_ids_nor_a_filter_is_nobody(served):
    """A message cannot tell an empty list from none, so everything stays."""
    docs, stub = served
    assert stub.DeleteRecords(pb.DeleteRecordsRequest(collection="docs")).count == 0
    request = pb.UpdatePayloadRequest(collection="docs", unset=["n"])
    assert stub.UpdatePayload(request).count == 0
    assert docs.count({"n": 1}) == 2
