"""Files of records, row by row: JSON lines and CSV, each row with its place in the file.

Memory is bounded by the longest line. Whatever is wrong with a file is an error that names the
line; the rows before it have been given out by then.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from vecstore.errors import InvalidInput
from vecstore.files.lines import GZIP, MAX_LINE_BYTES, Source, bad_line, read_lines

_FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Args:
        line: the line that it begins on, from 1.
        values: its columns by name.
        end: bytes of the file read by the end of the row.
    """

    line: int
    values: Mapping[str, Any]
    end: int


def known_format(name: str) -> str | None:
    """What a file's extension says that it holds, a .gz after it left out; None for nothing."""
    path = Path(name)
    if path.suffix.lower() == GZIP:
        path = path.with_suffix("")
    return _FORMATS.get(path.suffix.lower())


OnBad = Callable[[InvalidInput], None]


def read_rows(source: Source, form: str, on_bad: OnBad | None = None) -> Iterator[Row]:
    """The rows of a file in one of the formats that :func:`known_format` names.

    Args:
        source: the file.
        form: its format.
        on_bad: given the error of a bad row after which reading can go on; without it such a row
            is raised like every other.

    Raises:
        InvalidInput: a line that cannot be read; ``details["line"]`` is its number.
    """
    if form == "jsonl":
        return read_jsonl(source, on_bad or _raised)
    return read_csv(source, on_bad or _raised, delimiter="\t" if form == "tsv" else ",")


def read_jsonl(source: Source, on_bad: OnBad) -> Iterator[Row]:
    """One JSON object a line; blank lines are passed over."""
    for number, text, end in read_lines(source):
        if text.strip():
            try:
                values = _json_object(source, number, text)
            except InvalidInput as error:
                on_bad(error)
            else:
                yield Row(number, values, end)


def read_csv(
    source: Source, on_bad: OnBad, *, delimiter: str = ",", header: list[str] | None = None
) -> Iterator[Row]:
    """CSV with a header line, unless ``header`` says what it would; a quoted cell may hold line
    breaks.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    place = _Place()
    rows = csv.reader(place.follow(read_lines(source)), delimiter=delimiter, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            bad_line(source, line, f"is not CSV ({error})", "quote the cell, or mend the line")
        if cells is None:
            return
        if not cells:
            continue
        if header is None:
            header = _header(source, line, cells)
        else:
            try:
                values = _by_name(source, line, header, cells)
            except InvalidInput as error:
                on_bad(error)
            else:
                yield Row(line, values, place.end)


def _raised(error: InvalidInput) -> NoReturn:
    raise error


class _Place:
    """Where a reader that pulls lines has got to."""

    def __init__(self) -> None:
        self.end = 0

    def follow(self, lines: Iterator[tuple[int, str, int]]) -> Iterator[str]:
        for _, text, end in lines:
            self.end = end
            yield text


def _json_object(source: Source, number: int, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        bad_line(
            source, number, f"is not JSON ({error.msg} at column {error.colno})", "mend the line"
        )
    except ValueError as error:
        bad_line(source, number, f"is not JSON ({error})", "mend the line")
    except RecursionError:
        bad_line(source, number, "is nested too deep", "flatten the record")
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a string", type(None): "null"}.get(type(value), "a number")
        bad_line(source, number, f"holds {kind}", "one JSON object on each line is needed")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _header(source: Source, line: int, cells: list[str]) -> list[str]:
    twice = sorted({name for name in cells if cells.count(name) > 1})
    if twice:
        bad_line(source, line, f"names the column {twice[0]!r} twice", "rename one of them")
    return cells


def _by_name(source: Source, line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        bad_line(
            source,
            line,
            f"has {len(cells)} cells where the header has {len(header)}",
            "quote cells that hold a separator",
        )
    return dict(zip(header, cells, strict=True))
