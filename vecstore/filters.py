r"""Payload filters: the typed tree, its dict form, and its meaning.

The dict form is the one known from MongoDB: ``{"kind": "function", "year": {"$gte": 2000}}``.
Operators are ``$eq $ne $gt $gte $lt $lte $in $not`` under a key, and ``$and $or $not`` around
whole filters; several keys in one dict mean *and*. :func:`matches` fixes what a filter means; the
databases are held to it.

- A key names a way through nested objects: ``"a.b"`` is ``b`` inside ``a``. A literal dot is
  written ``\.``, a ``$`` at the beginning ``\$``, and a backslash before one of these ``\\``.
- Equality goes by JSON type. Integers and floats are one type and compare exactly:
  1 equals 1.0, 2**53 + 1 does not equal 2.0**53, and true does not equal 1.
- Null equals a null that is there, not a missing key.
- Ranges compare numbers with numbers, and strings with strings by code point; anything else
  does not match.
- A list matches where one of its own scalars does; lists inside it are not looked into. An object
  itself matches nothing.
- Where the key is missing, every condition is false. ``$ne`` and ``$not`` are plain negations, so
  they do match records without the key.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vecstore.errors import InvalidFilter
from vecstore.inputs import MAX_INT, MIN_INT, shorten, text_flaw

MAX_DEPTH = 32
MAX_PATH = 32
MAX_VALUES = 10_000
MAX_CONDITIONS = 500

Scalar = None | bool | int | float | str


class Operator(StrEnum):
    """How a comparison compares."""

    EQ = "$eq"
    NE = "$ne"
    GT = "$gt"
    GTE = "$gte"
    LT = "$lt"
    LTE = "$lte"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value at ``path`` compared with one operand."""

    path: tuple[str, ...]
    operator: Operator
    value: Scalar


