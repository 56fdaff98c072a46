"""What a filter may be: operands, depth, size."""

from __future__ import annotations

import datetime
import math
import operator

from vecstore.errors import InvalidFilter
from vecstore.filters.keys import MAX_PATH, check_path, key_text
from vecstore.filters.tree import (
    EVERYTHING,
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
from vecstore.inputs import MAX_INT, MIN_INT, shorten, text_flaw
from vecstore.instants import Instant, instant_of

__all__ = ["MAX_CONDITIONS", "MAX_DEPTH", "MAX_PATH", "MAX_VALUES", "Checker", "at", "too_deep"]

MAX_DEPTH = 32
MAX_VALUES = 10_000
MAX_CONDITIONS = 500

_OF_STRINGS = (Operator.PREFIX, Operator.CONTAINS)
_OF_EVERYTHING = (Operator.EQ, Operator.NE)


class Checker:
    """Walks a tree once and rebuilds it with plain values; counts what is limited."""

    def __init__(self) -> None:
        self.conditions = 0
        self.values = 0

    def check(self, tree: object, depth: int) -> Filter:
        """The same tree with plain values.

        Raises:
            InvalidFilter: it has no meaning, or is too large.
        """
        if depth > MAX_DEPTH:
            raise too_deep()
        match tree:
            case Comparison():
                return self._comparison(tree)
            case And():
                return self._every(tree, depth)
            case Membership(path, values):
                return self._membership(path, values)
            case Existence(path):
                return self._existence(path)
            case Not(inner):
                return Not(self.check(inner, depth + 1))
            case Or(filters):
                if not filters:
                    raise invalid("$or has no filters; it takes at least one")
                return Or(self._all(filters, depth))
        raise invalid(
            f"{shorten(tree)} is a {type(tree).__name__}; a filter is a dict such as "
            "{'kind': 'function', 'year': {'$gte': 2000}}"
        )

    def _all(self, filters: object, depth: int) -> tuple[Filter, ...]:
        if not isinstance(filters, tuple):
            raise invalid(f"{shorten(filters)} is no tuple of filters")
        parts = [self.check(part, depth + 1) for part in filters]
        # Most often nothing was to be made plain.
        same = all(map(operator.is_, parts, filters)) and type(filters) is tuple
        return filters if same else tuple(parts)

    def _every(self, tree: And, depth: int) -> Filter:
        if tree.filters == ():
            self._count(0)
            return EVERYTHING
        checked = self._all(tree.filters, depth)
        return tree if checked is tree.filters and type(tree) is And else And(checked)

    def _existence(self, path: object) -> Filter:
        checked = check_path(path)
        self._count(0)
        return Existence(checked)

    def _membership(self, path: object, values: object) -> Filter:
        if not isinstance(values, tuple):
            raise invalid(f"{shorten(values)} is no tuple of values")
        checked = check_path(path)
        self._count(len(values))
        operands = [_operand(value, checked) for value in values]
        # Moments come last, so that equal filters look the same wherever they come from.
        operands.sort(key=lambda operand: isinstance(operand, Instant))
        return Membership(checked, tuple(operands))

    def _comparison(self, tree: Comparison) -> Filter:
        path, comparison, value = tree.path, tree.operator, tree.value
        checked = check_path(path)
        self._count(1)
        if not isinstance(comparison, Operator):
            raise invalid(f"{at(checked)}: {shorten(comparison)} is no Operator")
        operand = _operand(value, checked)
        if comparison in _OF_STRINGS:
            if not isinstance(operand, str) or not operand:
                raise invalid(
                    f"{at(checked)}: {comparison} has {shorten(value)}; it takes a string that is "
                    "not empty"
                )
        elif comparison not in _OF_EVERYTHING and (operand is None or isinstance(operand, bool)):
            raise invalid(
                f"{at(checked)}: {comparison} has {operand!r}; ranges take a number, a string or "
                "a moment in time"
            )
        if checked is path and operand is value and type(tree) is Comparison:
            return tree
        return Comparison(checked, comparison, operand)

    def _count(self, values: int) -> None:
        self.conditions += 1
        self.values += values
        if self.conditions > MAX_CONDITIONS:
            raise invalid(
                f"the filter has more than {MAX_CONDITIONS} conditions; use $in for many values "
                "of one key, or several calls"
            )
        if self.values > MAX_VALUES:
            raise invalid(
                f"the filter has {self.values} values or more; at most {MAX_VALUES} are allowed: "
                "use several calls"
            )


def _operand(value: object, path: tuple[str, ...]) -> Operand:
    """A value that may be compared with, as one of Python's own types."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        flaw = text_flaw(value)
        if flaw:
            raise invalid(f"{at(path)}: the value {shorten(value)} contains {flaw}; remove it")
        return str.__str__(value)
    if isinstance(value, int):
        return _whole(value, path)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise invalid(f"{at(path)}: {value!r} is no JSON number; no record can hold it")
        return float(value)
    if isinstance(value, datetime.date):
        return instant_of(value)
    if isinstance(value, Instant) and isinstance(value.microseconds, int):
        return Instant(_whole(value.microseconds, path))
    raise invalid(
        f"{at(path)}: {shorten(value)} is a {type(value).__name__}; values are null, bool, "
        "64-bit integers, finite floats, strings and moments in time (for a list of them use $in)"
    )


def _whole(value: int, path: tuple[str, ...]) -> int:
    if not MIN_INT <= value <= MAX_INT:
        raise invalid(f"{at(path)}: {shorten(value)} does not fit into 64 bits")
    return int(value)


def at(path: tuple[str, ...]) -> str:
    """A condition, named by its key for a message."""
    return f"the condition on {shorten(key_text(path))}"


def too_deep() -> InvalidFilter:
    """The refusal of what is nested too deeply."""
    return invalid(f"the filter is nested deeper than {MAX_DEPTH} levels; flatten it")


def invalid(message: str) -> InvalidFilter:
    """A refusal of a filter."""
    return InvalidFilter(message, field="filter")
