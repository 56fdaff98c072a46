"""Groups of hits, and examples to recommend by, to messages and back."""

from __future__ import annotations

from collections.abc import Iterable

from vecstore.answers import Group
from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.records import RecordReference
from vecstore.searches import Example, checked_examples, example_error
from vecstore.spaces import Vector
from vecstore.v1 import search_service_pb2 as pb
from vecstore.wire.payloads import value_from_message, value_to_message
from vecstore.wire.queries import (
    hits_from_message,
    hits_to_message,
    query_from_message,
    query_to_message,
)


def groups_to_message(groups: Iterable[Group]) -> pb.SearchGroupsResponse:
    """The groups of one search, in order."""
    return pb.SearchGroupsResponse(
        groups=[
            pb.Group(
                value=value_to_message(group.value, field="value"),
                answer=hits_to_message(group.hits),
            )
            for group in groups
        ]
    )


def groups_from_message(message: pb.SearchGroupsResponse) -> list[Group]:
    """The groups of one search, in order."""
    return [
        Group(value_from_message(one.value, field="value"), hits_from_message(one.answer))
        for one in message.groups
    ]


def examples_to_messages(name: str, examples: Iterable[Example]) -> list[pb.Query]:
    """Examples to their messages.

    Raises:
        InvalidArgument: see :func:`vecstore.searches.checked_examples`.
        InvalidVector, SpaceRequired: numbers that are no :class:`~vecstore.spaces.Vector`.
    """
    messages = []
    for number, one in enumerate(checked_examples(name, examples)):
        try:
            messages.append(query_to_message(one))
        except VecstoreError as error:
            raise example_error(error, name, number) from None
    return messages


def examples_from_messages(
    name: str, messages: Iterable[pb.Query]
) -> list[RecordReference | Vector]:
    """The examples of several messages.

    Raises:
        InvalidArgument: one is neither a record nor a vector.
        InvalidVector, SpaceRequired: see :func:`vecstore.wire.vectors.vector_from_message`.
    """
    examples = []
    for number, message in enumerate(messages):
        kind = message.WhichOneof("kind")
        try:
            if kind not in ("record", "vector"):
                raise InvalidArgument(
                    f"it has {kind or 'nothing'} set; set record or vector", field=name
                )
            examples.append(query_from_message(message))
        except VecstoreError as error:
            raise example_error(error, name, number) from None
    return examples  # type: ignore[return-value]  # of those two kinds
