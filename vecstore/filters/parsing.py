"""From the dict form of a filter to its tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vecstore.filters.checking import MAX_DEPTH, Checker, at, invalid, too_deep
from vecstore.filters.keys import split
from vecstore.filters.tree import (
    OPERATORS,
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operator,
    Or,
)
from vecstore.filters.usual import usual
from vecstore.inputs import shorten
from vecstore.instants import Instant, instant

# What needs no second look to be no mapping.
_PLAIN = frozenset({type(None), bool, int, float, str})
_MOMENT = "$datetime"
_KEY_OPERATORS = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $prefix, $contains and $not"


def parse(given: Mapping[str, Any] | Filter) -> Filter:
    """A filter from its dict form; a tree is checked and returned.

    Args:
        given: the dict form (``{}`` matches everything), or a tree.

    Raises:
        InvalidFilter: it has no meaning, or is larger than allowed: nested deeper than 32, more
            than 500 conditions, or more than 10,000 values.
    """
    checked = usual(given)
    if checked is not None:
        return checked
    tree = _from_mapping(given, 0) if isinstance(given, Mapping) else given
    return Checker().check(tree, 0)


def _from_mapping(mapping: Mapping[Any, Any], depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise too_deep()
    parts = [_entry(key, value, depth) for key, value in mapping.items()]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _entry(key: object, value: Any, depth: int) -> Filter:
    if not isinstance(key, str):
        raise invalid(
            f"the key {shorten(key)} is a {type(key).__name__}; keys of a filter are strings"
        )
    if key.startswith("$"):
        return _around(key, value, depth)
    path = split(key)
    if isinstance(value, Mapping) and _MOMENT not in value:
        return _conditions(path, value, depth)
    return Comparison(path, Operator.EQ, _operand(path, value))


def _around(key: str, value: Any, depth: int) -> Filter:
    if key == "$and":
        return And(_parts(key, value, depth))
    if key == "$or":
        return Or(_parts(key, value, depth))
    if key == "$not":
        return Not(_whole(key, value, depth))
    raise invalid(
        f"{shorten(key)} is no operator around filters; $and, $or and $not are, "
        f"{_KEY_OPERATORS} stand under a key, and a key that begins with $ is written \\$"
    )


def _parts(key: str, value: object, depth: int) -> tuple[Filter, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise invalid(f"{key} has {shorten(value)}; it takes a list of at least one filter")
    return tuple(_whole(key, part, depth) for part in value)


def _whole(key: str, value: Any, depth: int) -> Filter:
    if isinstance(value, Mapping):
        return _from_mapping(value, depth + 1)
    if isinstance(value, Filter):
        return value
    raise invalid(f"{key} has {shorten(value)} where a filter belongs, such as {{'key': 'value'}}")


def _conditions(path: tuple[str, ...], conditions: Mapping[Any, Any], depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise too_deep()
    parts = [_condition(path, name, operand, depth) for name, operand in conditions.items()]
    if not parts:
        raise invalid(f"{at(path)} has {{}}; an object cannot be compared, its keys can")
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _condition(path: tuple[str, ...], name: object, operand: Any, depth: int) -> Filter:
    comparison = OPERATORS.get(name)
    if comparison is not None:
        return Comparison(path, comparison, _operand(path, operand))
    if name in ("$in", "$nin"):
        if not isinstance(operand, list | tuple):
            raise invalid(f"{at(path)}: {name} has {shorten(operand)}; it takes a list of values")
        among = Membership(path, tuple(_operand(path, value) for value in operand))
        return among if name == "$in" else Not(among)
    if name == "$exists":
        if not isinstance(operand, bool):
            raise invalid(f"{at(path)}: $exists has {shorten(operand)}; it takes true or false")
        return Existence(path) if operand else Not(Existence(path))
    if name == "$not":
        if not isinstance(operand, Mapping) or _MOMENT in operand:
            raise invalid(
                f"{at(path)}: $not has {shorten(operand)}; under a key it takes conditions, such "
                "as {'$gt': 3}; for a value use $ne"
            )
        return Not(_conditions(path, operand, depth + 1))
    raise invalid(
        f"{at(path)} has {shorten(name)}; under a key stand {_KEY_OPERATORS}. The way into an "
        "object is written with dots: {'a.b': 1}"
    )


def _operand(path: tuple[str, ...], given: Any) -> Any:
    """A value, or the moment that ``{"$datetime": "..."}`` names."""
    if type(given) in _PLAIN or not isinstance(given, Mapping) or _MOMENT not in given:
        return given
    text = given[_MOMENT]
    moment = instant(text) if isinstance(text, str) and len(given) == 1 else None
    if moment is None:
        raise invalid(
            f"{at(path)} has {shorten(dict(given))}, which names no moment; write "
            "{'$datetime': '2026-01-31T12:30:00Z'}, a date and, with T or a space, a time and a "
            "zone"
        )
    return Instant(moment)
