"""Tables of categories with a target, from files and what Python has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import shorten
from vecstore.tasks import TableData
from vecstore.training.data.cells import cell_text, whole_numbers
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.digest import table_digest
from vecstore.training.data.rows import (
    THE_DATA,
    Rows,
    as_path,
    column_rows,
    file_rows,
    first_of,
    mapping_rows,
    rows_form,
)


def read_table(data: object, columns: DataColumns) -> TableData:
    """A table; see :func:`vecstore.training.data.read_data`."""
    target = columns.for_table()
    path = as_path(data)
    wanted = None if columns.categories is None else (*columns.categories, target)
    rows = _path_rows(path) if path else _python_rows(data, wanted)
    table = _Table(rows, target, columns.categories)
    for number, values in rows.stream:
        table.add(number, values)
    return table.finish()


def _path_rows(path: Path) -> Rows:
    form = rows_form(path)
    if form is None:
        raise InvalidArgument(
            f"{path} is no table; give a file of CSV (.csv, .tsv) or JSON lines (.jsonl), packed "
            "with gzip (.gz) or not",
            field="data",
        )
    return file_rows(path, form)


def _python_rows(data: object, wanted: tuple[str, ...] | None) -> Rows:
    rows = column_rows(data, wanted)
    if rows is not None:
        return rows
    first, items = first_of(data)
    if first is not None and not isinstance(first, Mapping):
        raise InvalidArgument(
            f"{THE_DATA} begins with a {type(first).__name__}, and is no table; give rows as "
            "mappings, or a mapping of columns",
            field="data",
        )
    return mapping_rows(items)


class _Table:
    """A table that grows row by row.

    Args:
        rows: where they come from, for messages.
        target: the target's column.
        chosen: the columns of categories; None for all but the target, as they turn up.
    """

    def __init__(self, rows: Rows, target: str, chosen: tuple[str, ...] | None) -> None:
        self._rows = rows
        self._target_name = target
        self._chosen = chosen
        self._target: list[str] = []
        self._columns: dict[str, list[str]] = {name: [] for name in chosen or ()}
        self._seen: dict[str, None] = {}  # in the order of first appearance
        self._known: dict[str, str] = {}

    def add(self, number: int, values: Mapping[str, Any]) -> None:
        """Take in a row.

        Raises:
            InvalidInput: no target, or a cell that has no text.
        """
        name = self._target_name
        if name not in values:
            raise self._rows.missing(name, values, number)
        target = self._text(values[name], number, name)
        if not target:
            raise InvalidInput(
                f"{self._rows.origin.at(number)} has nothing in the column {name!r}, which is to "
                "be predicted; fill the cell, or remove the row",
                field="data",
            )
        for column in values:
            if column not in self._seen:
                self._appear(column, number)
        for column, cells in self._columns.items():
            cells.append(self._text(values.get(column), number, column))
        self._target.append(target)

    def finish(self) -> TableData:
        """The table.

        Raises:
            InvalidInput: no rows, no columns beside the target, or one that was named and is not
                there.
        """
        name = self._rows.origin.name
        if not self._target:
            raise InvalidInput(
                f"{name} holds no rows; there is nothing to learn from: give some", field="data"
            )
        for column in self._chosen or ():
            if column not in self._seen:
                raise self._rows.missing(column, self._seen)
        if not self._columns:
            raise InvalidInput(
                f"{name} has no column beside the target {self._target_name!r}; give columns of "
                "categories",
                field="data",
            )
        columns = {name: whole_numbers(cells) for name, cells in self._columns.items()}
        digest = table_digest(columns, self._target, self._target_name)
        return TableData(columns, self._target, self._target_name, digest)

    def _appear(self, column: object, number: int) -> None:
        """A column that no row before has had: it was missing there."""
        if not isinstance(column, str):
            raise InvalidInput(
                f"{self._rows.origin.at(number)} has a column {shorten(column)}, a "
                f"{type(column).__name__}; columns are named by str",
                field="data",
            )
        self._seen[column] = None
        if self._chosen is None and column != self._target_name:
            self._columns[column] = [""] * len(self._target)

    def _text(self, value: object, number: int, column: str) -> str:
        """A cell's text; each text is kept once, and looked at once."""
        if type(value) is str and value in self._known:
            return self._known[value]
        text = cell_text(value, self._rows.origin, number, column)
        return self._known.setdefault(text, text)
