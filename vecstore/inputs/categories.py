"""Categories by column: their forms, and the one text that each of them has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.inputs.payload import MAX_INT, MIN_INT, compact
from vecstore.inputs.shown import shorten, text_flaw

MAX_CATEGORY_COLUMNS = 1000


def check_categories(value: object, settings: Settings, field: str = "categories") -> str:
    """Categories by column, to the one JSON text that is encoded and stored.

    Args:
        value: a mapping of columns to categories.
        settings: for ``max_text_bytes``, which the text must not exceed.
        field: how messages call it.

    Returns:
        See :func:`categories_text`.

    Raises:
        InvalidInput: see :func:`category_values`; or too long.
    """
    text = categories_text(category_values(value, field))
    _require_size(text, settings, field)
    return text


def check_categories_text(text: object, settings: Settings, field: str = "categories") -> str:
    """Categories that come as JSON text, to the text of :func:`check_categories`.

    Raises:
        InvalidInput: too long, not the JSON of an object, or see :func:`check_categories`.
    """
    if isinstance(text, str):
        _require_size(text, settings, field)
    return check_categories(parse_categories(text, field), settings, field)


def category_values(value: object, field: str = "categories") -> dict[str, str]:
    """Categories with every value as text, in the order given.

    A str stays as it is; a whole number becomes its digits (also 7.0, which is what many readers
    of tables make of 7), a boolean "true" or "false". A column whose value is None or an empty text
    is left out: it is missing.

    Args:
        value: a mapping of columns to categories.
        field: how messages call it.

    Raises:
        InvalidInput: no mapping, no columns (or more than 1000), a column's name that is no text, a
            value of another kind, or characters that cannot be stored.
    """
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"{field} is {shorten(value)}, a {type(value).__name__}; categories are a dict of "
            "columns, such as {'hour': 7}",
            field=field,
        )
    if len(value) > MAX_CATEGORY_COLUMNS:
        raise InvalidInput(
            f"{field} has {len(value)} columns; at most {MAX_CATEGORY_COLUMNS} are allowed",
            field=field,
        )
    texts = {_column(name, field): _category(one, name, field) for name, one in value.items()}
    found = {name: text for name, text in texts.items() if text}
    if not found:
        raise InvalidInput(
            f"{field} is {shorten(value)}, which has nothing to encode; give at least one column "
            "with a value, such as {'hour': 7}",
            field=field,
        )
    return found


def categories_text(values: Mapping[str, str]) -> str:
    """The canonical JSON text of categories: columns sorted by code point, no spaces."""
    return compact(dict(sorted(values.items())))


def parse_categories(text: object, field: str = "categories") -> dict[str, Any]:
    """The JSON object that a text holds.

    Raises:
        InvalidInput: it holds none, or is no text.
    """
    if not isinstance(text, str):
        raise InvalidInput(
            f"{field} is {shorten(text)}, a {type(text).__name__}; an input of categories holds "
            "their JSON text",
            field=field,
        )
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    raise InvalidInput(
        f"{field} is {shorten(text)}, which is not the JSON of categories; write them as for "
        """example '{"hour": "7"}'""",
        field=field,
    )


def _column(name: object, field: str) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidInput(
            f"{field} has the column {shorten(name)}, a {type(name).__name__}; the name of a "
            "column is a str of at least one character",
            field=field,
        )
    flaw = text_flaw(name)
    if flaw:
        raise InvalidInput(
            f"{field} has the column {shorten(name)}, which contains {flaw}; remove it",
            field=field,
        )
    return name


def _category(value: object, name: str, field: str) -> str:
    """A category as text; empty where it is missing."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and MIN_INT <= value <= MAX_INT:
        return str(int(value))
    if isinstance(value, str):
        flaw = text_flaw(value)
        if flaw is None:
            return str.__str__(value)
        problem, remedy = f"contains {flaw}", "remove it"
    elif isinstance(value, int | float):
        problem, remedy = "is no whole number of 64 bits", "name the category by a str"
    else:
        problem = f"is a {type(value).__name__}"
        remedy = "a category is a str, a whole number or a bool, and None where it is missing"
    raise InvalidInput(
        f"{field}: {shorten(value)} in the column {shorten(name)} {problem}; {remedy}", field=field
    )


def _require_size(text: str, settings: Settings, field: str) -> None:
    # A lone surrogate is told about where its column is known.
    size = len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
    if size > settings.max_text_bytes:
        raise InvalidInput(
            f"{field} has {size} bytes as JSON; at most {settings.max_text_bytes} are allowed: "
            "give fewer columns, or shorter values",
            field=field,
        )
