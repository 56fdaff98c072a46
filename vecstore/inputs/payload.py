"""Payloads: JSON values of any form, within limits."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidRecord, VecstoreError
from vecstore.inputs.shown import shorten, text_flaw, utf8_size

MIN_INT = -(2**63)
MAX_INT = 2**63 - 1

_SCALARS = frozenset({str, bool, type(None)})

# The only way in which a payload is written. Filters on the database compare tokens of this text.
compact = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


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
        text = compact(payload)
        size = utf8_size(text)
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
