"""What may come in: forms and limits of inputs, ids, payloads and collection names.

Nothing is decoded here. Every refusal says what was given (shortened) and what is allowed.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord, VecstoreError
from vecstore.records import Input, Modality

MAX_ID_CHARACTERS = 512
MAX_CATEGORY_COLUMNS = 1000
MIN_INT = -(2**63)
MAX_INT = 2**63 - 1

_COLLECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SCALARS = frozenset({str, bool, type(None)})
_MAX_INT_BITS_SHOWN = 1024

# The only way in which a payload is written. Filters on the database compare tokens of this text.
_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


class _Short(reprlib.Repr):
    """A repr that fits into a message, whatever it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 60
        self.maxlevel = 2

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to print very long integers.
        if x.bit_length() > _MAX_INT_BITS_SHOWN:
            return f"<an integer of {x.bit_length()} bits>"
        return super().repr_int(x, level)

    def repr_bytes(self, x: bytes, _level: int) -> str:
        return repr(x[:16]) + (f"... ({len(x)} bytes)" if len(x) > 16 else "")  # noqa: PLR2004


_short = _Short()


def shorten(value: object) -> str:
    """``repr(value)``, shortened so that it fits into a message; never raises."""
    return _short.repr(value)


def check_text(text: object, settings: Settings, field: str = "text") -> str:
    """One text input.

    Args:
        text: what the caller gave.
        settings: for ``max_text_bytes``.
        field: how messages call it.

    Returns:
        The text, unchanged.

    Raises:
        InvalidInput: not a str, empty or only white space, too long, or not storable.
    """
    if not isinstance(text, str):
        raise InvalidInput(
            f"{field} is {shorten(text)}, a {type(text).__name__}; a text is a str", field=field
        )
    if not text or text.isspace():
        raise InvalidInput(
            f"{field} is {shorten(text)}, which has nothing to encode; give a text with at least "
            "one character that is not white space",
            field=field,
        )
    flaw = text_flaw(text)
    if flaw:
        raise InvalidInput(
            f"{field} {shorten(text)} contains {flaw}; remove it and send the text again",
            field=field,
        )
    size = _utf8_size(text)
    if size > settings.max_text_bytes:
        raise InvalidInput(
            f"{field} {shorten(text)} has {size} bytes as UTF-8; at most "
            f"{settings.max_text_bytes} are allowed: split it into several records",
            field=field,
        )
    return text


def check_image(data: object, settings: Settings, field: str = "image") -> bytes:
    """The bytes of one image file: their number, and that they begin as PNG, JPEG or WebP does.

    Args:
        data: what the caller gave.
        settings: for ``max_image_bytes``.
        field: how messages call it.

    Returns:
        The bytes, unchanged.

    Raises:
        InvalidInput: not bytes, empty, too many, or another format.
    """
    if not isinstance(data, bytes):
        raise InvalidInput(
            f"{field} is {shorten(data)}, a {type(data).__name__}; an image is the bytes of a PNG, "
            "JPEG or WebP file (never a path or URL)",
            field=field,
        )
    if len(data) > settings.max_image_bytes:
        raise InvalidInput(
            f"{field} has {len(data)} bytes; at most {settings.max_image_bytes} are allowed: "
            "send a smaller image",
            field=field,
        )
    if not _is_image(data):
        raise InvalidInput(
            f"{field} begins with {shorten(data)}, which is none of PNG, JPEG and WebP; send the "
            "bytes of such a file",
            field=field,
        )
    return data


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
    return _encode(dict(sorted(values.items())))


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


def check_input(value: object, settings: Settings, field: str) -> Input:
    """A caller's text (str), image (bytes) or categories (dict) as an input for an encoder.

    Raises:
        InvalidInput: another type, or see :func:`check_text`, :func:`check_image` and
            :func:`check_categories`.
    """
    if isinstance(value, Input):
        if value.modality is Modality.CATEGORIES:
            return Input(Modality.CATEGORIES, check_categories_text(value.data, settings, field))
        value = value.data
    if isinstance(value, str):
        return Input(Modality.TEXT, check_text(value, settings, field))
    if isinstance(value, bytes):
        return Input(Modality.IMAGE, check_image(value, settings, field))
    if isinstance(value, Mapping):
        return Input(Modality.CATEGORIES, check_categories(value, settings, field))
    raise InvalidInput(
        f"{field} is a {type(value).__name__}; give text (str), an image (bytes) or categories "
        "(dict)",
        field=field,
    )


def check_id(id: object) -> str:
    """A record's id.

    Raises:
        InvalidRecord: not a str of 1 to 512 characters, or not storable.
    """
    if not isinstance(id, str) or not 1 <= len(id) <= MAX_ID_CHARACTERS:
        size = f" of {len(id)} characters" if isinstance(id, str) else ""
        raise InvalidRecord(
            f"the id {shorten(id)} is a {type(id).__name__}{size}; an id is a str of 1 to "
            f"{MAX_ID_CHARACTERS} characters",
            field="id",
        )
    flaw = text_flaw(id)
    if flaw:
        raise InvalidRecord(
            f"the id {shorten(id)} contains {flaw}; an id may hold any other character",
            field="id",
        )
    return id


