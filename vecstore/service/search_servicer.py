"""SearchService: finding neighbours, and comparing two vectors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from google.protobuf.descriptor import MethodDescriptor

from vecstore.errors import InvalidArgument
from vecstore.records import DEFAULT_FIELD
from vecstore.searches import SearchKeywords
from vecstore.service.calls import Calls, UnaryHandler, parse
from vecstore.service.pace import Pace
from vecstore.service.quick_search import PLAIN, Shape, Shapes
from vecstore.service.servicer import Servicer
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.filters import filter_from_message
from vecstore.wire.fused import fields_from_message, fused_to_message
from vecstore.wire.groups import examples_from_messages, groups_to_message
from vecstore.wire.queries import (
    batch_to_message,
    comparison_to_message,
    hits_to_message,
    queries_from_messages,
    query_from_message,
)
from vecstore.wire.vectors import metric_from_message, vector_from_message

if TYPE_CHECKING:
    from vecstore.store import Store

DEFAULT_K = 10
DEFAULT_GROUPS, DEFAULT_GROUP_SIZE = 10, 1
# Handing a search to a thread and back costs about 0.1 ms; the event loop waits meanwhile.
QUICK_SECONDS = 0.001
QUICK_K = 100
_HYBRID = frozenset({"k", "filter", "offset", "omit_payload", "omit_text", "bridge"})


class SearchServicer(Servicer):
    """Translates SearchService to the store.

    A search by vector that asks for ids and distances only needs no SQL. While such searches of
    its field are quick and its index is open, the next one runs on the event loop.
    """

    service = pb.DESCRIPTOR.services_by_name["SearchService"]

    def __init__(self, store: Store, calls: Calls) -> None:
        super().__init__(store, calls)
        self._pace = Pace()
        self._shapes = Shapes(store)

    def unary(self, method: MethodDescriptor) -> UnaryHandler:
        if method.name == "Search":
            return self.calls.at_once_or_unary(self._at_once, super().unary(method))
        return super().unary(method)

    def Search(self, request: pb.SearchRequest) -> pb.SearchResponse:
        if _is_plain(request):
            return self._plain(request)
        collection = self.collection(request.collection)
        query = query_from_message(request.query)
        return hits_to_message(collection.search(query, _k(request), **_keywords(request.options)))

    def SearchBatch(self, request: pb.SearchBatchRequest) -> pb.SearchBatchResponse:
        self.require_batch(len(request.queries), "queries")
        queries = queries_from_messages(request.queries)
        collection = self.collection(request.collection)
        return batch_to_message(
            collection.search_batch(queries, _k(request), **_keywords(request.options))
        )

    def Recommend(self, request: pb.RecommendRequest) -> pb.RecommendResponse:
        self.require_batch(len(request.positive), "positive")
        self.require_batch(len(request.negative), "negative")
        positive = examples_from_messages("positive", request.positive)
        negative = examples_from_messages("negative", request.negative)
        collection = self.collection(request.collection)
        hits = collection.recommend(positive, negative, _k(request), **_keywords(request.options))
        return pb.RecommendResponse(answer=hits_to_message(hits))

    def SearchGroups(self, request: pb.SearchGroupsRequest) -> pb.SearchGroupsResponse:
        groups = self.collection(request.collection).search_groups(
            query_from_message(request.query),
            request.key,
            groups=request.groups or DEFAULT_GROUPS,
            group_size=request.group_size or DEFAULT_GROUP_SIZE,
            **_keywords(request.options),
        )
        return groups_to_message(groups)

    def SearchHybrid(self, request: pb.SearchHybridRequest) -> pb.SearchHybridResponse:
        self.require_batch(len(request.fields) + len(request.field_queries), "fields")
        _require_only(request.options, _HYBRID)
        given = _keywords(request.options)
        hits = self.collection(request.collection).search_hybrid(
            query_from_message(request.query) if request.HasField("query") else None,
            _k(request),
            fields=fields_from_message(request),
            text=request.text if request.HasField("text") else None,
            weights=dict(request.weights),
            candidates=request.candidates or None,
            filter=given["filter"],
            offset=given["offset"],
            include_payload=given["include_payload"],
            include_text=given["include_text"],
            bridge=given["bridge"],
        )
        return fused_to_message(hits)

    def Compare(self, request: pb.CompareRequest) -> pb.CompareResponse:
        comparison = self.store.compare(
            vector_from_message(request.a, "a"),
            vector_from_message(request.b, "b"),
            metric=metric_from_message(request.metric),
        )
        return comparison_to_message(comparison)

    def _at_once(self, raw: bytes) -> bytes | None:
        shape = self._shapes.find(raw)
        answer = None if shape is None else self._as_before(shape, raw)
        if answer is not None:
            return answer
        request = parse(pb.SearchRequest, raw)
        place = name, field_name = _place(request)
        field = self._pace.field(place)
        if field is None or not _is_plain(request) or request.options.k > QUICK_K:
            return None
        # A name may stand for another collection by now, whose index may be closed, or for none.
        known = self.store.names.known(name)
        row = None if known is None else known.field(field_name)
        if row is None or row.id != field or field not in self.store.owner.indexes:
            return None
        response = self._plain(request, at_once=True)
        self._shapes.learn(raw, request, _k(request), field_name)
        return self.calls.serialized(response)

    def _as_before(self, shape: Shape, raw: bytes) -> bytes | None:
        begin = time.perf_counter()
        place = shape.name, shape.row.name
        if self._pace.field(place) != shape.row.id:
            return None
        try:
            answer = self._shapes.answer(shape, raw)
        except BaseException:
            self._pace.forget(place)
            raise
        seconds = time.perf_counter() - begin
        self._pace.took(place, shape.row.id, seconds, QUICK_SECONDS, at_once=True)
        return None if answer is None else self.calls.limited(answer)

    def _plain(self, request: pb.SearchRequest, *, at_once: bool = False) -> pb.SearchResponse:
        begin = time.perf_counter()
        place = name, field = _place(request)
        try:
            ids = {row.name: row.id for row in self.store.row(name).fields}
            hits = self.collection(name).search(
                vector_from_message(request.query.vector, "query"),
                _k(request),
                field=field,
                include_payload=False,
                include_text=False,
            )
        except BaseException:
            self._pace.forget(place)
            raise
        seconds = time.perf_counter() - begin
        self._pace.took(place, ids[field], seconds, QUICK_SECONDS, at_once=at_once)
        return hits_to_message(hits)


def _place(request: pb.SearchRequest) -> tuple[str, str]:
    return request.collection, request.options.field or DEFAULT_FIELD


def _require_only(options: pb.SearchOptions, names: frozenset[str]) -> None:
    """Raise InvalidArgument where an option is set that the call would pass over."""
    for given, _ in options.ListFields():
        if given.name not in names:
            raise InvalidArgument(
                f"options.{given.name} is set, which this call does not have; leave it out. It "
                f"has: {', '.join(sorted(names))}",
                field=given.name,
            )


def _k(
    request: pb.SearchRequest
    | pb.SearchBatchRequest
    | pb.RecommendRequest
    | pb.SearchHybridRequest,
) -> int:
    return request.options.k if request.options.HasField("k") else DEFAULT_K


def _is_plain(request: pb.SearchRequest) -> bool:
    options = request.options
    return (
        options.omit_payload
        and options.omit_text
        and request.query.HasField("vector")
        # k, field and the two above may be set, and nothing else.
        and PLAIN.issuperset(given.name for given, _ in options.ListFields())
    )


def _keywords(message: pb.SearchOptions) -> SearchKeywords:
    return {
        "filter": filter_from_message(message.filter) if message.HasField("filter") else None,
        "field": message.field or DEFAULT_FIELD,
        "space": message.space,
        "bridge": message.bridge,
        "include_payload": not message.omit_payload,
        "include_text": not message.omit_text,
        "include_vectors": message.include_vectors,
        "offset": message.offset,
        "min_score": message.min_score if message.HasField("min_score") else None,
        "max_score": message.max_score if message.HasField("max_score") else None,
        "diversity": message.diversity if message.HasField("diversity") else None,
        "explain": message.explain,
    }
