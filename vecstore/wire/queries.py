"""Queries, hits and comparisons to messages and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from vecstore.errors import InvalidArgument, InvalidInput, VecstoreError
from vecstore.hits import Hit, Hits, bare_hit
from vecstore.records import Comparison, Query, RecordReference
from vecstore.spaces import Space
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.calibrations import fill_unfamiliarity, unfamiliarity_from_message
from vecstore.wire.payloads import object_from_message, object_to_message
from vecstore.wire.plans import plan_from_message, plan_to_message
from vecstore.wire.records import (
    categories_from_message,
    categories_to_message,
    plain_input,
    sendable,
)
from vecstore.wire.vectors import (
    fill_vector,
    space_from_message,
    space_to_message,
    vector_from_message,
)

From = TypeVar("From")
To = TypeVar("To")


def query_to_message(query: object) -> pb.Query:
    """A query to its message.

    Raises:
        InvalidArgument: nothing that can be searched with.
        InvalidVector, SpaceRequired: numbers that are no :class:`~vecstore.spaces.Vector`.
    """
    message = pb.Query()
    fill_query(message, query)
    return message


def fill_query(message: pb.Query, query: object) -> None:
    """Like :func:`query_to_message`, into the empty message of a request."""
    query = plain_input(query, "query")
    if isinstance(query, str):
        message.text = sendable(query, "query", InvalidInput)
    elif isinstance(query, bytes):
        message.image = query
    elif isinstance(query, Mapping):
        message.categories.CopyFrom(categories_to_message(query, "query"))
    elif isinstance(query, RecordReference):
        message.record.id = sendable(query.id, "id")
        message.record.collection = sendable(query.collection or "", "collection")
    else:
        fill_vector(message.vector, query, "query")


def queries_to_messages(queries: Iterable[object]) -> list[pb.Query]:
    """The messages of several queries.

    Raises:
        InvalidArgument: see :func:`query_to_message`; the message names the query by its number.
    """
    return [_numbered(query_to_message, query, number) for number, query in enumerate(queries)]


def query_from_message(message: pb.Query) -> Query:
    """The query that a message holds.

    Raises:
        InvalidArgument: nothing is set.
        InvalidVector, SpaceRequired: see :func:`vecstore.wire.vectors.vector_from_message`.
    """
    match message.WhichOneof("kind"):
        case "vector":
            return vector_from_message(message.vector, "query")
        case "text":
            return message.text
        case "image":
            return message.image
        case "categories":
            return categories_from_message(message.categories)
        case "record":
            return RecordReference(message.record.id, message.record.collection or None)
        case _:
            raise InvalidArgument(
                "the query is empty; set one of text, image, categories, vector, record",
                field="query",
            )


def queries_from_messages(messages: Iterable[pb.Query]) -> list[Query]:
    """The queries of several messages.

    Raises:
        InvalidArgument: see :func:`query_from_message`; the message names the query by its number.
    """
    return [_numbered(query_from_message, one, number) for number, one in enumerate(messages)]


def hits_to_message(hits: Hits) -> pb.SearchResponse:
    """The answer of one search."""
    message = pb.SearchResponse(
        space=space_to_message(hits.space),
        encoder_evaluated=hits.encoder_evaluated,
        bridge=hits.bridge,
        bridge_forced=hits.bridge_forced,
    )
    if hits.unfamiliarity is not None:
        fill_unfamiliarity(message.unfamiliarity, hits.unfamiliarity)
    add = message.hits.add
    for hit in hits:
        entry = add(id=hit.id, distance=hit.distance, score=hit.score)
        if hit.carried:
            entry.carried = True
        if hit.text is not None:
            entry.text = hit.text
        if hit.payload:
            entry.payload.CopyFrom(object_to_message(hit.payload))
        if hit.vector is not None:
            fill_vector(entry.vector, hit.vector, "vector")
    if hits.plan is not None:
        message.plan.CopyFrom(plan_to_message(hits.plan))
    return message


def hits_from_message(message: pb.SearchResponse) -> Hits:
    """The hits of one search."""
    hits = (
        Hit(
            hit.id,
            hit.distance,
            hit.score,
            object_from_message(hit.payload) if hit.HasField("payload") else {},
            hit.text if hit.HasField("text") else None,
            vector_from_message(hit.vector) if hit.HasField("vector") else None,
            hit.carried,
        )
        for hit in message.hits
    )
    return _answer(hits, message)


def bare_hits_from_message(message: pb.SearchResponse, space: Space | None = None) -> Hits:
    """The hits of one search that asked for neither payload nor text nor vectors.

    Args:
        message: the answer.
        space: its space, where that is known already.
    """
    hits = [
        Hit(hit.id, hit.distance, hit.score, carried=True)
        if hit.carried
        else bare_hit(hit.id, hit.distance, hit.score)
        for hit in message.hits
    ]
    return _answer(hits, message, space)


def batch_to_message(batch: Iterable[Hits]) -> pb.SearchBatchResponse:
    """The answers of several searches, in order."""
    return pb.SearchBatchResponse(responses=[hits_to_message(hits) for hits in batch])


def comparison_to_message(comparison: Comparison) -> pb.CompareResponse:
    """How two vectors compare."""
    return pb.CompareResponse(distance=comparison.distance, score=comparison.score)


def comparison_from_message(message: pb.CompareResponse) -> Comparison:
    """How two vectors compare."""
    return Comparison(message.distance, message.score)


def _answer(hits: Iterable[Hit], message: pb.SearchResponse, space: Space | None = None) -> Hits:
    strange = None
    if message.HasField("unfamiliarity"):
        strange = unfamiliarity_from_message(message.unfamiliarity)
    plan = plan_from_message(message.plan) if message.HasField("plan") else None
    if space is None:
        space = space_from_message(message.space)
    over = message.bridge, message.bridge_forced
    return Hits(hits, space, strange, message.encoder_evaluated, plan, *over)


def _numbered(convert: Callable[[From], To], one: From, number: int) -> To:
    try:
        return convert(one)
    except VecstoreError as error:
        details = {**error.details, "position": str(number)}
        raise type(error)(f"query {number}: {error.message}", **details) from None
