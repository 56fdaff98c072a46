"""JSON objects to messages and back; integers stay integers, ``true`` stays ``true``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vecstore.errors import InvalidArgument, InvalidRecord
from vecstore.inputs import MAX_INT, MIN_INT, shorten
from vecstore.v1 import types_pb2 as pb

# Protobuf refuses messages nested deeper than 100. An object costs three levels (object, entry,
# value), a list two; four are left for the messages around a payload.
_MAX_LEVELS = 96
_SCALARS = frozenset({"bool_value", "int_value", "double_value", "string_value"})


class _NoJsonError(Exception):
    """What is wrong with a value, and where; becomes an error of the caller's class."""


def object_to_message(
    value: object, *, field: str = "payload", error: type[InvalidArgument] = InvalidRecord
) -> pb.JsonObject:
    """A mapping of JSON values to its message.

    Args:
        value: None, bool, int within 64 bits, float, str, list, tuple or mapping with str keys,
            nested up to 32 objects deep.
        field: how messages call it.
        error: what is raised.

    Raises:
        InvalidRecord: (or ``error``) a value that JSON, or 64 bits, cannot hold.
    """
    message = pb.JsonObject()
    if not isinstance(value, Mapping):
        raise error(f"{field} is a {type(value).__name__}; give a dict", field=field)
    try:
        _fill_object(message, value, field, _MAX_LEVELS)
    except _NoJsonError as problem:
        raise error(str(problem), field=field) from None
    return message


def value_to_message(
    value: object, *, field: str, error: type[InvalidArgument] = InvalidRecord
) -> pb.JsonValue:
    """One JSON value to its message; see :func:`object_to_message`."""
    message = pb.JsonValue()
    try:
        _fill(message, value, field, _MAX_LEVELS)
    except _NoJsonError as problem:
        raise error(str(problem), field=field) from None
    return message


def object_from_message(
    message: pb.JsonObject, *, field: str = "payload", error: type[InvalidArgument] = InvalidRecord
) -> dict[str, Any]:
    """The dict that a message holds.

    Raises:
        InvalidRecord: (or ``error``) a value of it is not set.
    """
    return {
        key: value_from_message(value, field=field, error=error)
        for key, value in message.entries.items()
    }


def value_from_message(
    message: pb.JsonValue, *, field: str, error: type[InvalidArgument] = InvalidRecord
) -> Any:
    """The JSON value that a message holds.

    Raises:
        InvalidRecord: (or ``error``) the value, or one inside it, is not set.
    """
    kind = message.WhichOneof("kind")
    if kind in _SCALARS:
        return getattr(message, kind)
    if kind == "null_value":
        return None
    if kind == "object_value":
        return object_from_message(message.object_value, field=field, error=error)
    if kind == "list_value":
        values = message.list_value.values
        return [value_from_message(value, field=field, error=error) for value in values]
    raise error(
        f"a value in {field} has no kind; set one of null_value, bool_value, int_value, "
        "double_value, string_value, list_value, object_value",
        field=field,
    )


def _fill_object(
    message: pb.JsonObject, mapping: Mapping[Any, Any], where: str, levels: int
) -> None:
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise _NoJsonError(f"{where} has the key {key!r}; every key must be a string")
        name = _encodable(key, where)
        _fill(message.entries[name], value, f"{where}.{name}", levels - 2)


def _fill(message: pb.JsonValue, value: object, where: str, levels: int) -> None:
    if levels < 0:
        raise _NoJsonError(
            f"{where[:80]}... is nested too deep; 32 objects in each other are allowed"
        )
    if value is None:
        message.null_value = 0  # type: ignore[assignment]  # the only value of NullValue
    elif isinstance(value, bool):  # before int: True is an int as well
        message.bool_value = value
    elif isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise _NoJsonError(
                f"{where}: {shorten(value)} does not fit into 64 bits; store it as a str"
            )
        message.int_value = value
    elif isinstance(value, float):
        message.double_value = value
    elif isinstance(value, str):
        message.string_value = _encodable(value, where)
    elif isinstance(value, Mapping):
        message.object_value.SetInParent()
        _fill_object(message.object_value, value, where, levels - 1)
    elif isinstance(value, list | tuple):
        message.list_value.SetInParent()
        for position, item in enumerate(value):
            _fill(message.list_value.values.add(), item, f"{where}[{position}]", levels - 2)
    else:
        raise _NoJsonError(
            f"{where} is a {type(value).__name__}; JSON has null, booleans, numbers, strings, "
            "lists and objects"
        )


def _encodable(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _NoJsonError(
            f"{where}: {shorten(text)} holds a lone surrogate, which is no character; remove it"
        ) from None
    return text
