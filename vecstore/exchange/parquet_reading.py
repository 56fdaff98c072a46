"""Parquet files, read row group by row group: ours, and those of others."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from vecstore.errors import (
    InvalidArgument,
    InvalidInput,
    InvalidRecord,
    InvalidVector,
    SpaceRequired,
    VecstoreError,
)
from vecstore.exchange import values
from vecstore.exchange.columns import Columns, check_names
from vecstore.exchange.feeds import Bad, Good, Item, Place
from vecstore.exchange.parquet_needs import SPACE, pyarrow
from vecstore.exchange.parquet_own import OwnColumn, own_columns, own_record
from vecstore.exchange.reading import How, Reading
from vecstore.files.rows import Row
from vecstore.paging import record_bytes
from vecstore.records import DEFAULT_FIELD
from vecstore.spaces import Space, Vector

_ROWS = 256
_TIMES = (datetime.date, datetime.time)  # a datetime is a date


@dataclass(frozen=True, slots=True)
class _VectorColumn:
    """A column of vectors, of which all have the length that their space has."""

    name: str
    field: str
    space: Space


@contextmanager
def opened_parquet(name: str, how: How) -> Iterator[Reading]:
    """A Parquet file.

    Raises:
        InvalidArgument: it cannot be opened.
        InvalidInput: it is no Parquet file, or a damaged one.
        SpaceRequired: it has vectors, and nothing says where they live.
        InvalidVector: vectors of another length than their space has.
    """
    arrow = pyarrow()
    if name == "-":
        raise InvalidArgument(
            "Parquet cannot be read from standard input; name a file", field="file"
        )
    with _told(arrow, name):
        file = arrow.parquet.ParquetFile(name, page_checksum_verification=True)
    with file:
        with _told(arrow, name):
            _require_distinct(file.schema_arrow.names, name)
        ours = own_columns(file.schema_arrow, name) if _plain(how.columns) else None
        columns = replace(how.columns, images=how.columns.images or Path(name).parent)
        if ours and columns.ignore_vectors:
            ours = [one for one in ours if one.part not in ("vector", "carried")]
        if ours is None:
            check_names(columns)
        with _told(arrow, name):
            vectors = _vector_columns(arrow, file, name, columns, ours)
        spaces = {one.field: one.space for one in vectors}
        reader = _Rows(arrow, file, name, columns, vectors, ours)
        yield Reading(name, reader.items, file.metadata.num_rows, "rows", spaces=spaces)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of an open file."""

    arrow: Any
    file: Any
    name: str
    columns: Columns
    vectors: list[_VectorColumn]
    ours: list[OwnColumn] | None

    def items(self, _goes_on: bool) -> Iterator[Item]:
        """Every row as a record.

        Raises:
            InvalidInput: the file is damaged; nothing can be read after that.
        """
        number = 0
        batches = self.file.iter_batches(batch_size=_ROWS)
        while True:
            with _told(self.arrow, self.name, number):
                batch = next(batches, None)
                rows = None if batch is None else self._rows(batch)
            if rows is None:
                return
            for row in rows:
                number += 1
                yield self._item(row, number)

    def _rows(self, batch: Any) -> list[dict[str, Any]]:
        """Rows by column, vectors as arrays of float32."""
        found = {one.name: _matrix(batch.column(one.name), one.space.dim) for one in self.vectors}
        if self.ours is not None:
            for one in self.vectors:
                given = found[one.name]
                found[one.name] = [None if row is None else Vector(one.space, row) for row in given]
        names = batch.schema.names
        columns = [found.get(name) or _cells(batch.column(name)) for name in names]
        return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]

    def _item(self, row: dict[str, Any], number: int) -> Item:
        place = Place(f"row {number} of {self.name}", {"file": self.name, "row": number}, number)
        try:
            _require_readable(row)
            if self.ours is not None:
                record = own_record(row, self.ours)
            else:
                plain = {name: _as_json(value) for name, value in row.items()}
                record = self.columns.record(Row(number, plain, number))
        except VecstoreError as error:
            return Bad(place.blamed(error))
        return Good(place, record, record_bytes(record))


def _plain(columns: Columns) -> bool:
    """Whether nobody said which column is what."""
    return replace(columns, images=None, space=None, ignore_vectors=False) == Columns()


