r"""One condition of a filter as SQL for SQLite.

``payload -> path`` gives the JSON text at a path, and ``json_each`` of it one row for each element
of a list, or one row for a scalar. Both work on SQLite 3.38 and newer, with care:

- Inside a quoted step of a path, older versions compare the key with the *text* of the JSON,
  escapes and all; newer ones compare what the two mean. So a key is written as the payload's
  writer wrote it, which satisfies both. Older versions end the step at any quote, so for a key
  with a quote, payload and path both write ``\u0022`` instead.
- SQLite reads a number's text into a double with an error of up to two units in the last place
  (3.47 to 3.49, one in six numbers that need 17 digits). So numbers near the bounds of an interval
  are told apart by their text, of which each double has one.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.selectable import TableValuedAlias

from vecstore.filters import Operator, Scalar
from vecstore.inputs import MAX_INT, MIN_INT
from vecstore.instants import instant
from vecstore.storage.intervals import Floats, Ints, float_interval, int_interval, neighbours

# How far SQLite's reading of a number may be off, in units in the last place; seen: 2.
_ULPS = 8

_COMPARE = {
    Operator.LT: ColumnElement.__lt__,
    Operator.LTE: ColumnElement.__le__,
    Operator.GT: ColumnElement.__gt__,
    Operator.GTE: ColumnElement.__ge__,
}


def prepare(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions that statements of this module call."""
    connection.create_function("vecstore_instant", 1, _instant, deterministic=True)
    connection.create_function("vecstore_number", 1, _number, deterministic=True)


def _instant(value: object) -> int | None:
    return instant(value) if isinstance(value, str) else None


def _number(token: object) -> str | None:
    """The one spelling of a number that is written as a double."""
    if not isinstance(token, str):
        return None
    value = float(token)
    whole = value.is_integer() and MIN_INT <= value <= MAX_INT
    return str(int(value)) if whole else token


def scalars(
    payload: ColumnElement[str], path: tuple[str, ...]
) -> tuple[TableValuedAlias, ColumnElement[str], ColumnElement[bool]]:
    """The scalars at ``path``, as conditions see them.

    Returns:
        Rows, each one's JSON text (equal for equal values), and which of the rows count.
    """
    row = _rows(payload, path)
    said = case(
        (_is(row, "text"), func.json_quote(row.c.value)),
        (_is(row, "real"), func.vecstore_number(_token(row))),
        (_is(row, "integer"), cast(row.c.value, Text)),
        else_=row.c.type,
    )
    nested = row.c.type.in_([literal_column("'object'"), literal_column("'array'")])
    return row, said, and_(_own(row), not_(nested))


def equals_any(
    payload: ColumnElement[str], path: tuple[str, ...], values: tuple[Scalar, ...]
) -> ColumnElement[bool]:
    """Whether a scalar at ``path`` equals one of ``values``."""
    row = _rows(payload, path)
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    ints = [i[0] for v in numbers if (i := int_interval(Operator.EQ, v))]
    floats = [f[0] for v in numbers if (f := float_interval(Operator.EQ, v))]
    strings = [v for v in values if isinstance(v, str)]
    types = {json.dumps(v) for v in values if v is None or isinstance(v, bool)}
    parts = [_is(row, name) for name in sorted(types)]
    if strings:
        parts.append(and_(_is(row, "text"), row.c.value.in_(_each(strings))))
    if ints:
        parts.append(and_(_is(row, "integer"), row.c.value.in_(_each(ints))))
    if floats:
        near = _between(row, neighbours(min(floats), _ULPS)[0], neighbours(max(floats), _ULPS)[-1])
        parts.append(and_(_is(row, "real"), near, _token(row).in_(_each(_tokens(floats)))))
    return _exists(row, parts)


def in_range(
    payload: ColumnElement[str],
    path: tuple[str, ...],
    comparison: Operator,
    value: int | float | str,
) -> ColumnElement[bool]:
    """Whether a scalar at ``path`` stands in a range."""
    row = _rows(payload, path)
    if isinstance(value, str):
        ordered = _COMPARE[comparison](row.c.value, literal(value, Text))
        return _exists(row, [and_(_is(row, "text"), ordered)])
    parts = []
    if ints := int_interval(comparison, value):
        low, high = (literal(bound, BigInteger) for bound in ints)
        parts.append(and_(_is(row, "integer"), row.c.value.between(low, high)))
    if floats := float_interval(comparison, value):
        parts.append(and_(_is(row, "real"), _within(row, floats)))
    return _exists(row, parts)


