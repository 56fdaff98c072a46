"""Documents that queries should find: each an id, and a text or an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord
from vecstore.inputs import check_id, shorten
from vecstore.judging.data.columns import ID, InputColumns
from vecstore.judging.data.inputs import read_all
from vecstore.judging.data.items import ItemReader
from vecstore.records import Input
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


@dataclass(frozen=True, slots=True, eq=False)
class Documents:
    """Documents by row.

    Args:
        ids: of each; no two are equal.
        inputs: what an encoder reads of each.
        places: how messages call each.
        name: of the data.
    """

    ids: tuple[str, ...]
    inputs: tuple[Input, ...]
    places: tuple[str, ...]
    name: str


def read_documents(data: object, settings: Settings, columns: InputColumns) -> Documents:
    """Documents from rows: a file of JSON lines, CSV or TSV, or what Python has.

    Args:
        data: rows with the columns "id" and "text", or those named; for images the column of
            their paths.
        settings: limits on each document.
        columns: which column is what.

    Raises:
        InvalidArgument: nothing is at the path, or it is no file of rows.
        InvalidInput: a column is not there, an id is there twice, or a document cannot be read.
    """
    name, rows, folder = rows_of(data, "documents")
    reader = ItemReader(settings, replace(columns, folder=columns.folder or folder), labelled=False)
    seen: dict[str, str] = {}
    items = []
    for item in reader.rows(rows):
        found = _id(item.row or {}, columns.id or ID, item.place)
        if found in seen:
            raise InvalidInput(
                f"{item.place} has the id {found!r}, which {seen[found]} has too; ids of documents "
                "must differ",
                field="documents",
            )
        seen[found] = item.place
        items.append(item)
    if not items:
        raise InvalidInput(f"{name} holds no documents; give some", field="documents")
    inputs = []
    for item, outcome in zip(items, read_all(items), strict=True):
        if isinstance(outcome, InvalidInput):
            raise InvalidInput(f"{item.place}: {outcome.message}", field="documents") from outcome
        inputs.append(outcome)
    return Documents(tuple(seen), tuple(inputs), tuple(seen.values()), Path(name).name)


def rows_of(data: object, what: str) -> tuple[str, Rows, Path | None]:
    """Rows with their name, and the folder of their file where they are of one.

    Args:
        data: a path, or what Python has.
        what: they are, for messages.

    Raises:
        InvalidArgument: no rows.
        InvalidInput: columns of different lengths.
    """
    path = as_path(data)
    if path is not None:
        form = rows_form(path)
        if form is None:
            raise InvalidArgument(
                f"{path} is {'a folder' if path.is_dir() else 'no file of rows'}; {what} are a "
                "file of JSON lines (.jsonl) or CSV (.csv, .tsv), packed with gzip (.gz) or not",
                field=what,
            )
        return str(path), file_rows(path, form), path.parent
    rows = column_rows(data)
    if rows is None:
        first, items = first_of(data)
        if first is not None and not isinstance(first, Mapping):
            raise InvalidArgument(
                f"the {what} begin with {shorten(first)}, a {type(first).__name__}; give rows as "
                "mappings of columns to cells",
                field=what,
            )
        rows = mapping_rows(items)
    return THE_DATA, rows, None


def as_id(value: object) -> str | None:
    """An id as text; a whole number counts as its text. None where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    try:
        return check_id(value)
    except InvalidRecord:
        return None


def _id(row: Mapping[str, Any], column: str, place: str) -> str:
    found = as_id(row.get(column))
    if found is None:
        held = f"holds {shorten(row[column])} in the" if column in row else "has no"
        raise InvalidInput(
            f"{place} {held} column {column!r}, where the id of a document is expected; its "
            f"columns are: {', '.join(map(str, row))}; name the one that holds ids with "
            "--id-column (id_column= in Python)",
            field="documents",
        )
    return found
