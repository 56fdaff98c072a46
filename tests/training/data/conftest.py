"""Data in the forms that people have it in."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from vecstore.config import Settings
from vecstore.tasks import DataKind
from vecstore.training.data import DataColumns, read_data


@pytest.fixture
def text():
    """Read text data: ``text(data, document="d")``."""

    def read(data, *, settings=None, **columns):
        return read_data(DataKind.TEXT, data, DataColumns(**columns), settings or Settings())

    return read


@pytest.fixture
def table():
    """Read a table: ``table(data, target="t")``."""

    def read(data, **columns):
        return read_data(DataKind.TABLE, data, DataColumns(**columns), Settings())

    return read


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file; packed, where its name ends in .gz."""

    def file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return file


@pytest.fixture
def forms(write) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """The same rows in every form that rows come in."""

    def every(rows: list[dict[str, Any]]) -> dict[str, Any]:
        names = list(rows[0])
        columns = {name: [row[name] for row in rows] for name in names}
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        return {
            "jsonl": write("rows.jsonl", lines),
            "ndjson": str(write("other-name.ndjson.gz", lines)),
            "csv": write("rows.csv", _csv(rows, ",")),
            "tsv": write("rows.tsv.gz", _csv(rows, "\t")),
            "mappings": rows,
            "generator": (row for row in rows),
            "columns": columns,
            "frame": Frame(columns),
            "data set": DataSet(rows),
        }

    return every


class Frame:
    """What is needed of a data frame: iterating gives the columns' names."""

    def __init__(self, columns: dict[str, Sequence[Any]]) -> None:
        self._columns = columns
        self.columns = list(columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Sequence[Any]:
        return self._columns[name]


class DataSet:
    """What is needed of a Hugging Face data set; decoding a column that nobody asks for fails."""

    def __init__(self, rows: list[dict[str, Any]], unread: Sequence[str] = ()) -> None:
        self._rows = rows
        self._unread = unread
        self.column_names = list(rows[0])

    def select_columns(self, names: list[str]) -> DataSet:
        return DataSet([{name: row[name] for name in names} for row in self._rows], self._unread)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        assert not set(self._unread) & set(self.column_names)
        return iter(self._rows)


@pytest.fixture
def data_set() -> type[DataSet]:
    return DataSet


def _csv(rows: list[dict[str, Any]], delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