def is_there(payload: ColumnElement[str], path: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether there is anything at ``path``."""
    return _found(payload, path).is_not(None)


def begins_with(
    payload: ColumnElement[str], path: tuple[str, ...], text: str
) -> ColumnElement[bool]:
    """Whether a string at ``path`` begins with ``text``."""
    row = _rows(payload, path)
    beginning = func.substr(row.c.value, 1, len(text)) == literal(text, Text)
    return _exists(row, [and_(_is(row, "text"), beginning)])


def contains(payload: ColumnElement[str], path: tuple[str, ...], text: str) -> ColumnElement[bool]:
    """Whether a string at ``path`` contains ``text``."""
    row = _rows(payload, path)
    return _exists(row, [and_(_is(row, "text"), func.instr(row.c.value, literal(text, Text)) > 0)])


def is_moment(
    payload: ColumnElement[str], path: tuple[str, ...], moments: tuple[int, ...]
) -> ColumnElement[bool]:
    """Whether a string at ``path`` names one of these moments, in microseconds."""
    row = _rows(payload, path)
    named = func.vecstore_instant(row.c.value).in_(_each(moments))
    return _exists(row, [and_(_is(row, "text"), named)])


def is_between(
    payload: ColumnElement[str], path: tuple[str, ...], span: Ints
) -> ColumnElement[bool]:
    """Whether a string at ``path`` names a moment of a span, the ends included."""
    row = _rows(payload, path)
    first, last = (literal(bound, BigInteger) for bound in span)
    named = func.vecstore_instant(row.c.value).between(first, last)
    return _exists(row, [and_(_is(row, "text"), named)])


def _within(row: TableValuedAlias, interval: Floats) -> ColumnElement[bool]:
    """Whether a double lies in an interval: surely so, or near a bound and by its text."""
    low, high = (neighbours(bound, 2 * _ULPS) for bound in interval)
    edges = {f for f in (*low, *high) if interval[0] <= f <= interval[1] and math.isfinite(f)}
    return and_(
        _between(row, low[_ULPS], high[-_ULPS - 1]),
        or_(
            _between(row, low[-_ULPS - 1], high[_ULPS]),
            _token(row).in_(_each(_tokens(edges))),
        ),
    )


def _rows(payload: ColumnElement[str], path: tuple[str, ...]) -> TableValuedAlias:
    """The value at a path, or the elements of the list there; no row where there is nothing."""
    return func.json_each(_found(payload, path)).table_valued("key", "value", "type", "json")


def _found(payload: ColumnElement[str], path: tuple[str, ...]) -> ColumnElement[Any]:
    """The JSON text at a path; NULL where there is nothing."""
    steps = [json.dumps(key, ensure_ascii=False)[1:-1] for key in path]
    source: ColumnElement[Any] = payload
    if any('"' in key for key in path):
        # A doubled backslash first, so that the second replacement meets escaped quotes only.
        for old, new in (("\\\\", "\\u005c"), ('\\"', "\\u0022")):
            source = func.replace(source, literal(old, Text), literal(new, Text))
            steps = [step.replace(old, new) for step in steps]
    route = "$" + "".join(f'."{step}"' for step in steps)
    return source.op("->")(literal(route, Text))


def _exists(row: TableValuedAlias, parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if not parts:
        return false()
    return select(literal_column("1")).select_from(row).where(_own(row), or_(*parts)).exists()


def _own(row: TableValuedAlias) -> ColumnElement[bool]:
    """Only the members of an object have text as their key."""
    return func.typeof(row.c.key) != literal_column("'text'")


def _is(row: TableValuedAlias, name: str) -> ColumnElement[bool]:
    return row.c.type == literal_column(f"'{name}'")


def _between(row: TableValuedAlias, low: float, high: float) -> ColumnElement[bool]:
    return row.c.value.between(literal(low, Double), literal(high, Double))


def _token(row: TableValuedAlias) -> ColumnElement[str]:
    """The text of a number as it was written."""
    element = literal_column("'$['").concat(row.c.key).concat(literal_column("']'"))
    in_list = func.typeof(row.c.key) == literal_column("'integer'")
    step = case((in_list, element), else_=literal_column("'$'"))
    return row.c.json.op("->")(step)


def _each(values: Iterable[Scalar]) -> Select[tuple[Any]]:
    """Any number of values, none of them a float, as one bound parameter."""
    text = json.dumps(list(values), ensure_ascii=False)
    return select(func.json_each(literal(text, Text)).table_valued("value").c.value)


def _tokens(floats: Iterable[float]) -> list[str]:
    """How doubles are written; zero in both of its ways."""
    tokens = {json.dumps(f) for f in floats}
    return sorted(tokens | {"0.0", "-0.0"} if tokens & {"0.0", "-0.0"} else tokens)
