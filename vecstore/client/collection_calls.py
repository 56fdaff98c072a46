"""The calls that make, describe and change collections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vecstore.calibrations import Calibration, Measure
from vecstore.client.calls import Call
from vecstore.errors import InvalidArgument, InvalidFilter
from vecstore.inputs import checked_aliases
from vecstore.payload_indexes import IndexType, PayloadIndex, as_index_type
from vecstore.records import CollectionInfo, NewField, Query
from vecstore.spaces import Metric
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.wire.calibrations import calibration_from_message, measure_to_message
from vecstore.wire.catalog import collection_from_message, fields_to_messages
from vecstore.wire.payload_indexes import index_from_message, index_to_message
from vecstore.wire.queries import queries_to_messages
from vecstore.wire.records import sendable
from vecstore.wire.vectors import metric_to_message

_COLLECTIONS = "/vecstore.v1.CollectionService/"


def create_collection(
    name: str,
    encoder: str,
    metric: str | Metric,
    store_inputs: bool,
    index: str,
    transform: str,
    fields: Mapping[str, str | NewField] | None,
) -> Call[CollectionInfo]:
    """``create_collection(...)`` of a store."""
    request = collection_pb.CreateCollectionRequest(
        name=sendable(name, "collection"),
        encoder=sendable(encoder, "encoder"),
        metric=metric_to_message(metric),
        discard_inputs=not store_inputs,
        index=sendable(index, "index"),
        transform=sendable(transform, "transform"),
        fields=fields_to_messages(fields),
    )
    return Call(
        f"{_COLLECTIONS}CreateCollection",
        request,
        collection_pb.CreateCollectionResponse,
        lambda answer: collection_from_message(answer.collection),
    )


def get_collection(name: str) -> Call[CollectionInfo]:
    """``collection(name)`` of a store, and ``info()`` of a collection."""
    return Call(
        f"{_COLLECTIONS}GetCollection",
        collection_pb.GetCollectionRequest(name=sendable(name, "collection")),
        collection_pb.GetCollectionResponse,
        lambda answer: collection_from_message(answer.collection),
    )


def list_collections() -> Call[list[CollectionInfo]]:
    """``list_collections()`` of a store."""
    return Call(
        f"{_COLLECTIONS}ListCollections",
        collection_pb.ListCollectionsRequest(),
        collection_pb.ListCollectionsResponse,
        lambda answer: [collection_from_message(one) for one in answer.collections],
    )


def delete_collection(name: str) -> Call[None]:
    """``delete_collection(name)`` of a store."""
    return Call(
        f"{_COLLECTIONS}DeleteCollection",
        collection_pb.DeleteCollectionRequest(name=sendable(name, "collection")),
        collection_pb.DeleteCollectionResponse,
        lambda _: None,
    )


def create_index(collection: str, key: str, type: str | IndexType) -> Call[PayloadIndex]:
    """``create_index(...)`` of a collection."""
    return Call(
        f"{_COLLECTIONS}CreateIndex",
        collection_pb.CreateIndexRequest(
            collection=collection, index=index_to_message(_key(key), as_index_type(type))
        ),
        collection_pb.CreateIndexResponse,
        lambda answer: index_from_message(answer.index),
    )


def delete_index(collection: str, key: str, type: str | IndexType | None) -> Call[None]:
    """``drop_index(...)`` of a collection."""
    only = None if type is None else as_index_type(type)
    return Call(
        f"{_COLLECTIONS}DeleteIndex",
        collection_pb.DeleteIndexRequest(
            collection=collection, index=index_to_message(_key(key), only)
        ),
        collection_pb.DeleteIndexResponse,
        lambda _: None,
    )


def _key(key: str) -> str:
    return sendable(key, "key", InvalidFilter)


def list_aliases() -> Call[dict[str, str]]:
    """``list_aliases()`` of a store."""
    return Call(
        f"{_COLLECTIONS}ListAliases",
        collection_pb.ListAliasesRequest(),
        collection_pb.ListAliasesResponse,
        _aliases,
    )


def update_aliases(given: Mapping[str, str], removed: Sequence[str]) -> Call[dict[str, str]]:
    """``update_aliases(...)`` of a store."""
    checked, gone = checked_aliases(given, removed)
    return Call(
        f"{_COLLECTIONS}UpdateAliases",
        collection_pb.UpdateAliasesRequest(set=checked, delete=gone),
        collection_pb.UpdateAliasesResponse,
        _aliases,
    )


def calibrate(
    name: str,
    queries: Iterable[Query] | None,
    label_key: str | None,
    measure: str | Measure | None,
    gather: bool | None,
    clear: bool,
) -> Call[Calibration]:
    """``calibrate(...)`` of a collection.

    Raises:
        InvalidArgument: no query at all: a message cannot tell none from those left as they are.
    """
    given = None if queries is None else queries_to_messages(queries)
    if given == []:
        raise InvalidArgument(
            "0 queries calibrate nothing; give ordinary ones, or leave queries out", field="queries"
        )
    request = collection_pb.CalibrateCollectionRequest(
        name=name,
        queries=given,
        label_key=None if label_key is None else sendable(label_key, "label_key"),
        measure=measure_to_message(measure),
        gather=gather,
        clear=clear,
    )
    return Call(
        f"{_COLLECTIONS}CalibrateCollection",
        request,
        collection_pb.CalibrateCollectionResponse,
        lambda answer: calibration_from_message(answer.calibration),
        too_large="give fewer queries",
    )


def _aliases(answer: Any) -> dict[str, str]:
    return {alias: answer.aliases[alias] for alias in sorted(answer.aliases)}
