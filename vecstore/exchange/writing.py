"""Writers of files of text: JSON lines, and CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path
from typing import IO, Self, cast

from vecstore.errors import InvalidRecord
from vecstore.exchange import values
from vecstore.inputs import shorten
from vecstore.records import DEFAULT_FIELD, Record

_ID, _TEXT = "id", "text"


def _text_file(path: Path, *, packed: bool) -> IO[str]:
    if packed:
        return cast(IO[str], gzip.open(path, "wt", encoding="utf-8", newline=""))
    return path.open("w", encoding="utf-8", newline="")


class JsonlWriter:
    """One record a line, with all that it holds.

    Args:
        path: the file.
        packed: whether it is packed with gzip.
    """

    def __init__(self, path: Path, *, packed: bool) -> None:
        self._file = _text_file(path, packed=packed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, record: Record) -> None:
        """See :class:`vecstore.exchange.exporting.Writer`."""
        shape = values.record(record)
        self._file.write(json.dumps(shape, ensure_ascii=False, separators=(",", ":")) + "\n")

    def finish(self) -> None:
        """See :class:`vecstore.exchange.exporting.Writer`."""
        self._file.flush()


class CsvWriter:
    """One record a row: id, text, and a column for each key of a payload.

    Which columns there are is known at the end, so the rows wait in a file of their own.

    Args:
        path: the file.
        packed: whether it is packed with gzip.
    """

    def __init__(self, path: Path, *, packed: bool) -> None:
        self._file = _text_file(path, packed=packed)
        self._waiting = tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent)  # noqa: SIM115
        self._columns: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.close()
        self._file.close()

    def write(self, record: Record) -> None:
        """See :class:`vecstore.exchange.exporting.Writer`.

        Raises:
            InvalidRecord: it holds what CSV cannot carry.
        """
        _require_flat(record)
        cells = [record.id, record.text]
        row: dict[int, str] = {}
        for key, value in record.payload.items():
            number = self._columns.setdefault(key, len(self._columns))
            row[number] = value if isinstance(value, str) else json.dumps(value)
        self._waiting.write(json.dumps([cells, row]) + "\n")

    def finish(self) -> None:
        """See :class:`vecstore.exchange.exporting.Writer`."""
        rows = csv.writer(self._file)
        # A server does not say in which order the keys of a payload stood.
        keys = sorted(self._columns)
        rows.writerow([_ID, _TEXT, *keys])
        self._waiting.seek(0, io.SEEK_SET)
        for line in self._waiting:
            cells, row = json.loads(line)
            rows.writerow([*cells, *(row.get(str(self._columns[key]), "") for key in keys)])
        self._file.flush()


def _require_flat(record: Record) -> None:
    """Raise InvalidRecord for what CSV would drop, or could not give back."""
    fields = record.field_values()
    others = [name for name in fields if name != DEFAULT_FIELD]
    if others:
        raise _cannot(record, f"the vector field {others[0]!r}")
    if record.image is not None:
        raise _cannot(record, "an image")
    if record.categories is not None:
        raise _cannot(record, "categories")
    for key, value in record.payload.items():
        if key in {_ID, _TEXT}:
            raise _cannot(record, f"the payload key {key!r}, which is a column already")
        if isinstance(value, dict | list):
            raise _cannot(record, f"{shorten(value)} in the payload key {key!r}")


def _cannot(record: Record, what: str) -> InvalidRecord:
    return InvalidRecord(
        f"record {record.id!r} holds {what}, which CSV cannot carry; export to jsonl or parquet",
        record=record.id,
    )
