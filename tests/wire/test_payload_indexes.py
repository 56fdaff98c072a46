import pytest

from vecstore.answers import Facet
from vecstore.errors import InternalError, InvalidArgument
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.records import CollectionInfo, FieldInfo
from vecstore.spaces import Metric
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.catalog import collection_from_message, collection_to_message
from vecstore.wire.payload_indexes import (
    facet_from_message,
    facet_to_message,
    index_from_message,
    index_to_message,
    type_from_message,
)


@pytest.mark.parametrize("kind", list(IndexType))
def test_indexes_come_back(kind):
    raw = index_to_message("a.b", kind).SerializeToString()
    message = pb.PayloadIndex.FromString(raw)
    assert index_from_message(message) == PayloadIndex("a.b", kind)
    assert type_from_message(message) is kind


def test_all_types_of_a_key_are_no_type():
    assert type_from_message(index_to_message("a", None)) is None


def test_a_type_of_the_future_is_not_understood():
    message = pb.PayloadIndex(key="a", type=77)
    with pytest.raises(InvalidArgument, match="the index type 77 is not known; use one of INDEX_"):
        type_from_message(message)
    with pytest.raises(InternalError, match="newer vecstore"):
        index_from_message(message)


def test_collections_come_with_their_indexes(space):
    indexes = (PayloadIndex("a", IndexType.KEYWORD), PayloadIndex("$text", IndexType.TEXT))
    fields = (FieldInfo("default", "model@1", space, "hnsw"),)
    info = CollectionInfo("docs", "model@1", space, Metric.L2, 9, fields=fields, indexes=indexes)
    message = collection_to_message(info)
    message.indexes.append(pb.PayloadIndex(key="new", type=77))
    found = collection_from_message(
        collection_pb.Collection.FromString(message.SerializeToString())
    )
    assert found.indexes == indexes


@pytest.mark.parametrize("value", [None, True, 0, 2**63 - 1, 1.0, -0.5, "", "é"])
def test_facets_come_back(value):
    raw = facet_to_message(Facet(value, 7)).SerializeToString()
    found = facet_from_message(record_pb.Facet.FromString(raw))
    assert (found, type(found.value)) == (Facet(value, 7), type(value))