@dataclass(frozen=True, slots=True)
class Membership:
    """The value at ``path`` equals one of ``values``; of none it equals none."""

    path: tuple[str, ...]
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of ``filters`` hold; of none, that is always so."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of ``filters`` holds."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``filter`` does not hold."""

    filter: Filter


Filter = Comparison | Membership | And | Or | Not

EVERYTHING = And(())

_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}
_OPERATORS = frozenset(Operator)
_KEY_OPERATORS = "$eq, $ne, $gt, $gte, $lt, $lte, $in and $not"
_ESCAPED = re.compile(r"\\([.$\\])|(\.)")


def matches(filter_: Filter, payload: Mapping[str, Any]) -> bool:
    """What a filter means.

    Args:
        filter_: a tree that :func:`parse` returned.
        payload: a record's payload.
    """
    match filter_:
        case And(filters):
            return all(matches(part, payload) for part in filters)
        case Or(filters):
            return any(matches(part, payload) for part in filters)
        case Not(inner):
            return not matches(inner, payload)
        case Membership(path, values):
            found = _scalars(path, payload)
            return any(_holds(Operator.EQ, one, value) for one in found for value in values)
        case Comparison(path, Operator.NE, value):
            return not matches(Comparison(path, Operator.EQ, value), payload)
        case Comparison(path, comparison, value):
            return any(_holds(comparison, one, value) for one in _scalars(path, payload))


def parse(given: Mapping[str, Any] | Filter) -> Filter:
    """A filter from its dict form; a tree is checked and returned.

    Args:
        given: the dict form (``{}`` matches everything), or a tree.

    Raises:
        InvalidFilter: it has no meaning, or is larger than allowed: nested deeper than 32, more
            than 500 conditions, or more than 10,000 values.
    """
    tree = _from_mapping(given, 0) if isinstance(given, Mapping) else given
    return _Checker().check(tree, 0)


def key_text(path: tuple[str, ...]) -> str:
    """The key that names ``path`` in the dict form; the inverse of how :func:`parse` reads it."""
    text = ".".join(re.sub(r"([.\\])", r"\\\1", segment) for segment in path)
    return "\\" + text if text.startswith("$") else text


def _scalars(path: tuple[str, ...], payload: object) -> list[Any]:
    found: Any = payload
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return []
        found = found[key]
    candidates = found if isinstance(found, list | tuple) else [found]
    return [one for one in candidates if not isinstance(one, Mapping | list | tuple)]


def _kind(value: object) -> type:
    """The JSON type; integers and floats are one."""
    if value is None or isinstance(value, bool):
        return type(value)
    return str if isinstance(value, str) else float


def _holds(comparison: Operator, found: Any, value: Scalar) -> bool:
    return _kind(found) is _kind(value) and _COMPARE[comparison](found, value)


def _from_mapping(mapping: Mapping[Any, Any], depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise _too_deep()
    parts = [_entry(key, value, depth) for key, value in mapping.items()]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _entry(key: object, value: Any, depth: int) -> Filter:
    if not isinstance(key, str):
        raise _invalid(
            f"the key {shorten(key)} is a {type(key).__name__}; keys of a filter are strings"
        )
    if key == "$and":
        return And(_parts(key, value, depth))
    if key == "$or":
        return Or(_parts(key, value, depth))
    if key == "$not":
        return Not(_whole(key, value, depth))
    if key.startswith("$"):
        raise _invalid(
            f"{shorten(key)} is no operator around filters; $and, $or and $not are, "
            f"{_KEY_OPERATORS} stand under a key, and a key that begins with $ is written \\$"
        )
    path = _split(key)
    if isinstance(value, Mapping):
        return _conditions(path, value, depth)
    return Comparison(path, Operator.EQ, value)


def _parts(key: str, value: object, depth: int) -> tuple[Filter, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise _invalid(f"{key} has {shorten(value)}; it takes a list of at least one filter")
    return tuple(_whole(key, part, depth) for part in value)


def _whole(key: str, value: Any, depth: int) -> Filter:
    if isinstance(value, Mapping):
        return _from_mapping(value, depth + 1)
    if isinstance(value, Filter):
        return value
    raise _invalid(f"{key} has {shorten(value)} where a filter belongs, such as {{'key': 'value'}}")


def _conditions(path: tuple[str, ...], conditions: Mapping[Any, Any], depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise _too_deep()
    parts = [_condition(path, name, operand, depth) for name, operand in conditions.items()]
    if not parts:
        raise _invalid(f"{_at(path)} has {{}}; an object cannot be compared, its keys can")
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _condition(path: tuple[str, ...], name: object, operand: Any, depth: int) -> Filter:
    if name == "$in":
        if not isinstance(operand, list | tuple):
            raise _invalid(f"{_at(path)}: $in has {shorten(operand)}; it takes a list of values")
        return Membership(path, tuple(operand))
    if name == "$not":
        if not isinstance(operand, Mapping):
            raise _invalid(
                f"{_at(path)}: $not has {shorten(operand)}; under a key it takes conditions, such "
                "as {'$gt': 3}; for a value use $ne"
            )
        return Not(_conditions(path, operand, depth + 1))
    if name in _OPERATORS:
        return Comparison(path, Operator(str(name)), operand)
    raise _invalid(
        f"{_at(path)} has {shorten(name)}; under a key stand {_KEY_OPERATORS}. The way into an "
        "object is written with dots: {'a.b': 1}"
    )


def _split(key: str) -> tuple[str, ...]:
    segments = [""]
    end = 0
    for found in _ESCAPED.finditer(key):
        segments[-1] += key[end : found.start()]
        end = found.end()
        if found[1]:
            segments[-1] += found[1]
        else:
            segments.append("")
    segments[-1] += key[end:]
    return tuple(segments)


class _Checker:
    """Walks a tree once and rebuilds it with plain values; counts what is limited."""

    def __init__(self) -> None:
        self.conditions = 0
        self.values = 0

    def check(self, tree: object, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise _too_deep()
        match tree:
            case Comparison(path, comparison, value):
                return self._comparison(path, comparison, value)
            case Membership(path, values):
                if not isinstance(values, tuple):
                    raise _invalid(f"{shorten(values)} is no tuple of values")
                path = self._path(path)
                self._count(len(values))
                return Membership(path, tuple(_operand(value, path) for value in values))
            case Not(inner):
                return Not(self.check(inner, depth + 1))
            case And(()):
                self._count(0)
                return EVERYTHING
            case And(filters):
                return And(self._all(filters, depth))
            case Or(filters):
                if not filters:
                    raise _invalid("$or has no filters; it takes at least one")
                return Or(self._all(filters, depth))
        raise _invalid(
            f"{shorten(tree)} is a {type(tree).__name__}; a filter is a dict such as "
            "{'kind': 'function', 'year': {'$gte': 2000}}"
        )

    def _all(self, filters: object, depth: int) -> tuple[Filter, ...]:
        if not isinstance(filters, tuple):
            raise _invalid(f"{shorten(filters)} is no tuple of filters")
        return tuple(self.check(part, depth + 1) for part in filters)

    def _comparison(self, path: object, comparison: object, value: object) -> Filter:
        checked = self._path(path)
        self._count(1)
        if not isinstance(comparison, Operator):
            raise _invalid(f"{_at(checked)}: {shorten(comparison)} is no Operator")
        operand = _operand(value, checked)
        ranges = comparison not in (Operator.EQ, Operator.NE)
        if ranges and (operand is None or isinstance(operand, bool)):
            raise _invalid(
                f"{_at(checked)}: {comparison} has {operand!r}; ranges take a number or a string"
            )
        return Comparison(checked, comparison, operand)

    def _path(self, path: object) -> tuple[str, ...]:
        if not isinstance(path, tuple) or not 1 <= len(path) <= MAX_PATH:
            raise _invalid(f"the path {shorten(path)} is no tuple of 1 to {MAX_PATH} keys")
        return tuple(_segment(segment, path) for segment in path)

    def _count(self, values: int) -> None:
        self.conditions += 1
        self.values += values
        if self.conditions > MAX_CONDITIONS:
            raise _invalid(
                f"the filter has more than {MAX_CONDITIONS} conditions; use $in for many values "
                "of one key, or several calls"
            )
        if self.values > MAX_VALUES:
            raise _invalid(
                f"the filter has {self.values} values or more; at most {MAX_VALUES} are allowed: "
                "use several calls"
            )


def _segment(segment: object, path: tuple[object, ...]) -> str:
    if not isinstance(segment, str):
        raise _invalid(f"the path {shorten(path)} holds {shorten(segment)}; keys are strings")
    if not segment:
        raise _invalid(
            f"the path {shorten(path)} has an empty key; write a.b for b inside a, and a literal "
            "dot as \\."
        )
    flaw = text_flaw(segment)
    if flaw:
        raise _invalid(f"the key {shorten(segment)} contains {flaw}; remove it")
    return str.__str__(segment)


def _operand(value: object, path: tuple[str, ...]) -> Scalar:
    """A value that may be compared with, as one of Python's own types."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        flaw = text_flaw(value)
        if flaw:
            raise _invalid(f"{_at(path)}: the value {shorten(value)} contains {flaw}; remove it")
        return str.__str__(value)
    if isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise _invalid(f"{_at(path)}: {shorten(value)} does not fit into 64 bits")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _invalid(f"{_at(path)}: {value!r} is no JSON number; no record can hold it")
        return float(value)
    raise _invalid(
        f"{_at(path)}: {shorten(value)} is a {type(value).__name__}; values are null, bool, "
        "64-bit integers, finite floats and strings (for a list of them use $in)"
    )


def _at(path: tuple[str, ...]) -> str:
    return f"the condition on {shorten(key_text(path))}"


def _too_deep() -> InvalidFilter:
    return _invalid(f"the filter is nested deeper than {MAX_DEPTH} levels; flatten it")


def _invalid(message: str) -> InvalidFilter:
    return InvalidFilter(message, field="filter")
