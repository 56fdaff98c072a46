"""Files of records, row by row: JSON lines and CSV, each row with its place in the file.

Memory is bounded by the longest line. Whatever is wrong with a file is an error that names the
line; the rows before it have been given out by then.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from vecstore.errors import InvalidArgument, InvalidInput

MAX_LINE_BYTES = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
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


@dataclass(frozen=True, slots=True)
class Source:
    """An open file of records.

    Args:
        name: how messages call it.
        stream: its bytes.
        size: how many there are, where that is known.
    """

    name: str
    stream: IO[bytes]
    size: int | None


@contextmanager
def open_source(name: str) -> Iterator[Source]:
    """Open a file by name; ``-`` is standard input.

    Raises:
        InvalidArgument: it cannot be opened.
    """
    if name == "-":
        yield Source("standard input", sys.stdin.buffer, None)
        return
    path = Path(name)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InvalidArgument(
            f"cannot read {name}: {error.strerror}; give a file of JSON lines or CSV, or - for "
            "standard input",
            field="file",
        ) from None
    with stream:
        yield Source(name, stream, path.stat().st_size or None)


def format_of(name: str, chosen: str | None) -> str:
    """``jsonl``, ``csv`` or ``tsv``: as chosen, or by the file's extension.

    Raises:
        InvalidArgument: the extension says nothing and nothing was chosen.
    """
    if chosen is not None:
        return chosen
    if name == "-":
        return "jsonl"
    found = _FORMATS.get(Path(name).suffix.lower())
    if found is None:
        raise InvalidArgument(
            f"the extension of {name} does not say what it holds; say --format jsonl or "
            "--format csv",
            field="format",
        )
    return found


def read_rows(source: Source, form: str) -> Iterator[Row]:
    """The rows of a file in the format that :func:`format_of` named.

    Raises:
        InvalidInput: a line that cannot be read; ``details["line"]`` is its number.
    """
    reader: Callable[[Source], Iterator[Row]] = {
        "jsonl": read_jsonl,
        "csv": read_csv,
        "tsv": lambda tabbed: read_csv(tabbed, delimiter="\t"),
    }[form]
    return reader(source)


def read_jsonl(source: Source) -> Iterator[Row]:
    """One JSON object a line; blank lines are passed over."""
    for number, text, end in _lines(source):
        if text.strip():
            yield Row(number, _json_object(source, number, text), end)


def read_csv(source: Source, *, delimiter: str = ",") -> Iterator[Row]:
    """CSV with a header line; a quoted cell may hold line breaks."""
    csv.field_size_limit(MAX_LINE_BYTES)
    place = _Place()
    rows = csv.reader(place.follow(_lines(source)), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            _bad_line(source, line, f"is not CSV ({error})", "quote the cell, or mend the line")
        if cells is None:
            return
        if not cells:
            continue
        if header is None:
            header = _header(source, line, cells)
        else:
            yield Row(line, _by_name(source, line, header, cells), place.end)


class _Place:
    """Where a reader that pulls lines has got to."""

    def __init__(self) -> None:
        self.end = 0

    def follow(self, lines: Iterator[tuple[int, str, int]]) -> Iterator[str]:
        for _, text, end in lines:
            self.end = end
            yield text


def _lines(source: Source) -> Iterator[tuple[int, str, int]]:
    """Number, text and end of every line; the text keeps its line break."""
    number = end = 0
    while raw := source.stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        end += len(raw)
        if len(raw) > MAX_LINE_BYTES:
            _bad_line(
                source,
                number,
                f"is longer than {MAX_LINE_BYTES // 1024 // 1024} MiB",
                "one record is expected on each line",
            )
        if number == 1:
            _refuse_utf16(source, raw)
            raw = raw.removeprefix(_BOM)
        yield number, _decode(source, number, raw), end


def _refuse_utf16(source: Source, raw: bytes) -> None:
    if raw.startswith(_UTF16):
        _bad_line(
            source,
            1,
            "begins as UTF-16 does; UTF-8 is needed",
            "convert it with: iconv -f UTF-16 -t UTF-8",
        )


def _decode(source: Source, number: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        _bad_line(
            source,
            number,
            f"is not UTF-8 (byte 0x{raw[error.start]:02x} at position {error.start + 1})",
            "convert the file, for example with: iconv -f LATIN1 -t UTF-8",
        )


def _json_object(source: Source, number: int, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        _bad_line(
            source, number, f"is not JSON ({error.msg} at column {error.colno})", "mend the line"
        )
    except ValueError as error:
        _bad_line(source, number, f"is not JSON ({error})", "mend the line")
    except RecursionError:
        _bad_line(source, number, "is nested too deep", "flatten the record")
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a string", type(None): "null"}.get(type(value), "a number")
        _bad_line(source, number, f"holds {kind}", "one JSON object on each line is needed")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _header(source: Source, line: int, cells: list[str]) -> list[str]:
    twice = sorted({name for name in cells if cells.count(name) > 1})
    if twice:
        _bad_line(source, line, f"names the column {twice[0]!r} twice", "rename one of them")
    return cells


def _by_name(source: Source, line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        _bad_line(
            source,
            line,
            f"has {len(cells)} cells where the header has {len(header)}",
            "quote cells that hold a separator",
        )
    return dict(zip(header, cells, strict=True))


def _bad_line(source: Source, line: int, problem: str, remedy: str) -> NoReturn:
    raise InvalidInput(
        f"line {line} of {source.name} {problem}; {remedy}", file=source.name, line=line
    )
