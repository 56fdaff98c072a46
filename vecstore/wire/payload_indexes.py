"""Declared indexes to messages and back, and facets."""

from __future__ import annotations

from collections.abc import Iterable

from vecstore.answers import Facet
from vecstore.errors import InternalError, InvalidArgument
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.v1 import record_service_pb2 as record_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.payloads import value_from_message, value_to_message

_TYPES = {
    pb.INDEX_TYPE_KEYWORD: IndexType.KEYWORD,
    pb.INDEX_TYPE_INTEGER: IndexType.INTEGER,
    pb.INDEX_TYPE_FLOAT: IndexType.FLOAT,
    pb.INDEX_TYPE_DATETIME: IndexType.DATETIME,
    pb.INDEX_TYPE_TEXT: IndexType.TEXT,
}
_NUMBERS = {type_: number for number, type_ in _TYPES.items()}


def index_to_message(key: str, type_: IndexType | None) -> pb.PayloadIndex:
    """An index by its key; without a type where all of the key are meant."""
    return pb.PayloadIndex(
        key=key, type=pb.INDEX_TYPE_UNSPECIFIED if type_ is None else _NUMBERS[type_]
    )


def type_from_message(message: pb.PayloadIndex) -> IndexType | None:
    """The type of an index; None where none is given.

    Raises:
        InvalidArgument: a type that this version does not know.
    """
    if message.type == pb.INDEX_TYPE_UNSPECIFIED:
        return None
    found = _TYPES.get(message.type)
    if found is None:
        raise InvalidArgument(
            f"the index type {message.type} is not known; use one of "
            f"{', '.join(pb.IndexType.keys()[1:])}",
            field="type",
        )
    return found


def index_from_message(message: pb.PayloadIndex) -> PayloadIndex:
    """An index that a server declared.

    Raises:
        InternalError: of a type that this version does not know.
    """
    found = _TYPES.get(message.type)
    if found is None:
        raise InternalError(
            f"the server told of an index of type {message.type}, which this client does not "
            "know; the server may be a newer vecstore"
        )
    return PayloadIndex(message.key, found)


def indexes_from_messages(messages: Iterable[pb.PayloadIndex]) -> tuple[PayloadIndex, ...]:
    """Declared indexes; those of types newer than this client are left out."""
    return tuple(index_from_message(one) for one in messages if one.type in _TYPES)


def facet_to_message(facet: Facet) -> record_pb.Facet:
    """A value and its count."""
    return record_pb.Facet(value=value_to_message(facet.value, field="value"), count=facet.count)


def facet_from_message(message: record_pb.Facet) -> Facet:
    """A value and its count."""
    return Facet(value_from_message(message.value, field="value"), message.count)
