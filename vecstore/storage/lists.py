"""Lists of values in statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY


def among(
    connection: Connection, column: ColumnElement[Any], values: Sequence[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of some values: few enough for one IN list.

    On PostgreSQL as one array: a prepared plan for a list of parameters, which does not know them,
    may go through the whole table and compare each row with each of them.
    """
    if connection.dialect.name == "sqlite":
        return column.in_(values)
    return column == any_(literal(list(values), ARRAY(type(column.type))))