def _vector_columns(
    arrow: Any, file: Any, name: str, columns: Columns, ours: list[OwnColumn] | None
) -> list[_VectorColumn]:
    """The columns of vectors, whose length is that of their space.

    Raises:
        SpaceRequired: nothing says where the vectors of one live.
        InvalidVector: another length, or no numbers.
    """
    found: list[_VectorColumn] = []
    if columns.ignore_vectors:
        return found
    if ours is None:
        fields = {columns.vector: DEFAULT_FIELD}
    else:
        fields = {one.name: one.field for one in ours if one.part == "vector"}
    for column in file.schema_arrow:
        field = fields.get(column.name)
        if field is None or not _is_list(arrow, column.type):
            continue
        about = column.metadata or {}
        space = _space(about, columns.space if ours is None else None, f"{column.name!r} of {name}")
        if space is None:
            raise SpaceRequired(
                f"the column {column.name!r} of {name} holds vectors, and nothing says which space "
                "they live in; nothing was written: say it with --space NAME@VERSION, if you know "
                "that this very model made all of them",
                field="vector",
            )
        _require_numbers(arrow, column, name)
        _require_length(arrow, file, column, name, space)
        found.append(_VectorColumn(column.name, field, space))
    return found


def _space(about: Mapping[bytes, bytes], given: Space | None, column: str) -> Space | None:
    if SPACE not in about:
        return given
    try:
        document = json.loads(about[SPACE])
    except (ValueError, RecursionError):
        document = None
    try:
        return values.read_space(document)
    except SpaceRequired as error:
        raise SpaceRequired(
            f"the column {column}: {error.message}; nothing was written", **error.details
        ) from None


def _is_list(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _require_numbers(arrow: Any, column: Any, name: str) -> None:
    inner = column.type.value_type
    if not (arrow.types.is_floating(inner) or arrow.types.is_integer(inner)):
        raise InvalidVector(
            f"the column {column.name!r} of {name} holds lists of {inner}, and vectors are lists "
            "of float32; nothing was written: name another column with --vector-column",
            field="vector",
        )


def _require_length(arrow: Any, file: Any, column: Any, name: str, space: Space) -> None:
    """Raise InvalidVector unless all vectors of a column have the length of their space."""
    if arrow.types.is_fixed_size_list(column.type):
        lengths = {column.type.list_size} if file.metadata.num_rows else set()
    else:
        lengths = set()
        for batch in file.iter_batches(columns=[column.name]):
            found = arrow.compute.list_value_length(batch.column(0))
            lengths.update(arrow.compute.unique(found).to_pylist())
    wrong = sorted(lengths - {space.dim, None})
    if wrong:
        raise InvalidVector(
            f"the column {column.name!r} of {name} holds vectors of {wrong[0]} numbers, and their "
            f"space is {space}; nothing was written: find out which model made them",
            field="vector",
        )


def _matrix(column: Any, dim: int) -> list[Any]:
    """The vectors of a column, float32 (dim,) each; None for none."""
    there = column.is_valid().to_numpy(zero_copy_only=False)
    flat = column.flatten().to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):  # what does not fit is no finite number, and refused as such
        rows = iter(flat.astype(np.float32).reshape(-1, dim))
    return [next(rows) if one else None for one in there]


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """In place of a cell that Python has no value for."""

    why: str


def _cells(column: Any) -> list[Any]:
    """The cells of a column; one that cannot be read does not stop the others."""
    try:
        cells: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        cells = [_cell(one) for one in column]
    return cells


def _cell(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError) as error:
        return _Unreadable(str(error))


def _require_readable(row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if isinstance(value, _Unreadable):
            raise InvalidRecord(
                f"holds a value in the column {name!r} that cannot be read ({value.why}); mend it, "
                "or leave it out"
            )


def _require_distinct(names: list[str], file: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(
            f"{file} has the column {twice[0]!r} twice; rename one of them", file=file
        )


def _as_json(value: Any) -> Any:
    """A cell as a payload may hold it; what it may not hold is refused where it is checked."""
    return value.isoformat() if isinstance(value, _TIMES) else value


@contextmanager
def _told(arrow: Any, name: str, row: int | None = None) -> Iterator[None]:
    """What the library says of a file, told."""
    try:
        yield
    except FileNotFoundError:
        _refuse_path(name, "there is no such file")
    except (arrow.ArrowException, UnicodeDecodeError) as error:
        where = "" if row is None else f" after row {row}"
        raise InvalidInput(
            f"{name} is no Parquet file, or a damaged one ({str(error).splitlines()[0]}{where}); "
            "get the file again",
            file=name,
        ) from None
    except OSError as error:
        if error.errno is None:  # the library's own, of damaged pages
            where = "" if row is None else f" after row {row}"
            raise InvalidInput(
                f"{name} is damaged ({str(error).splitlines()[0]}{where}); get the file again",
                file=name,
            ) from None
        _refuse_path(name, error.strerror or str(error))


def _refuse_path(name: str, reason: str) -> NoReturn:
    raise InvalidArgument(f"cannot read {name}: {reason}; mend the path", field="file") from None
