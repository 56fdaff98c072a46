"""The call that searches several sources together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vecstore.answers import FusedHits
from vecstore.client.calls import Call
from vecstore.client.search_calls import search_options
from vecstore.records import Query
from vecstore.searches import FilterLike, whole_number
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.wire.fused import fill_sources, fused_from_message

_MAX_INT32 = 2**31 - 1


def search_hybrid(
    collection: str,
    query: Query | None,
    k: int,
    fields: Iterable[str] | Mapping[str, Query | None],
    text: str | None,
    weights: Mapping[str, float] | None,
    candidates: int | None,
    filter: FilterLike | None,
    offset: int,
    include_payload: bool,
    include_text: bool,
    bridge: str,
) -> Call[FusedHits]:
    """``search_hybrid(...)`` of a collection."""
    options = search_options(
        k,
        {
            "filter": filter,
            "offset": offset,
            "include_payload": include_payload,
            "include_text": include_text,
            "bridge": bridge,
        },
    )
    options.ClearField("field")
    request = search_pb.SearchHybridRequest(
        collection=collection,
        candidates=0
        if candidates is None
        else whole_number("candidates", candidates, 1, _MAX_INT32),
        options=options,
    )
    fill_sources(request, query, fields, text, weights)
    return Call(
        "/vecstore.v1.SearchService/SearchHybrid",
        request,
        search_pb.SearchHybridResponse,
        fused_from_message,
    )
