"""The calls that read records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vecstore.answers import Facet
from vecstore.client.calls import Call, whole_number
from vecstore.errors import InvalidFilter
from vecstore.inputs import MAX_INT, MIN_INT
from vecstore.records import Page, Record
from vecstore.searches import FilterLike
from vecstore.searches import whole_number as checked_whole
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.wire.filters import filter_to_message
from vecstore.wire.payload_indexes import facet_from_message
from vecstore.wire.records import (
    checked_ids,
    record_from_message,
    sendable,
)

_RECORDS = "/vecstore.v1.RecordService/"
UPSERT_STREAM = f"{_RECORDS}UpsertStream"


def get_records(collection: str, ids: Iterable[str], include_vectors: bool) -> Call[list[Record]]:
    """``get(...)`` of a collection."""
    request = record_pb.GetRecordsRequest(
        collection=collection, ids=checked_ids(ids), include_vectors=include_vectors
    )
    return Call(f"{_RECORDS}GetRecords", request, record_pb.GetRecordsResponse, _records)


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


def sample_records(
    collection: str,
    count: int,
    filter: FilterLike | None,
    seed: int | None,
    include_vectors: bool,
) -> Call[list[Record]]:
    """``sample(...)`` of a collection."""
    request = record_pb.SampleRecordsRequest(
        collection=collection,
        count=whole_number(count, "count", 1),
        filter=None if filter is None else filter_to_message(filter),
        seed=None if seed is None else checked_whole("seed", seed, MIN_INT, MAX_INT),
        include_vectors=include_vectors,
    )
    return Call(f"{_RECORDS}SampleRecords", request, record_pb.SampleRecordsResponse, _records)


def count_facets(
    collection: str, key: str, filter: FilterLike | None, limit: int
) -> Call[list[Facet]]:
    """``facets(...)`` of a collection."""
    request = record_pb.CountFacetsRequest(
        collection=collection,
        key=sendable(key, "key", InvalidFilter),
        filter=None if filter is None else filter_to_message(filter),
        limit=whole_number(limit, "limit", 1),
    )
    return Call(
        f"{_RECORDS}CountFacets",
        request,
        record_pb.CountFacetsResponse,
        lambda answer: [facet_from_message(one) for one in answer.facets],
    )


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


def _count(answer: Any) -> int:
    return int(answer.count)


def _records(answer: Any) -> list[Record]:
    return [record_from_message(one) for one in answer.records]
