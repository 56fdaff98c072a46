"""Every remote call, described once: the request, the method, and how its answer is read.

The synchronous and the asynchronous store send the same descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from google.protobuf.message import Message

from vecstore.calibrations import Calibration, Measure
from vecstore.errors import InvalidArgument
from vecstore.filters import Filter
from vecstore.records import (
    CollectionInfo,
    Comparison,
    EncoderInfo,
    Hits,
    InputLike,
    Page,
    Query,
    Record,
    Role,
)
from vecstore.spaces import Metric, Space, Vector
from vecstore.transforms import TransformInfo
from vecstore.v1 import collection_service_pb2 as collection_pb
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.wire.calibrations import calibration_from_message, measure_to_message
from vecstore.wire.catalog import collection_from_message, encoder_from_message
from vecstore.wire.filters import filter_to_message
from vecstore.wire.queries import (
    bare_hits_from_message,
    comparison_from_message,
    fill_query,
    hits_from_message,
    queries_to_messages,
)
from vecstore.wire.records import (
    checked_ids,
    inputs_to_messages,
    record_from_message,
    records_to_messages,
    role_to_message,
    sendable,
)
from vecstore.wire.transforms import transform_from_message
from vecstore.wire.vectors import (
    metric_to_message,
    space_from_message,
    vector_from_message,
    vector_to_message,
)

T = TypeVar("T")
FilterLike = Filter | Mapping[str, Any]

_ENCODERS = "/vecstore.v1.EncoderService/"
_COLLECTIONS = "/vecstore.v1.CollectionService/"
_RECORDS = "/vecstore.v1.RecordService/"
_SEARCH = "/vecstore.v1.SearchService/"
UPSERT_STREAM = f"{_RECORDS}UpsertStream"

_MAX_INT32 = 2**31 - 1


class Call(NamedTuple, Generic[T]):
    """One call, ready to be sent.

    Args:
        path: ``/package.Service/Method``.
        request: what is sent.
        response_type: what the answer is parsed as.
        read: what the caller gets of it.
        too_large: advice for a request that exceeds the limit of one message.
    """

    path: str
    request: Message
    response_type: type[Message]
    read: Callable[[Any], T]
    too_large: str = "send less in one call"


def list_encoders() -> Call[list[EncoderInfo]]:
    """``list_encoders()`` of a store."""
    return Call(
        f"{_ENCODERS}ListEncoders",
        encoder_pb.ListEncodersRequest(),
        encoder_pb.ListEncodersResponse,
        lambda answer: [encoder_from_message(one) for one in answer.encoders],
    )


def encoder(name: str) -> Call[EncoderInfo]:
    """``encoder(name)`` of a store."""
    return Call(
        f"{_ENCODERS}GetEncoder",
        encoder_pb.GetEncoderRequest(encoder=sendable(name, "encoder")),
        encoder_pb.GetEncoderResponse,
        lambda answer: encoder_from_message(answer.encoder),
    )


def space(name: str) -> Call[Space]:
    """``space(name)`` of a store."""

    def read(answer: encoder_pb.GetEncoderResponse) -> Space:
        return space_from_message(answer.encoder.space)

    request = encoder_pb.GetEncoderRequest(encoder=sendable(name, "encoder"))
    return Call(f"{_ENCODERS}GetEncoder", request, encoder_pb.GetEncoderResponse, read)


def list_transforms() -> Call[list[TransformInfo]]:
    """``list_transforms()`` of a store."""
    return Call(
        f"{_ENCODERS}ListTransforms",
        encoder_pb.ListTransformsRequest(),
        encoder_pb.ListTransformsResponse,
        lambda answer: [transform_from_message(one) for one in answer.transforms],
    )


def encode(
    name: str, inputs: Sequence[InputLike], role: str | Role, transform: str
) -> Call[list[Vector]]:
    """``encode(...)`` of a store."""
    request = encoder_pb.EncodeRequest(
        encoder=sendable(name, "encoder"),
        inputs=inputs_to_messages(inputs),
        role=role_to_message(role),
        transform=sendable(transform, "transform"),
    )
    return Call(
        f"{_ENCODERS}Encode",
        request,
        encoder_pb.EncodeResponse,
        lambda answer: [vector_from_message(one) for one in answer.vectors],
    )


def create_collection(
    name: str,
    encoder: str,
    metric: str | Metric,
    store_inputs: bool,
    index: str,
    transform: str,
) -> Call[CollectionInfo]:
    """``create_collection(...)`` of a store."""
    request = collection_pb.CreateCollectionRequest(
        name=sendable(name, "collection"),
        encoder=sendable(encoder, "encoder"),
        metric=metric_to_message(metric),
        discard_inputs=not store_inputs,
        index=sendable(index, "index"),
        transform=sendable(transform, "transform"),
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


def upsert(collection: str, records: Iterable[Record]) -> Call[int]:
    """``upsert(records)`` of a collection, in one message."""
    return Call(
        f"{_RECORDS}Upsert",
        record_pb.UpsertRequest(collection=collection, records=records_to_messages(records)),
        record_pb.UpsertResponse,
        _count,
        too_large="use upsert_stream, or upsert fewer records at a time",
    )


def get_records(collection: str, ids: Iterable[str], include_vectors: bool) -> Call[list[Record]]:
    """``get(...)`` of a collection."""
    request = record_pb.GetRecordsRequest(
        collection=collection, ids=checked_ids(ids), include_vectors=include_vectors
    )
    return Call(f"{_RECORDS}GetRecords", request, record_pb.GetRecordsResponse, _records)


def delete_records(collection: str, ids: Iterable[str]) -> Call[int]:
    """``delete(ids)`` of a collection."""
    return Call(
        f"{_RECORDS}DeleteRecords",
        record_pb.DeleteRecordsRequest(collection=collection, ids=checked_ids(ids)),
        record_pb.DeleteRecordsResponse,
        _count,
    )


def list_records(
    collection: str,
    page_size: int,
    page_token: str,
    filter: FilterLike | None,
    include_vectors: bool,
) -> Call[Page]:
    """``list(...)`` of a collection."""
    request = record_pb.ListRecordsRequest(
        collection=collection,
        page_size=whole_number(page_size, "page_size", 1),
        page_token=sendable(page_token, "page_token"),
        filter=None if filter is None else filter_to_message(filter),
        include_vectors=include_vectors,
    )
    return Call(
        f"{_RECORDS}ListRecords",
        request,
        record_pb.ListRecordsResponse,
        lambda answer: Page(tuple(_records(answer)), answer.next_page_token),
    )


def count_records(collection: str, filter: FilterLike | None) -> Call[int]:
    """``count(...)`` of a collection."""
    request = record_pb.CountRecordsRequest(
        collection=collection, filter=None if filter is None else filter_to_message(filter)
    )
    return Call(f"{_RECORDS}CountRecords", request, record_pb.CountRecordsResponse, _count)


def describe_records(collection: str, ids: Iterable[str], encoder: str | None) -> Call[list[str]]:
    """``describe(...)`` of a collection."""
    request = record_pb.DescribeRecordsRequest(
        collection=collection,
        ids=checked_ids(ids),
        encoder="" if encoder is None else sendable(encoder, "encoder"),
    )
    return Call(
        f"{_RECORDS}DescribeRecords",
        request,
        record_pb.DescribeRecordsResponse,
        lambda answer: list(answer.captions),
    )


def search(collection: str, query: Query, options: search_pb.SearchOptions) -> Call[Hits]:
    """``search(...)`` of a collection."""
    request = search_pb.SearchRequest(collection=collection, options=options)
    fill_query(request.query, query)
    bare = options.omit_payload and options.omit_text
    read = bare_hits_from_message if bare else hits_from_message
    return Call(f"{_SEARCH}Search", request, search_pb.SearchResponse, read)


def search_batch(
    collection: str, queries: Sequence[Query], options: search_pb.SearchOptions
) -> Call[list[Hits]]:
    """``search_batch(...)`` of a collection."""
    request = search_pb.SearchBatchRequest(
        collection=collection, queries=queries_to_messages(queries), options=options
    )
    return Call(
        f"{_SEARCH}SearchBatch",
        request,
        search_pb.SearchBatchResponse,
        lambda answer: [hits_from_message(one) for one in answer.responses],
        too_large="ask fewer queries at a time",
    )


def search_options(
    k: int, filter: FilterLike | None, field: str, include_payload: bool, include_text: bool
) -> search_pb.SearchOptions:
    """What searches have in common."""
    return search_pb.SearchOptions(
        k=whole_number(k, "k", -_MAX_INT32),
        filter=None if filter is None else filter_to_message(filter),
        field=sendable(field, "field"),
        omit_payload=not include_payload,
        omit_text=not include_text,
    )


def compare(a: Vector, b: Vector, metric: str | Metric) -> Call[Comparison]:
    """``compare(...)`` of a store."""
    request = search_pb.CompareRequest(
        a=vector_to_message(a, "a"),
        b=vector_to_message(b, "b"),
        metric=metric_to_message(metric),
    )
    return Call(f"{_SEARCH}Compare", request, search_pb.CompareResponse, comparison_from_message)


def _count(answer: Any) -> int:
    return int(answer.count)


def _records(answer: Any) -> list[Record]:
    return [record_from_message(one) for one in answer.records]


def whole_number(value: object, field: str, least: int, most: int = _MAX_INT32) -> int:
    """A number that a message can carry; whether it is a sensible one is the server's business."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not least <= value <= most:  # type: ignore[operator]
        raise InvalidArgument(
            f"{field} is {value!r}; give a whole number of 1 or more", field=field
        )
    return int(value)  # type: ignore[call-overload, no-any-return]
