"""The calls that search and compare."""

from __future__ import annotations

from collections.abc import Sequence

from vecstore.answers import Group
from vecstore.client.calls import Call, whole_number
from vecstore.hits import Hits
from vecstore.records import Comparison, Query
from vecstore.searches import (
    Example,
    SearchKeywords,
    SearchOptions,
    checked_diversity,
    checked_score,
)
from vecstore.searches import whole_number as checked_whole
from vecstore.spaces import Metric, Vector
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.wire.filters import filter_to_message
from vecstore.wire.groups import examples_to_messages, groups_from_message
from vecstore.wire.queries import (
    bare_hits_from_message,
    comparison_from_message,
    fill_query,
    hits_from_message,
    queries_to_messages,
)
from vecstore.wire.records import sendable
from vecstore.wire.vectors import metric_to_message, vector_to_message

_SEARCH = "/vecstore.v1.SearchService/"
_MAX_INT32 = 2**31 - 1


def search(collection: str, query: Query, options: search_pb.SearchOptions) -> Call[Hits]:
    """``search(...)`` of a collection."""
    request = search_pb.SearchRequest(collection=collection, options=options)
    fill_query(request.query, query)
    bare = options.omit_payload and options.omit_text and not options.include_vectors
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


def recommend(
    collection: str,
    positive: Sequence[Example],
    negative: Sequence[Example],
    options: search_pb.SearchOptions,
) -> Call[Hits]:
    """``recommend(...)`` of a collection."""
    request = search_pb.RecommendRequest(
        collection=collection,
        positive=examples_to_messages("positive", positive),
        negative=examples_to_messages("negative", negative),
        options=options,
    )
    return Call(
        f"{_SEARCH}Recommend",
        request,
        search_pb.RecommendResponse,
        lambda answer: hits_from_message(answer.answer),
        too_large="give fewer examples",
    )


def search_groups(
    collection: str,
    query: Query,
    key: str,
    groups: int,
    group_size: int,
    options: search_pb.SearchOptions,
) -> Call[list[Group]]:
    """``search_groups(...)`` of a collection."""
    request = search_pb.SearchGroupsRequest(
        collection=collection,
        key=sendable(key, "key"),
        groups=whole_number(groups, "groups", 1),
        group_size=whole_number(group_size, "group_size", 1),
        options=options,
    )
    fill_query(request.query, query)
    return Call(
        f"{_SEARCH}SearchGroups", request, search_pb.SearchGroupsResponse, groups_from_message
    )


def search_options(k: int, given: SearchKeywords) -> search_pb.SearchOptions:
    """What searches have in common; what is out of its range is for the server to refuse."""
    asked = SearchOptions(whole_number(k, "k", -_MAX_INT32), **given)  # type: ignore[arg-type]
    return search_pb.SearchOptions(
        k=asked.k,
        filter=None if asked.filter is None else filter_to_message(asked.filter),
        field=sendable(asked.field, "field"),
        space=sendable(asked.space or "", "space"),
        bridge=sendable(asked.bridge or "", "bridge"),
        omit_payload=not asked.include_payload,
        omit_text=not asked.include_text,
        include_vectors=bool(asked.include_vectors),
        offset=checked_whole("offset", asked.offset, 0, _MAX_INT32),
        min_score=checked_score("min_score", asked.min_score),
        max_score=checked_score("max_score", asked.max_score),
        diversity=checked_diversity(asked.diversity),
        explain=bool(asked.explain),
    )


def compare(a: Vector, b: Vector, metric: str | Metric) -> Call[Comparison]:
    """``compare(...)`` of a store."""
    request = search_pb.CompareRequest(
        a=vector_to_message(a, "a"),
        b=vector_to_message(b, "b"),
        metric=metric_to_message(metric),
    )
    return Call(f"{_SEARCH}Compare", request, search_pb.CompareResponse, comparison_from_message)
