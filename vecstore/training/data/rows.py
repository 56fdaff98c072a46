"""Rows with named columns, from whatever has them: files, mappings, data sets, data frames."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.files.lines import open_source
from vecstore.files.rows import known_format, read_rows
from vecstore.inputs import shorten

THE_DATA = "the data"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something comes from, for messages.

    Args:
        name: of the file, or of the data.
        unit: what is counted, such as "line".
    """

    name: str
    unit: str = "row"

    def at(self, number: int) -> str:
        """A place in it, from 1."""
        return f"{self.unit} {number} of {self.name}"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, each with its number from 1 (in a file: its line).

    Args:
        origin: where they come from.
        stream: number and columns of each; can be gone through once.
    """

    origin: Origin
    stream: Iterable[tuple[int, Mapping[str, Any]]]

    def missing(
        self, column: str, found: Iterable[object], number: int | None = None
    ) -> InvalidInput:
        """The error that a column is not there."""
        where = self.origin.name if number is None else self.origin.at(number)
        listed = ", ".join(str(name) for name in found) or "none"
        return InvalidInput(
            f"{where} has no column {column!r}; its columns are: {listed}", field="data"
        )


def as_path(data: object) -> Path | None:
    """The path that the data is, if it is one.

    Raises:
        InvalidArgument: there is nothing at that path.
    """
    if not isinstance(data, str | os.PathLike):
        return None
    # os.path.exists never raises, and Path("") would be the present folder.
    if not os.path.exists(data):  # noqa: PTH110
        raise InvalidArgument(
            f"there is no file or folder {shorten(os.fspath(data))}; give the path of the data, "
            "or (in Python) the data itself",
            field="data",
        )
    return Path(os.fsdecode(data))


def file_rows(path: Path, form: str) -> Rows:
    """The rows of a file of JSON lines, CSV or TSV."""

    def stream() -> Iterator[tuple[int, Mapping[str, Any]]]:
        with open_source(str(path), wanted="a file of JSON lines or CSV") as source:
            for row in read_rows(source, form):
                yield row.line, row.values

    return Rows(Origin(str(path), "line"), stream())


def rows_form(path: Path) -> str | None:
    """The format of a file of rows; None for a file of another kind, or a folder."""
    return None if path.is_dir() else known_format(path.name)


def column_rows(data: object, wanted: Iterable[str] | None = None) -> Rows | None:
    """The rows of data that says itself which columns it has; None for other data.

    Args:
        data: a mapping of columns to sequences, a data frame, or a Hugging Face data set.
        wanted: the only columns needed, where that is known; others need not be decoded.

    Raises:
        InvalidInput: columns of different lengths, or a data set that is several.
    """
    names = getattr(data, "column_names", None)
    if isinstance(names, Mapping):
        raise InvalidInput(
            f"the data is several data sets ({', '.join(map(str, names))}); give one of them, "
            f"such as data[{next(iter(names), 'train')!r}]",
            field="data",
        )
    if isinstance(names, list):
        return _data_set_rows(data, names, wanted)
    if isinstance(data, Mapping):
        return _zipped(data)
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):
        return _zipped({name: data[name] for name in data.columns})
    return None


def first_of(data: object) -> tuple[Any, Iterator[Any]]:
    """The first item (None where there is none), and an iterator over all of them.

    Raises:
        InvalidArgument: the data is no such thing.
    """
    if isinstance(data, bytes | bytearray) or hasattr(data, "readline"):
        raise InvalidArgument(
            f"the data is a {type(data).__name__}; give the path of a file", field="data"
        )
    if not isinstance(data, Iterable):
        raise InvalidArgument(
            f"the data is {shorten(data)}, a {type(data).__name__}; give a path, or an iterable "
            "of texts, of documents or of rows",
            field="data",
        )
    items = iter(data)
    for first in items:
        return first, chain([first], items)
    return None, items


def mapping_rows(items: Iterable[Any]) -> Rows:
    """The rows that an iterable of mappings gives.

    Raises:
        InvalidInput: an item is no mapping.
    """

    def stream() -> Iterator[tuple[int, Mapping[str, Any]]]:
        for number, item in enumerate(items, 1):
            if not isinstance(item, Mapping):
                raise InvalidInput(
                    f"{Origin(THE_DATA).at(number)} is {shorten(item)}, a {type(item).__name__}; "
                    "give rows that are all mappings of columns to cells",
                    field="data",
                )
            yield number, item

    return Rows(Origin(THE_DATA), stream())


def _data_set_rows(data: Any, names: list[str], wanted: Iterable[str] | None) -> Rows:
    needed = list(dict.fromkeys(wanted or names))
    if set(needed) < set(names) and hasattr(data, "select_columns"):
        data = data.select_columns(needed)
    return mapping_rows(data)


def _zipped(columns: Mapping[Any, Any]) -> Rows:
    origin = Origin(THE_DATA)
    lengths: dict[str, int] = {}
    for name, cells in columns.items():
        if not isinstance(name, str) or isinstance(cells, str | bytes) or not _sized(cells):
            raise InvalidInput(
                f"the column {shorten(name)} is {shorten(cells)}; a mapping is taken as columns: "
                "each has a name (str) and a sequence of cells",
                field="data",
            )
        lengths[name] = len(cells)
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvalidInput(
            f"the columns have different numbers of rows: {listed}; give as many cells for each",
            field="data",
        )
    rows = zip(*columns.values(), strict=True)
    return Rows(
        origin, ((n, dict(zip(columns, row, strict=True))) for n, row in enumerate(rows, 1))
    )


def _sized(cells: object) -> bool:
    return hasattr(cells, "__len__") and isinstance(cells, Iterable)
