"""The columns of a Parquet file that an export wrote, as its marks say, and records of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from vecstore.errors import InvalidInput, InvalidRecord
from vecstore.exchange.parquet_needs import EXPORT, FIELD, FORMAT, PART
from vecstore.inputs import shorten
from vecstore.records import DEFAULT_FIELD, FieldValue, Record

_ID, _PAYLOAD = "id", "payload"
_KINDS = {
    "text": "string",
    "image": "binary",
    "categories": "string",
    "vector": "fixed_size_list",
    "carried": "bool",
}


class OwnColumn(NamedTuple):
    """What a column holds: a part of what records hold in a vector field."""

    name: str
    field: str
    part: str


def own_columns(schema: Any, name: str) -> list[OwnColumn] | None:
    """The columns of a file that an export wrote; None for files of others.

    Args:
        schema: of the file.
        name: the file's.

    Raises:
        InvalidInput: an export of another format, or one that was altered.
    """
    form = (schema.metadata or {}).get(EXPORT)
    if form is None:
        return None
    if form != FORMAT:
        raise InvalidInput(
            f"{name} is an export of the format {shorten(_decoded(form))}, and this version of "
            f"vecstore reads {_decoded(FORMAT)!r}; update vecstore, or export to jsonl",
            file=name,
        )
    for column in (_ID, _PAYLOAD):
        index = schema.get_field_index(column)
        if index < 0 or str(schema.field(index).type) != "string":
            raise _altered(name, f"it has no column {column!r} of strings")
    found: dict[tuple[str, str], OwnColumn] = {}
    for column in schema:
        marks = column.metadata or {}
        if PART not in marks:
            continue
        field, part = _decoded(marks.get(FIELD, b"")), _decoded(marks[PART])
        if not field or not str(column.type).startswith(_KINDS.get(part, "nothing")):
            raise _altered(
                name,
                f"the column {column.name!r} of type {column.type} is marked as the part "
                f"{shorten(part)} of the field {shorten(field)}",
            )
        one = found.setdefault((field, part), OwnColumn(column.name, field, part))
        if one.name != column.name:
            raise _altered(name, f"{one.name!r} and {column.name!r} are marked as the same")
    return list(found.values())


def own_record(row: Mapping[str, Any], columns: list[OwnColumn]) -> Record:
    """The record that a row stands for.

    Args:
        row: cells by column; vectors with their space.
        columns: from :func:`own_columns`.

    Raises:
        InvalidRecord: a cell does not hold what it must.
    """
    parts: dict[str, dict[str, Any]] = {}
    for column in columns:
        value = row[column.name]
        if value is None:
            continue
        if column.part == "categories":
            value = _object(value, column.name)
        parts.setdefault(column.field, {})[column.part] = value
    carried = tuple(name for name, given in parts.items() if given.pop("carried", False))
    default = FieldValue(**parts.pop(DEFAULT_FIELD, {}))
    return Record(
        id=row[_ID],
        text=default.text,
        image=default.image,
        vector=default.vector,
        categories=default.categories,
        payload=_object(row[_PAYLOAD], _PAYLOAD),
        fields={name: FieldValue(**given) for name, given in parts.items() if given},
        carried=carried,
    )


def _object(text: str | None, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text or "null")
    except (ValueError, RecursionError) as error:
        raise InvalidRecord(f"holds no JSON in the column {name!r} ({error})") from None
    if not isinstance(document, dict):
        raise InvalidRecord(f"holds no JSON object in the column {name!r}")
    return document


def _decoded(mark: bytes) -> str:
    return mark.decode(errors="replace")


def _altered(name: str, said: str) -> InvalidInput:
    return InvalidInput(
        f"{name} says that vecstore exported it, and was altered since: {said}; get the file again",
        file=name,
    )
