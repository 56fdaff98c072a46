"""Data in the forms that people have it in."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vecstore.config import Settings
from vecstore.inputs import Frame
from vecstore.tasks import DataKind, Progress
from vecstore.training.data import DataColumns, ImageRules, read_data


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


@dataclass
class ImageReader:
    """Reads data with images; ``skipped`` and ``reports`` are what it was told meanwhile."""

    skipped: list[tuple[str, str]] = field(default_factory=list)
    reports: list[Progress] = field(default_factory=list)

    def __call__(
        self, kind, data, *, side=8, folder=None, on_error="stop", settings=None, **columns
    ):
        rules = ImageRules(
            Frame(side),
            folder,
            on_error,
            lambda name, why: self.skipped.append((name, why.message)),
            self.reports.append,
        )
        return read_data(kind, data, DataColumns(**columns), settings or Settings(), rules)


@pytest.fixture
def reader():
    """Reads images of any kind: ``reader(kind, data, on_error="skip", image="file")``."""
    return ImageReader()


@pytest.fixture
def images(reader):
    """Reads images that stand alone."""
    return partial(reader, DataKind.IMAGES)


@pytest.fixture
def labelled(reader):
    """Reads images with labels."""
    return partial(reader, DataKind.LABELLED_IMAGES)


@pytest.fixture
def pairs(reader):
    """Reads images with texts."""
    return partial(reader, DataKind.PAIRS)


@pytest.fixture
def picture():
    """(number, form) -> the bytes of an image that no other number has."""

    def picture(number: int, form: str = "PNG", size: tuple[int, int] = (12, 10)) -> bytes:
        shape = (size[1], size[0], 3)
        pixels = np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)
        packed = io.BytesIO()
        Image.fromarray(pixels).save(packed, form)
        return packed.getvalue()

    return picture


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
            "frame": DataFrame(columns),
            "data set": DataSet(rows),
        }

    return every


class DataFrame:
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
