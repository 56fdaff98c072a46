"""One condition of a filter as SQL for PostgreSQL.

The payload is read as ``json`` and not ``jsonb``, because ``json`` keeps every token as it was
written: ``1e+18`` is a double and ``1000000000000000000`` an integer, which ``jsonb`` makes one
number. Since every value has one spelling, equality is that of tokens.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Text,
    and_,
    any_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.sql.selectable import TableValuedAlias

from vecstore.filters import Operator, Scalar
from vecstore.storage.intervals import float_interval, int_interval

_ORDER = {Operator.LT: "<", Operator.LTE: "<=", Operator.GT: ">", Operator.GTE: ">="}
_BYTES = "C"


def equals_any(
    payload: ColumnElement[str], path: tuple[str, ...], values: tuple[Scalar, ...]
) -> ColumnElement[bool]:
    """Whether a scalar at ``path`` equals one of ``values``."""
    tokens = sorted({token for value in values for token in _tokens(value)})
    row = _rows(payload, path)
    return _exists(row, _token(row) == any_(literal(tokens, ARRAY(Text))))


def in_range(
    payload: ColumnElement[str],
    path: tuple[str, ...],
    comparison: Operator,
    value: int | float | str,
) -> ColumnElement[bool]:
    """Whether a scalar at ``path`` stands in a range."""
    row = _rows(payload, path)
    if isinstance(value, str):
        found = row.c.value.op("#>>")(cast(literal_column("'{}'"), ARRAY(Text)))
        ordered = found.collate(_BYTES).op(_ORDER[comparison], is_comparison=True)(
            literal(value, Text)
        )
        return _exists(row, case((_type(row.c.value) == _name("string"), ordered), else_=false()))
    token = _token(row)
    ints, floats = int_interval(comparison, value), float_interval(comparison, value)
    as_int = _between(cast(token, BigInteger), ints, BigInteger())
    as_float = _between(cast(token, Double), floats, Double())
    # CASE, so that nothing but a number is ever cast to one.
    number = case(
        (_type(row.c.value) != _name("number"), false()),
        (token.regexp_match(literal_column("'[.e]'")), as_float),
        else_=as_int,
    )
    return _exists(row, number)


def _rows(payload: ColumnElement[str], path: tuple[str, ...]) -> TableValuedAlias:
    """The value at a path, or the elements of the list there; no row where there is nothing."""
    found: ColumnElement[Any] = cast(payload, JSON)
    for key in path:
        # A key as text: on a list this finds nothing, where #> would take it as a position.
        found = found.op("->", return_type=JSON())(literal(key, Text))
    elements = case(
        (_type(found) == _name("array"), found),
        (_type(found).is_not(None), func.json_build_array(found)),
    )
    return func.json_array_elements(elements).table_valued("value")


def _exists(row: TableValuedAlias, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(literal_column("1")).select_from(row).where(condition).exists()


def _type(value: ColumnElement[Any]) -> ColumnElement[str]:
    return func.json_typeof(value, type_=Text)


def _name(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'", Text)


def _token(row: TableValuedAlias) -> ColumnElement[str]:
    """A value as it was written."""
    return cast(row.c.value, Text).collate(_BYTES)


def _between(
    number: ColumnElement[Any], interval: tuple[float, float] | None, kind: Any
) -> ColumnElement[bool]:
    if interval is None:
        return false()
    low, high = (literal(bound, kind) for bound in interval)
    return and_(number >= low, number <= high)


def _tokens(value: Scalar) -> list[str]:
    """Every way in which a stored value that equals this one is written."""
    if value is None or isinstance(value, bool | str):
        return [json.dumps(value, ensure_ascii=False)]
    found = [
        json.dumps(interval[0])
        for interval in (int_interval(Operator.EQ, value), float_interval(Operator.EQ, value))
        if interval
    ]
    return [*found, "0.0", "-0.0"] if value == 0 else found
