"""SearchService: finding neighbours, and comparing two vectors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypedDict

from google.protobuf.descriptor import MethodDescriptor

from vecstore.filters import Filter
from vecstore.records import DEFAULT_FIELD
from vecstore.service.calls import Calls, UnaryHandler
from vecstore.service.servicer import Servicer
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.filters import filter_from_message
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
# Handing a search to a thread and back costs about 0.1 ms; the event loop waits meanwhile.
QUICK_SECONDS = 0.001
QUICK_K = 100


class SearchServicer(Servicer):
    """Translates SearchService to the store.

    A search by vector that asks for ids and distances only needs no SQL. While the last such
    search of its field was quick and its index is open, the next one runs on the event loop.
    """

    service = pb.DESCRIPTOR.services_by_name["SearchService"]

    def __init__(self, store: Store, calls: Calls) -> None:
        super().__init__(store, calls)
        # (collection, field name) -> the field's id in the database, and how long the search took.
        self._last: dict[tuple[str, str], tuple[int, float]] = {}

    def unary(self, method: MethodDescriptor) -> UnaryHandler:
        if method.name == "Search":
            return self.calls.unary_or_at_once(self._at_once, self.Search, pb.SearchRequest)
        return super().unary(method)

    def Search(self, request: pb.SearchRequest) -> pb.SearchResponse:
        if _is_plain(request):
            return self._plain(request)
        collection = self.collection(request.collection)
        query = query_from_message(request.query)
        return hits_to_message(collection.search(query, **_options(request.options)))

    def SearchBatch(self, request: pb.SearchBatchRequest) -> pb.SearchBatchResponse:
        self.require_batch(len(request.queries), "queries")
        queries = queries_from_messages(request.queries)
        collection = self.collection(request.collection)
        return batch_to_message(collection.search_batch(queries, **_options(request.options)))

    def Compare(self, request: pb.CompareRequest) -> pb.CompareResponse:
        comparison = self.store.compare(
            vector_from_message(request.a, "a"),
            vector_from_message(request.b, "b"),
            metric=metric_from_message(request.metric),
        )
        return comparison_to_message(comparison)

    def _at_once(self, request: pb.SearchRequest) -> pb.SearchResponse | None:
        place = name, field_name = _place(request)
        last = self._last.get(place)
        if last is None or not _is_plain(request) or request.options.k > QUICK_K:
            return None
        field, seconds = last
        # A name may stand for another collection by now, whose index may be closed, or for none.
        known = self.store.names.known(name)
        row = None if known is None else known.field(field_name)
        if row is None or row.id != field or field not in self.store.owner.indexes:
            return None
        if seconds > QUICK_SECONDS:
            return None
        return self._plain(request)

    def _plain(self, request: pb.SearchRequest) -> pb.SearchResponse:
        begin = time.perf_counter()
        place = name, field = _place(request)
        options = request.options
        try:
            ids = {row.name: row.id for row in self.store.row(name).fields}
            hits = self.collection(name).search(
                vector_from_message(request.query.vector, "query"),
                options.k if options.HasField("k") else DEFAULT_K,
                field=field,
                include_payload=False,
                include_text=False,
            )
        except BaseException:
            self._last.pop(place, None)
            raise
        self._last[place] = ids[field], time.perf_counter() - begin
        return hits_to_message(hits)


class _Options(TypedDict):
    k: int
    filter: Filter | None
    field: str
    include_payload: bool
    include_text: bool


def _place(request: pb.SearchRequest) -> tuple[str, str]:
    return request.collection, request.options.field or DEFAULT_FIELD


def _is_plain(request: pb.SearchRequest) -> bool:
    options = request.options
    return (
        options.omit_payload
        and options.omit_text
        and not options.HasField("filter")
        and request.query.HasField("vector")
    )


def _options(message: pb.SearchOptions) -> _Options:
    return {
        "k": message.k if message.HasField("k") else DEFAULT_K,
        "filter": filter_from_message(message.filter) if message.HasField("filter") else None,
        "field": message.field or DEFAULT_FIELD,
        "include_payload": not message.omit_payload,
        "include_text": not message.omit_text,
    }
