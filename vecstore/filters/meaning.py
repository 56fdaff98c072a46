"""What a filter means; the oracle that databases and indexes are held to."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from vecstore.filters.tree import (
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operand,
    Operator,
    Or,
)
from vecstore.instants import Instant, instant

_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.PREFIX: str.startswith,
    Operator.CONTAINS: operator.contains,
}
_MISSING = object()


def matches(filter_: Filter, payload: Mapping[str, Any]) -> bool:
    """What a filter means.

    Args:
        filter_: a tree that :func:`~vecstore.filters.parse` returned.
        payload: a record's payload.
    """
    match filter_:
        case And(filters):
            return all(matches(part, payload) for part in filters)
        case Or(filters):
            return any(matches(part, payload) for part in filters)
        case Not(inner):
            return not matches(inner, payload)
        case Comparison() | Membership() | Existence():
            return _single(filter_, payload)


def _single(condition: Comparison | Membership | Existence, payload: Mapping[str, Any]) -> bool:
    match condition:
        case Existence(path):
            return _value(path, payload) is not _MISSING
        case Membership(path, values):
            found = scalars(path, payload)
            return any(_holds(Operator.EQ, one, value) for one in found for value in values)
        case Comparison(path, Operator.NE, value):
            return not any(_holds(Operator.EQ, one, value) for one in scalars(path, payload))
        case Comparison(path, comparison, value):
            return any(_holds(comparison, one, value) for one in scalars(path, payload))


def scalars(path: tuple[str, ...], payload: Mapping[str, Any]) -> list[Any]:
    """What conditions on a path look at: the scalar there, or the scalars of the list there."""
    found = _value(path, payload)
    if found is _MISSING:
        return []
    candidates = found if isinstance(found, list | tuple) else [found]
    return [one for one in candidates if not isinstance(one, Mapping | list | tuple)]


def _value(path: tuple[str, ...], payload: object) -> Any:
    found: Any = payload
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return _MISSING
        found = found[key]
    return found


def _holds(comparison: Operator, found: Any, value: Operand) -> bool:
    if isinstance(value, Instant):
        moment = instant(found) if isinstance(found, str) else None
        return moment is not None and _COMPARE[comparison](moment, value.microseconds)
    return _kind(found) is _kind(value) and _COMPARE[comparison](found, value)


def _kind(value: object) -> type:
    """The JSON type; integers and floats are one."""
    if value is None or isinstance(value, bool):
        return type(value)
    return str if isinstance(value, str) else float
