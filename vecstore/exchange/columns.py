"""Rows of a file to records: which column is the id, which is encoded, which is payload."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from vecstore.errors import InvalidArgument, InvalidRecord
from vecstore.exchange import values
from vecstore.exchange.image_paths import read_image
from vecstore.inputs import shorten
from vecstore.records import DEFAULT_FIELD, FieldValue, Record

if TYPE_CHECKING:
    from vecstore.files.rows import Row
    from vecstore.spaces import Space, Vector

_PAYLOAD = "payload"
# What `vecstore get` says of a stored record beside what it holds.
_CARRIED = "carried"
_TOLD = {"version", _CARRIED}
_CATEGORIES = "categories"
_IMAGE = "image"
_FIELDS = "fields"
_NUMBERS_AND_WORDS = (bool, int, float, type(None))


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column becomes what.

    Args:
        id: the column that holds ids.
        derive_ids: make ids from the content instead.
        text: the column of texts to encode; None for "text", which is payload where there is a
            column of images.
        image: the column of paths of images to encode; None for none, but for the image itself
            of an object in the column "image", as an export writes it.
        images: the folder that those paths begin in; None for the file's own.
        categories: the columns that are encoded together, as categories; None for those of an
            object in the column "categories", as ``vecstore get --json`` prints it.
        vector: the column that holds vectors.
        space: the space that bare lists of numbers in that column live in.
        payload: the columns kept as payload; None for all that are left. If the only one left is
            called "payload" and holds an object, it is the payload itself.
        infer_types: turn cells such as 12, 0.5, true and null into JSON values (for CSV).
        field_texts: vector fields beside "default", each with the column of its texts.
        ignore_vectors: leave vectors out, so that the inputs beside them are encoded.
    """

    id: str = "id"
    derive_ids: bool = False
    text: str | None = None
    vector: str = "vector"
    space: Space | None = None
    payload: tuple[str, ...] | None = None
    infer_types: bool = False
    categories: tuple[str, ...] | None = None
    image: str | None = None
    images: Path | None = None
    field_texts: tuple[tuple[str, str], ...] = ()
    ignore_vectors: bool = False

    @property
    def text_column(self) -> str | None:
        """The column of texts; None where there is none."""
        return self.text or (None if self.image else "text")

    def record(self, row: Row) -> Record:
        """The record that a row stands for.

        Raises:
            InvalidRecord: a column is missing or does not hold what it must.
            InvalidVector, SpaceRequired: see :func:`vecstore.exchange.values.read_vector`.
        """
        text, vector = self._text(row), self._vector(row)
        categories, image = self._categories(row), self._image(row)
        given = [one for one in (text, image, categories) if one is not None]
        fields = self._fields(row)
        if not given and vector is None and not fields:
            raise self._nothing(row)
        if len(given) > 1:
            raise self._too_much(text, image)
        return Record(
            id=self._id(row),
            text=text,
            image=image,
            vector=vector,
            payload=self._payload(row),
            categories=categories,
            fields=fields,
            carried=self._carried(row),
        )

    def _nothing(self, row: Row) -> InvalidRecord:
        if self.ignore_vectors and (self._has_vector(row) or self._given_fields(row)):
            return InvalidRecord(
                "holds a vector and no input, so nothing could be encoded where vectors are left "
                "out (--ignore-vectors); leave the record out, or import it with its vector",
                field="vector",
            )
        columns = f"its columns are {_listed(row.values)}"
        if self.image:
            return InvalidRecord(
                f"has no path of an image in column {self.image!r}; {columns}: name another one "
                "with --image-column, or leave such rows out",
                field="image",
            )
        return InvalidRecord(
            f"has neither a text in column {self.text_column!r} nor a vector in column "
            f"{self.vector!r}; {columns}: name the text's with --text-column, that of paths of "
            "images with --image-column, or those that hold categories with --categories-columns",
            field="text",
        )

    def _too_much(self, text: str | None, image: bytes | None) -> InvalidRecord:
        kinds = {
            f"a text in the column {self.text_column!r}": text is not None,
            f"an image in the column {self.image!r}": image is not None,
            "categories": True,
        }
        found = [kind for kind, given in kinds.items() if given][:2]
        remedy = (
            "leave --categories-columns out, or name a column that is not there with --text-column"
            if found[-1] == "categories"
            else "leave --text-column out, and the texts are kept as payload"
        )
        return InvalidRecord(
            f"has {found[0]} and {found[1]} as well, and one of them can be encoded; {remedy}",
            field="text",
        )

    def _id(self, row: Row) -> str:
        if self.derive_ids:
            return content_id(row.values)
        value = row.values.get(self.id)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value:
            return value
        found = f"holds {shorten(value)} in the" if self.id in row.values else "has no"
        raise InvalidRecord(
            f"{found} column {self.id!r}, where its id is expected; its columns are "
            f"{_listed(row.values)}: name the one that holds ids with --id-column, or have ids "
            "made from the content with --derive-ids",
            field="id",
        )

    def _text(self, row: Row) -> str | None:
        value = row.values.get(self.text_column or "")
        if not value and self.image:
            return None
        if value is None or isinstance(value, str):
            return value
        raise InvalidRecord(
            f"holds {shorten(value)} in the column {self.text_column!r}, where a text is expected",
            field="text",
        )

    def _image(self, row: Row) -> bytes | None:
        if self.image is None:
            whole = row.values.get(_IMAGE)
            return values.read_image(whole) if values.is_image(whole) else None
        value = row.values.get(self.image)
        if value is None or value == "":
            return None
        return read_image(self.images or Path(), value, self.image)

    def _fields(self, row: Row) -> dict[str, FieldValue]:
        """Other vector fields: of columns, and of a row that is a whole record."""
        return {**self._whole_fields(row), **self._column_fields(row)}

    def _column_fields(self, row: Row) -> dict[str, FieldValue]:
        found = {}
        for name, column in self.field_texts:
            value = row.values.get(column)
            if not isinstance(value, str | None):
                raise InvalidRecord(
                    f"holds {shorten(value)} in the column {column!r}, where a text of the field "
                    f"{name!r} is expected",
                    field=name,
                )
            if value:
                found[name] = FieldValue(text=value)
        return found

    def _whole_fields(self, row: Row) -> dict[str, FieldValue]:
        found = {}
        left_out = {"vector"} if self.ignore_vectors else set()
        for name, given in self._given_fields(row).items():
            kept = {part: one for part, one in given.items() if part not in left_out}
            if kept:
                found[name] = values.read_field(kept)
        return found

    def _given_fields(self, row: Row) -> Mapping[str, Mapping[str, Any]]:
        given = row.values.get(_FIELDS)
        if self.payload is not None or not values.is_fields(given):
            return {}
        names = {self.id, "text", _IMAGE, _CATEGORIES, "vector", _PAYLOAD, _FIELDS, *_TOLD}
        if not (names.issuperset(row.values) and isinstance(row.values.get(_PAYLOAD), Mapping)):
            return {}
        return given

    def _categories(self, row: Row) -> Mapping[str, Any] | None:
        """The columns of categories that have a value; None where there is none."""
        if self.categories is None:
            whole = row.values.get(_CATEGORIES)
            alone = isinstance(whole, Mapping) and self._text(row) is None
            return whole if alone else None
        cells = {name: row.values.get(name) for name in self.categories}
        return {name: cell for name, cell in cells.items() if cell not in (None, "")} or None

    def _vector(self, row: Row) -> Vector | None:
        if self.ignore_vectors or not self._has_vector(row):
            return None
        value = row.values[self.vector]
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as error:
                raise InvalidRecord(
                    f"holds no JSON in the column {self.vector!r} ({error}), where a vector is "
                    "expected; name another one with --vector-column",
                    field="vector",
                ) from None
        return values.read_vector(value, self.space)

    def _has_vector(self, row: Row) -> bool:
        value = row.values.get(self.vector)
        return not (value is None or (isinstance(value, str) and not value))

    def _carried(self, row: Row) -> tuple[str, ...]:
        """Names of fields whose vectors were mapped from another space, as an export says it."""
        given = row.values.get(_CARRIED)
        if not isinstance(given, list):
            return ()
        there = {name for name, one in self._given_fields(row).items() if one.get("vector")}
        if self._has_vector(row):
            there.add(DEFAULT_FIELD)
        return tuple(one for one in given if isinstance(one, str) and one in there)

    def _payload(self, row: Row) -> Mapping[str, Any]:
        taken = {self.text_column, self.image, self.vector} | (
            set() if self.derive_ids else {self.id}
        )
        if self.categories is not None:
            taken.update(self.categories)
        elif self._categories(row) is not None:
            taken.add(_CATEGORIES)
        if self.image is None and values.is_image(row.values.get(_IMAGE)):
            taken.add(_IMAGE)
        if self._given_fields(row):
            taken.add(_FIELDS)
        if self._carried(row):
            taken.add(_CARRIED)
        taken.update(column for _, column in self.field_texts)
        names = self.payload
        if names is None:
            names = tuple(name for name in row.values if name not in taken)
            whole = row.values.get(_PAYLOAD)
            if set(names) - _TOLD == {_PAYLOAD} and isinstance(whole, Mapping):
                return whole
        return {name: self._cell(row.values[name]) for name in names if name in row.values}

    def _cell(self, value: Any) -> Any:
        if not (self.infer_types and isinstance(value, str)):
            return value
        try:
            inferred = json.loads(value, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return value
        plain = isinstance(inferred, _NUMBERS_AND_WORDS) and abs(inferred or 0) < math.inf
        return inferred if plain else value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is text here")


def content_id(values: Mapping[str, Any]) -> str:
    """An id made from a row's content: equal rows have equal ids, in whatever order of columns."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """What JSON does not have, in some form that is always the same."""
    return value.tolist() if isinstance(value, np.ndarray) else str(value)


def check_names(columns: Columns) -> None:
    """Raise InvalidArgument where one column is to be two things."""
    named = {"--vector-column": columns.vector}
    if columns.text_column:
        named["--text-column"] = columns.text_column
    if columns.image:
        named["--image-column"] = columns.image
    # The path of an image may well be its id.
    if not columns.derive_ids and columns.id != columns.image:
        named["--id-column"] = columns.id
    seen: dict[str, str] = {}
    chosen = [
        *named.items(),
        *(("--categories-columns", name) for name in columns.categories or ()),
        *(("--field-column", name) for _, name in columns.field_texts),
    ]
    for option, name in chosen:
        if name in seen:
            raise InvalidArgument(
                f"{seen[name]} and {option} both name the column {name!r}; they must differ",
                field="columns",
            )
        seen[name] = option


def _listed(values: Mapping[str, Any], limit: int = 12) -> str:
    names = [repr(name) for name in values]
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else "") or "none"
