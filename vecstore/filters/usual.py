"""The filters that are asked most, read in one go: plain conditions on plain keys."""

from __future__ import annotations

import math
from typing import Any

from vecstore.filters.tree import OPERATORS, And, Comparison, Filter, Operator
from vecstore.inputs import MAX_INT, MIN_INT, text_flaw

# Keys, and conditions on each, so that no limit of a whole filter can be met here.
_MOST = 16
_EQUAL = frozenset({Operator.EQ, Operator.NE})
_OF_STRINGS = frozenset({Operator.PREFIX, Operator.CONTAINS})


def usual(given: object) -> Filter | None:
    """The checked tree of a filter such as ``{"of": "x", "year": {"$gte": 1970, "$lt": 1980}}``.

    Args:
        given: the dict form.

    Returns:
        What parsing and checking come to, in a third of the time; None where the filter is of any
        other kind, or wrong: they tell what it is.
    """
    if type(given) is not dict or not 0 < len(given) <= _MOST:
        return None
    parts = []
    for key, value in given.items():
        if type(key) is not str or not key.isidentifier():
            return None
        path = (key,)
        if type(value) is dict:
            part = _conditions(path, value)
        else:
            part = Comparison(path, Operator.EQ, value) if _fits(Operator.EQ, value) else None
        if part is None:
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _conditions(path: tuple[str, ...], conditions: dict[Any, Any]) -> Filter | None:
    if not 0 < len(conditions) <= _MOST:
        return None
    parts = []
    for name, value in conditions.items():
        operator = OPERATORS.get(name)
        if operator is None or not _fits(operator, value):
            return None
        parts.append(Comparison(path, operator, value))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _fits(operator: Operator, value: Any) -> bool:
    """Whether a value is one of Python's own, as it may be compared with by this operator."""
    kind = type(value)
    if kind is str:
        return text_flaw(value) is None and (bool(value) or operator not in _OF_STRINGS)
    if operator in _OF_STRINGS:
        return False
    if kind is int:
        return bool(MIN_INT <= value <= MAX_INT)
    if kind is float:
        return math.isfinite(value)
    return (kind is bool or value is None) and operator in _EQUAL
