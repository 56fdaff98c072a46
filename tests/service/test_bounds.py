"""Requests with more items than one may have are refused before anything is made of them."""

import grpc
import pytest

from vecstore.config import Settings
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import encoder_service_pb2_grpc as encoder_grpc
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.v1 import record_service_pb2_grpc as record_grpc
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.v1 import search_service_pb2_grpc as search_grpc
from vecstore.v1 import types_pb2

RECORDS = record_grpc.RecordServiceStub
CASES = {
    "records": (RECORDS, "Upsert", record_pb.UpsertRequest(records=[types_pb2.Record()] * 3)),
    "inputs": (
        encoder_grpc.EncoderServiceStub,
        "Encode",
        encoder_pb.EncodeRequest(inputs=[{}] * 3),
    ),
    "queries": (
        search_grpc.SearchServiceStub,
        "SearchBatch",
        search_pb.SearchBatchRequest(queries=[search_pb.Query()] * 3),
    ),
    "ids": (RECORDS, "GetRecords", record_pb.GetRecordsRequest(ids=["a"] * 3)),
    "ids to describe": (
        RECORDS,
        "DescribeRecords",
        record_pb.DescribeRecordsRequest(ids=["a"] * 3),
    ),
    "ids to delete": (RECORDS, "DeleteRecords", record_pb.DeleteRecordsRequest(ids=["a"] * 3)),
    "ids to change": (RECORDS, "UpdatePayload", record_pb.UpdatePayloadRequest(ids=["a"] * 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_one_item_too_many_is_refused(serve, channel_to, told, case):
    # The store has no methods: any use of it would be an internal error.
    store = told()
    store.settings = Settings(max_batch=2)
    stub, method, request = CASES[case]
    call = getattr(stub(channel_to(serve(store))), method)
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    name = case.split()[0]
    assert f"3 {name} in one request; at most 2 are allowed" in caught.value.details()
    assert "several smaller" in caught.value.details()
