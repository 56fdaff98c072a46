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
    any_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.sql.selectable import TableValuedAlias

from vecstore.filters import Operator, Scalar
from vecstore.inputs import MIN_INT
from vecstore.instants import WRITTEN
from vecstore.storage.intervals import Ints, float_interval, int_interval

_ORDER = {Operator.LT: "<", Operator.LTE: "<=", Operator.GT: ">", Operator.GTE: ">="}
_BYTES = "C"

# The moment that a string names, from the groups of WRITTEN; NULL where there is none. Nothing in
# it can raise: a day that does not exist is never made into a date.
_MOMENT = """CASE WHEN written.parts IS NULL OR written.parts[1] = '0000' THEN NULL
WHEN written.parts[3]::int > CASE written.parts[2]
  WHEN '02' THEN CASE WHEN written.parts[1]::int % 4 = 0
    AND (written.parts[1]::int % 100 <> 0 OR written.parts[1]::int % 400 = 0) THEN 29 ELSE 28 END
  WHEN '04' THEN 30 WHEN '06' THEN 30 WHEN '09' THEN 30 WHEN '11' THEN 30 ELSE 31 END THEN NULL
ELSE 86400000000 * (
    make_date(written.parts[1]::int, written.parts[2]::int, written.parts[3]::int)
    - DATE '1970-01-01')
  + 3600000000 * coalesce(written.parts[4], '0')::bigint
  + 60000000 * coalesce(written.parts[5], '0')::bigint
  + 1000000 * coalesce(written.parts[6], '0')::bigint
  + rpad(coalesce(written.parts[7], '0'), 6, '0')::bigint
  - coalesce((written.parts[8] || '60000000')::bigint
    * (60 * written.parts[9]::int + written.parts[10]::int), 0)
END"""


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
        ordered = _text(row).op(_ORDER[comparison], is_comparison=True)(literal(value, Text))
        return _exists(row, _of_string(row, ordered))
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


def is_there(payload: ColumnElement[str], path: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether there is anything at ``path``."""
    return _found(payload, path).is_not(None)


def begins_with(
    payload: ColumnElement[str], path: tuple[str, ...], text: str
) -> ColumnElement[bool]:
    """Whether a string at ``path`` begins with ``text``."""
    row = _rows(payload, path)
    return _exists(row, _of_string(row, func.starts_with(_text(row), literal(text, Text))))


def contains(payload: ColumnElement[str], path: tuple[str, ...], text: str) -> ColumnElement[bool]:
    """Whether a string at ``path`` contains ``text``."""
    row = _rows(payload, path)
    return _exists(row, _of_string(row, func.strpos(_text(row), literal(text, Text)) > 0))


def is_moment(
    payload: ColumnElement[str], path: tuple[str, ...], moments: tuple[int, ...]
) -> ColumnElement[bool]:
    """Whether a string at ``path`` names one of these moments, in microseconds."""
    row = _rows(payload, path)
    return _names(row, _moment() == any_(literal(list(moments), ARRAY(BigInteger))))


def is_between(
    payload: ColumnElement[str], path: tuple[str, ...], span: Ints
) -> ColumnElement[bool]:
    """Whether a string at ``path`` names a moment of a span, the ends included."""
    row = _rows(payload, path)
    return _names(row, _between(_moment(), span, BigInteger()))


def scalars(
    payload: ColumnElement[str], path: tuple[str, ...]
) -> tuple[TableValuedAlias, ColumnElement[str], ColumnElement[bool]]:
    """The scalars at ``path``, as conditions see them.

    Returns:
        Rows, each one's JSON text (equal for equal values), and which of the rows count.
    """
    row = _rows(payload, path)
    token = _token(row)
    double = cast(token, Double)
    # CASE, so that nothing but a number is ever cast to one.
    said = case(
        (_type(row.c.value) != _name("number"), token),
        (not_(token.regexp_match(literal_column("'[.e]'"))), token),
        (or_(double < float(MIN_INT), double >= -float(MIN_INT)), token),
        (double == func.trunc(double), cast(cast(double, BigInteger), Text)),
        else_=token,
    )
    scalar = _type(row.c.value).not_in([_name("object"), _name("array")])
    return row, said, scalar


def _moment() -> ColumnElement[int]:
    return literal_column(f"({_MOMENT})", BigInteger)


def _names(row: TableValuedAlias, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a string of ``row`` names a moment that satisfies a condition."""
    string = case((_type(row.c.value) == _name("string"), _text(row)))
    matched = func.regexp_match(string, literal(f"^{WRITTEN}$", Text))
    written = matched.table_valued(column("parts", ARRAY(Text)))
    source = row.join(written.render_derived(name="written"), literal_column("true"))
    return select(literal_column("1")).select_from(source).where(condition).exists()


def _rows(payload: ColumnElement[str], path: tuple[str, ...]) -> TableValuedAlias:
    """The value at a path, or the elements of the list there; no row where there is nothing."""
    found = _found(payload, path)
    elements = case(
        (_type(found) == _name("array"), found),
        (_type(found).is_not(None), func.json_build_array(found)),
    )
    return func.json_array_elements(elements).table_valued("value")


def _found(payload: ColumnElement[str], path: tuple[str, ...]) -> ColumnElement[Any]:
    """The JSON at a path; NULL where there is nothing."""
    found: ColumnElement[Any] = cast(payload, JSON)
    for key in path:
        # A key as text: on a list this finds nothing, where #> would take it as a position.
        found = found.op("->", return_type=JSON())(literal(key, Text))
    return found


def _text(row: TableValuedAlias) -> ColumnElement[str]:
    """What a string says."""
    said = row.c.value.op("#>>", return_type=Text())(cast(literal_column("'{}'"), ARRAY(Text)))
    return said.collate(_BYTES)


def _of_string(row: TableValuedAlias, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return case((_type(row.c.value) == _name("string"), condition), else_=false())


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
    return number.between(low, high)


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
