"""Searches of several sources, and their hits, to messages and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vecstore.answers import FusedHit, FusedHits, Source
from vecstore.errors import InvalidArgument
from vecstore.fusion import checked_weight, named_fields
from vecstore.records import DEFAULT_FIELD, Query
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.payloads import object_from_message, object_to_message
from vecstore.wire.queries import (
    fill_query,
    hits_from_message,
    hits_to_message,
    query_from_message,
)
from vecstore.wire.records import sendable


def fill_sources(
    message: pb.SearchHybridRequest,
    query: Query | None,
    fields: Iterable[str] | Mapping[str, Query | None],
    text: str | None,
    weights: Mapping[str, float] | None,
) -> None:
    """Let a request say what is searched, with what, and how much each source weighs.

    Raises:
        InvalidArgument: something that cannot be sent.
    """
    if query is not None:
        fill_query(message.query, query)
    named = named_fields(fields)
    message.words_alone = not named
    for name, own in named.items():
        message.fields.append(sendable(name, "fields"))
        if own is not None:
            fill_query(message.field_queries[name], own)
    if text is not None:
        message.text = sendable(text, "text")
    if not isinstance(weights, Mapping | None):
        raise InvalidArgument(
            f"weights is a {type(weights).__name__}; give a mapping of source to number",
            field="weights",
        )
    for name, weight in (weights or {}).items():
        message.weights[sendable(name, "weights")] = checked_weight(name, weight)


def fields_from_message(message: pb.SearchHybridRequest) -> dict[str, Query | None]:
    """The vector fields that a request names, each with its own query if it has one.

    Raises:
        InvalidArgument: a query is malformed.
    """
    own = {name: query_from_message(message.field_queries[name]) for name in message.field_queries}
    if message.words_alone and (own or message.fields):
        raise InvalidArgument(
            "words_alone is set, and vector fields are named; leave one of the two out",
            field="words_alone",
        )
    names = [*message.fields, *sorted(own)]
    if not names and not message.words_alone:
        names = [DEFAULT_FIELD]
    return {name: own.get(name) for name in names}


def fused_to_message(hits: FusedHits) -> pb.SearchHybridResponse:
    """The answer of one search of several sources."""
    message = pb.SearchHybridResponse()
    for hit in hits:
        entry = message.hits.add(id=hit.id, score=hit.score)
        for source in hit.sources:
            entry.sources.add(
                name=source.name, rank=source.rank, score=source.score, carried=source.carried
            )
        if hit.text is not None:
            entry.text = hit.text
        if hit.payload:
            entry.payload.CopyFrom(object_to_message(hit.payload))
    for name, answer in hits.answers.items():
        message.answers[name].CopyFrom(hits_to_message(answer))
    return message


def _source(message: pb.HitSource) -> Source:
    return Source(message.name, message.rank, message.score, message.carried)


def fused_from_message(message: pb.SearchHybridResponse) -> FusedHits:
    """The hits of one search of several sources."""
    hits = (
        FusedHit(
            hit.id,
            hit.score,
            tuple(map(_source, hit.sources)),
            object_from_message(hit.payload) if hit.HasField("payload") else {},
            hit.text if hit.HasField("text") else None,
        )
        for hit in message.hits
    )
    answers = {name: hits_from_message(message.answers[name]) for name in sorted(message.answers)}
    return FusedHits(hits, answers)
