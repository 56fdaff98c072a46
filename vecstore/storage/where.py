"""Filters as SQL, with the meaning that :func:`vecstore.filters.matches` gives them.

Keys and values are always bound, never formatted into SQL. The payload column is text, written
by :func:`vecstore.inputs.check_payload` and by nothing else: SQL here relies on every value
having one spelling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from vecstore.errors import InvalidArgument
from vecstore.filters import (
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operand,
    Operator,
    Or,
    Scalar,
)
from vecstore.instants import Instant
from vecstore.storage import where_postgresql, where_sqlite
from vecstore.storage.intervals import Ints, int_interval

Column = ColumnElement[str]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Dialect:
    """One condition as SQL that is true or false and never NULL."""

    equals_any: Callable[[Column, Path, tuple[Scalar, ...]], ColumnElement[bool]]
    in_range: Callable[[Column, Path, Operator, int | float | str], ColumnElement[bool]]
    is_there: Callable[[Column, Path], ColumnElement[bool]]
    begins_with: Callable[[Column, Path, str], ColumnElement[bool]]
    contains: Callable[[Column, Path, str], ColumnElement[bool]]
    is_moment: Callable[[Column, Path, tuple[int, ...]], ColumnElement[bool]]
    is_between: Callable[[Column, Path, Ints], ColumnElement[bool]]


_NAMES = [field.name for field in fields(_Dialect)]
_DIALECTS = {
    "sqlite": _Dialect(*(getattr(where_sqlite, name) for name in _NAMES)),
    "postgresql": _Dialect(*(getattr(where_postgresql, name) for name in _NAMES)),
}


def where(filter_: Filter, payload: Column, dialect_name: str) -> ColumnElement[bool]:
    """A filter as a condition on a payload column.

    Args:
        filter_: a tree that :func:`vecstore.filters.parse` returned.
        payload: the column (or expression) that holds payloads as JSON text, not NULL.
        dialect_name: ``engine.dialect.name``: ``"sqlite"`` or ``"postgresql"``.

    Raises:
        InvalidArgument: another dialect.
    """
    if dialect_name not in _DIALECTS:
        raise InvalidArgument(
            f"filters cannot be written for {dialect_name!r}; use sqlite or postgresql",
            field="database",
        )
    return _Translation(payload, _DIALECTS[dialect_name]).condition(filter_, negated=False).sql


@dataclass(frozen=True, slots=True)
class _Condition:
    sql: ColumnElement[bool]
    nesting: int = 0


@dataclass(frozen=True, slots=True)
class _Translation:
    """From the tree to SQL that SQLite's parser can read, whose stack has 100 places.

    Negation is moved down to the single conditions, and the most deeply nested part of an *and* or
    *or* comes first: then the parser has least to remember while it reads it.
    """

    payload: Column
    dialect: _Dialect

    def condition(self, filter_: Filter, negated: bool) -> _Condition:
        match filter_:
            case Not(inner):
                return self.condition(inner, not negated)
            case And(filters):
                return self._joined(filters, negated, every=not negated)
            case Or(filters):
                return self._joined(filters, negated, every=negated)
            case Membership() | Comparison() | Existence():
                sql = self._single(filter_)
                return _Condition(not_(sql) if negated else sql)

    def _joined(self, filters: tuple[Filter, ...], negated: bool, every: bool) -> _Condition:
        parts = [self.condition(part, negated) for part in filters]
        parts.sort(key=lambda part: part.nesting, reverse=True)
        nesting = max((part.nesting + (i > 0) for i, part in enumerate(parts)), default=0) + 1
        joined = and_(true(), *_sql(parts)) if every else or_(false(), *_sql(parts))
        return _Condition(joined, nesting)

    def _single(self, filter_: Membership | Comparison | Existence) -> ColumnElement[bool]:
        match filter_:
            case Existence(path):
                return self.dialect.is_there(self.payload, path)
            case Membership(path, values):
                return self._equals_any(path, values)
            case Comparison(path, Operator.EQ, value):
                return self._equals_any(path, (value,))
            case Comparison(path, Operator.NE, value):
                return not_(self._equals_any(path, (value,)))
            case Comparison(path, comparison, value):
                return self._compared(path, comparison, value)

    def _equals_any(self, path: Path, values: tuple[Operand, ...]) -> ColumnElement[bool]:
        moments = tuple(one.microseconds for one in values if isinstance(one, Instant))
        others = tuple(one for one in values if not isinstance(one, Instant))
        if not moments:
            return self.dialect.equals_any(self.payload, path, others)
        at = self.dialect.is_moment(self.payload, path, moments)
        return or_(self.dialect.equals_any(self.payload, path, others), at) if others else at

    def _compared(self, path: Path, comparison: Operator, value: Operand) -> ColumnElement[bool]:
        if isinstance(value, Instant):
            span = int_interval(comparison, value.microseconds)
            return false() if span is None else self.dialect.is_between(self.payload, path, span)
        if isinstance(value, str) and comparison is Operator.PREFIX:
            return self.dialect.begins_with(self.payload, path, value)
        if isinstance(value, str) and comparison is Operator.CONTAINS:
            return self.dialect.contains(self.payload, path, value)
        if value is None:
            return false()
        return self.dialect.in_range(self.payload, path, comparison, value)


def _sql(parts: list[_Condition]) -> list[ColumnElement[bool]]:
    return [part.sql for part in parts]
