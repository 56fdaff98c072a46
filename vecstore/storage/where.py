"""Filters as SQL, with the meaning that :func:`vecstore.filters.matches` gives them.

Keys and values are always bound, never formatted into SQL. The payload column is text, written
by :func:`vecstore.inputs.check_payload` and by nothing else: SQL here relies on every value
having one spelling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from vecstore.errors import InvalidArgument
from vecstore.filters import And, Comparison, Filter, Membership, Not, Operator, Or, Scalar
from vecstore.storage import where_postgresql, where_sqlite

Column = ColumnElement[str]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Dialect:
    """One condition as SQL that is true or false and never NULL."""

    equals_any: Callable[[Column, Path, tuple[Scalar, ...]], ColumnElement[bool]]
    in_range: Callable[[Column, Path, Operator, int | float | str], ColumnElement[bool]]


_DIALECTS = {
    "sqlite": _Dialect(where_sqlite.equals_any, where_sqlite.in_range),
    "postgresql": _Dialect(where_postgresql.equals_any, where_postgresql.in_range),
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
    return _Translation(payload, _DIALECTS[dialect_name]).condition(filter_)


@dataclass(frozen=True, slots=True)
class _Translation:
    payload: Column
    dialect: _Dialect

    def condition(self, filter_: Filter) -> ColumnElement[bool]:
        match filter_:
            case And(filters):
                return and_(true(), *self._all(filters))
            case Or(filters):
                return or_(false(), *self._all(filters))
            case Not(inner):
                return not_(self.condition(inner))
            case Membership(path, values):
                return self.dialect.equals_any(self.payload, path, values)
            case Comparison(path, comparison, value):
                return self._comparison(path, comparison, value)

    def _all(self, filters: tuple[Filter, ...]) -> list[ColumnElement[bool]]:
        return [self.condition(part) for part in filters]

    def _comparison(self, path: Path, comparison: Operator, value: Scalar) -> ColumnElement[bool]:
        if comparison is Operator.EQ:
            return self.dialect.equals_any(self.payload, path, (value,))
        if comparison is Operator.NE:
            return not_(self.dialect.equals_any(self.payload, path, (value,)))
        if value is None:
            return false()
        return self.dialect.in_range(self.payload, path, comparison, value)