def check_collection_name(name: object) -> str:
    """A collection's name.

    Raises:
        InvalidArgument: not a name.
    """
    if not isinstance(name, str) or not _COLLECTION.fullmatch(name):
        raise InvalidArgument(
            f"{shorten(name)} is not a collection name; use letters, digits and ._- beginning "
            "with a letter or digit, at most 128 long",
            field="collection",
        )
    return name


def check_payload(payload: object, settings: Settings) -> str:
    """A record's payload, to the one JSON text that is stored.

    Args:
        payload: a mapping of JSON values: None, bool, 64-bit int, finite float, str, list (or
            tuple) and dict with str keys.
        settings: for ``max_payload_bytes`` and ``max_payload_depth``; ``{}`` has depth 1.

    Returns:
        The canonical text: no spaces, nothing escaped that need not be, keys in their order.

    Raises:
        InvalidRecord: anything else; the message names the place of the offending value.
    """
    if type(payload) is not dict:
        if not isinstance(payload, Mapping):
            raise InvalidRecord(
                f"the payload is {shorten(payload)}, a {type(payload).__name__}; a payload is a "
                "JSON object, such as {'kind': 'function'}",
                field="payload",
            )
        payload = dict(payload)
    if not payload:
        return "{}"
    try:
        if not _is_plain_object(payload, settings.max_payload_depth):
            _explain(payload, "payload", settings.max_payload_depth)
        text = _encode(payload)
        size = _utf8_size(text)
    except (UnicodeEncodeError, RecursionError):
        _explain(payload, "payload", min(settings.max_payload_depth, 100))
        raise
    if "\\u0000" in text:
        _explain(payload, "payload", settings.max_payload_depth)
    if size > settings.max_payload_bytes:
        raise InvalidRecord(
            f"the payload {shorten(payload)} has {size} bytes as JSON; at most "
            f"{settings.max_payload_bytes} are allowed",
            field="payload",
        )
    return text


def text_flaw(text: str) -> str | None:
    """What keeps a str out of a database, in words; None where nothing does."""
    if "\0" in text:
        return f"a NUL character (at position {text.index(chr(0))})"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return (
                f"a lone surrogate ({text[error.start]!a} at position {error.start}), which is no "
                "character"
            )
    return None


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


def _utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _is_image(data: bytes) -> bool:
    return data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    )


def _is_plain_object(value: dict[Any, Any], depth: int) -> bool:
    """Whether an object needs no second look; the texts inside are not looked at."""
    for key in value:
        if type(key) is not str:
            return False
    return depth > 0 and _are_plain(value.values(), depth - 1)


def _are_plain(values: Iterable[Any], depth: int) -> bool:
    for value in values:
        kind = type(value)
        if kind in _SCALARS:
            continue
        if kind is int:
            plain = MIN_INT <= value <= MAX_INT
        elif kind is float:
            plain = math.isfinite(value)
        elif kind is dict:
            plain = _is_plain_object(value, depth)
        elif kind is list:
            plain = depth > 0 and _are_plain(value, depth - 1)
        else:
            return False
        if not plain:
            return False
    return True


def _explain(value: Any, place: str, depth: int) -> None:
    """The slow and exact look: raise for the first offending value, and say where it is."""
    if isinstance(value, dict | list | tuple) and depth < 1:
        raise _wrong(place, value, "is nested too deeply", "flatten it, or raise max_payload_depth")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise _wrong(place, key, "is a key and not a str", "use strings as keys")
            flaw = text_flaw(key)
            if flaw:
                raise _wrong(place, key, f"is a key and contains {flaw}", "remove it")
            _explain(inner, _below(place, key), depth - 1)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            _explain(inner, f"{place}[{number}]", depth - 1)
    else:
        _explain_scalar(value, place)


def _explain_scalar(value: Any, place: str) -> None:
    if isinstance(value, str):
        flaw = text_flaw(value)
        if flaw:
            raise _wrong(place, value, f"contains {flaw}", "remove it")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _wrong(place, value, "is no JSON number", "use None, or leave it out")
    elif isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise _wrong(place, value, "does not fit into 64 bits", "store it as a str")
    elif value is not None:
        raise _wrong(
            place,
            value,
            f"is a {type(value).__name__}, which JSON does not have",
            "use None, bool, int, float, str, list and dict",
        )


def _below(place: str, key: str) -> str:
    if len(key) > 60:  # noqa: PLR2004 - messages stay short
        return f"{place}[{shorten(key)}]"
    return f"{place}.{key}" if key.isidentifier() else f"{place}[{key!r}]"


def _wrong(place: str, value: object, what: str, advice: str) -> VecstoreError:
    where = place if len(place) <= 200 else f"{place[:100]}...{place[-97:]}"  # noqa: PLR2004
    return InvalidRecord(f"{where}: {shorten(value)} {what}; {advice}", field="payload", path=where)
