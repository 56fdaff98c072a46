"""Records and inputs to messages and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord, VecstoreError
from vecstore.inputs import MAX_INT, category_values, check_id, parse_categories, shorten, text_flaw
from vecstore.records import (
    DEFAULT_FIELD,
    Categories,
    FieldValue,
    Input,
    InputLike,
    Modality,
    Record,
    Role,
)
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.payloads import object_from_message, object_to_message
from vecstore.wire.vectors import vector_from_message, vector_to_message

From = TypeVar("From")
To = TypeVar("To")

_ROLES = {
    pb.ROLE_UNSPECIFIED: Role.DOCUMENT,
    pb.ROLE_DOCUMENT: Role.DOCUMENT,
    pb.ROLE_QUERY: Role.QUERY,
}
_INPUTS = ("text", "image", "categories")
_ROLE_NUMBERS = {role: number for number, role in _ROLES.items()}


def record_to_message(record: Record) -> pb.Record:
    """A record to its message.

    Raises:
        InvalidArgument: something that no record may hold.
    """
    message = pb.Record(id=check_id(record.id), version=_version(record.version))
    for name, value in record.field_values().items():
        sendable(name, "fields", InvalidRecord)
        message.fields[name].CopyFrom(_field_to_message(value, name))
    if record.payload != {}:
        message.payload.CopyFrom(object_to_message(record.payload))
    if record.carried:
        message.carried.extend(sorted(record.carried_fields()))
    return message


def record_from_message(message: pb.Record) -> Record:
    """The record that a message holds.

    Raises:
        InvalidArgument: what is malformed in it.
    """
    fields = {name: _field_from_message(value) for name, value in message.fields.items()}
    payload = object_from_message(message.payload) if message.HasField("payload") else {}
    default = fields.pop(DEFAULT_FIELD, None) or FieldValue()
    return Record(
        message.id,
        default.text,
        default.image,
        default.vector,
        payload=payload,
        fields=fields,
        categories=default.categories,
        version=message.version or None,
        carried=tuple(message.carried),
    )


def records_to_messages(records: Iterable[Record]) -> list[pb.Record]:
    """The messages of several records.

    Raises:
        InvalidArgument: one cannot be sent; the message names it, ``position`` is its number.
    """
    return [_numbered(_to_message, record, number) for number, record in enumerate(records)]


def records_from_messages(messages: Iterable[pb.Record]) -> list[Record]:
    """The records of several messages.

    Raises:
        InvalidArgument: one is malformed; the message names it, ``position`` is its number.
    """
    return [_numbered(record_from_message, one, number) for number, one in enumerate(messages)]


def input_to_message(value: object, field: str = "input") -> encoder_pb.EncodeInput:
    """One input of an encoder to its message.

    Raises:
        InvalidInput: no text, image or categories.
    """
    value = plain_input(value, field)
    if isinstance(value, str):
        return encoder_pb.EncodeInput(text=sendable(value, field, InvalidInput))
    if isinstance(value, bytes):
        return encoder_pb.EncodeInput(image=value)
    if isinstance(value, Mapping):
        return encoder_pb.EncodeInput(categories=categories_to_message(value, field))
    raise InvalidInput(
        f"{field} is a {type(value).__name__}, which cannot be sent; give text (str), an image "
        "(bytes) or categories (dict)",
        field=field,
    )


def plain_input(value: object, field: str) -> object:
    """What an :class:`~vecstore.records.Input` holds, as a caller may hand it in without one.

    Raises:
        InvalidInput: categories whose text is not theirs.
    """
    if not isinstance(value, Input):
        return value
    if value.modality is Modality.CATEGORIES:
        return parse_categories(value.data, field)
    return value.data


def categories_to_message(value: object, field: str) -> pb.Categories:
    """Categories to their message.

    Raises:
        InvalidInput: see :func:`vecstore.inputs.category_values`.
    """
    return pb.Categories(values=category_values(value, field))


def categories_from_message(message: pb.Categories) -> Categories:
    """The categories that a message holds."""
    return dict(message.values)


def input_from_message(message: encoder_pb.EncodeInput, field: str = "input") -> InputLike:
    """The text, image or categories that a message holds.

    Raises:
        InvalidArgument: none of them is set.
    """
    match message.WhichOneof("input"):
        case "text":
            return message.text
        case "image":
            return message.image
        case "categories":
            return categories_from_message(message.categories)
        case _:
            raise InvalidArgument(f"{field} is empty; set text, image or categories", field=field)


def inputs_to_messages(values: Iterable[object]) -> list[encoder_pb.EncodeInput]:
    """The messages of several inputs.

    Raises:
        InvalidArgument: one string in place of a list.
        InvalidInput: see :func:`input_to_message`.
    """
    if isinstance(values, str | bytes):
        raise InvalidArgument("inputs is one string; give a list of inputs", field="inputs")
    return [input_to_message(value, f"inputs[{n}]") for n, value in enumerate(values)]


def inputs_from_messages(messages: Iterable[encoder_pb.EncodeInput]) -> list[InputLike]:
    """The inputs of several messages; see :func:`input_from_message`."""
    return [input_from_message(one, f"inputs[{n}]") for n, one in enumerate(messages)]


def role_to_message(role: object) -> pb.Role:
    """The enum value of a role.

    Raises:
        InvalidArgument: no role.
    """
    try:
        return _ROLE_NUMBERS[Role(role)]  # type: ignore[arg-type]
    except ValueError:
        raise _unknown_role(role) from None


def role_from_message(number: int) -> Role:
    """The role of an enum value; document where it is unspecified.

    Raises:
        InvalidArgument: a number that is no role.
    """
    try:
        return _ROLES[number]  # type: ignore[index]
    except KeyError:
        raise _unknown_role(number) from None


def sendable(value: object, field: str, error: type[InvalidArgument] = InvalidArgument) -> str:
    """``value`` if it is a string that UTF-8 can carry.

    Raises:
        InvalidArgument: (or ``error``) it is not.
    """
    if not isinstance(value, str):
        raise error(f"{field} is a {type(value).__name__}; give a string", field=field)
    flaw = text_flaw(value)
    if flaw and "\0" not in value:  # a NUL can be sent; the server says what it thinks of it
        raise error(f"{field} {shorten(value)} contains {flaw}; remove it", field=field)
    return value


def checked_ids(ids: Iterable[object]) -> list[str]:
    """The ids of records.

    Raises:
        InvalidArgument: one string in place of a list.
        InvalidRecord: something that is no id.
    """
    if isinstance(ids, str):
        raise InvalidArgument(
            f"ids is the single string {shorten(ids)}; give a list of ids", field="ids"
        )
    return [check_id(one) for one in ids]


def _version(version: object) -> int:
    # Nobody reads it where a record is written, so whatever is no version is passed over.
    whole = isinstance(version, int) and not isinstance(version, bool)
    return version if whole and 0 <= version <= MAX_INT else 0  # type: ignore[operator, return-value]


def _field_to_message(value: FieldValue, name: str) -> pb.FieldValue:
    given = [kind for kind in _INPUTS if getattr(value, kind) is not None]
    if len(given) > 1:
        raise InvalidRecord(
            f"field {name!r} has {' and '.join(given)}; one field holds one input", field="fields"
        )
    message = pb.FieldValue()
    if value.text is not None:
        message.text = sendable(value.text, "text", InvalidInput)
    if value.image is not None:
        if not isinstance(value.image, bytes):
            raise InvalidInput(
                f"image is a {type(value.image).__name__}; give the bytes of an image file",
                field="image",
            )
        message.image = value.image
    if value.categories is not None:
        message.categories.CopyFrom(categories_to_message(value.categories, "categories"))
    if value.vector is not None:
        message.vector.CopyFrom(vector_to_message(value.vector))
    return message


def _field_from_message(message: pb.FieldValue) -> FieldValue:
    kind = message.WhichOneof("input")
    return FieldValue(
        text=message.text if kind == "text" else None,
        image=message.image if kind == "image" else None,
        vector=vector_from_message(message.vector) if message.HasField("vector") else None,
        categories=categories_from_message(message.categories) if kind == "categories" else None,
    )


def _to_message(record: Record) -> pb.Record:
    if not isinstance(record, Record):
        raise InvalidRecord(f"a {type(record).__name__} is none; give vecstore.Record objects")
    return record_to_message(record)


def _numbered(convert: Callable[[From], To], one: From, number: int) -> To:
    try:
        return convert(one)
    except VecstoreError as error:
        who = shorten(getattr(one, "id", ""))
        details = {**error.details, "position": str(number)}
        raise type(error)(f"record {who} (number {number}): {error.message}", **details) from None


def _unknown_role(role: object) -> InvalidArgument:
    return InvalidArgument(f"the role {role!r} is not known; use document or query", field="role")
