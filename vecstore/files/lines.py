"""Files of text, line by line.

Memory is bounded by the longest line. Whatever is wrong with a file is an error that names the
line; the lines before it have been given out by then.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, cast

from vecstore.errors import InvalidArgument, InvalidInput

MAX_LINE_BYTES = 64 * 1024 * 1024
GZIP = ".gz"

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_RECORDS = "a file of JSON lines or CSV, or - for standard input"


@dataclass(frozen=True, slots=True)
class Source:
    """An open file.

    Args:
        name: how messages call it.
        stream: its bytes.
        size: how many there are, where that is known.
    """

    name: str
    stream: IO[bytes]
    size: int | None


@contextmanager
def open_source(name: str, *, wanted: str = _RECORDS) -> Iterator[Source]:
    """Open a file by name; ``-`` is standard input, and what ends in .gz is unpacked.

    Args:
        name: the file.
        wanted: what to give instead, for messages.

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
            f"cannot read {name}: {error.strerror}; give {wanted}", field="file"
        ) from None
    with stream:
        if path.suffix.lower() == GZIP:
            with gzip.open(stream) as unpacked:
                yield Source(name, cast(IO[bytes], unpacked), None)
        else:
            yield Source(name, stream, path.stat().st_size or None)


def read_lines(source: Source) -> Iterator[tuple[int, str, int]]:
    """Every line: its number from 1, its text with the line break, bytes read by its end.

    Raises:
        InvalidInput: a line that cannot be read; ``details["line"]`` is its number.
    """
    number = end = 0
    while raw := _next_line(source, number + 1):
        number += 1
        end += len(raw)
        if len(raw) > MAX_LINE_BYTES:
            bad_line(
                source,
                number,
                f"is longer than {MAX_LINE_BYTES // 1024 // 1024} MiB",
                "one record, or one passage of text, is expected on each line",
            )
        if number == 1:
            _refuse_utf16(source, raw)
            raw = raw.removeprefix(_BOM)
        yield number, _decode(source, number, raw), end


def bad_line(source: Source, line: int, problem: str, remedy: str) -> NoReturn:
    """Raise InvalidInput for a line: what is wrong with it, and what to do."""
    raise InvalidInput(
        f"line {line} of {source.name} {problem}; {remedy}", file=source.name, line=line
    )


def _next_line(source: Source, number: int) -> bytes:
    try:
        return source.stream.readline(MAX_LINE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        bad_line(source, number, f"cannot be read ({error})", "get the file again")


def _refuse_utf16(source: Source, raw: bytes) -> None:
    if raw.startswith(_UTF16):
        bad_line(
            source,
            1,
            "begins as UTF-16 does; UTF-8 is needed",
            "convert it with: iconv -f UTF-16 -t UTF-8",
        )


def _decode(source: Source, number: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        bad_line(
            source,
            number,
            f"is not UTF-8 (byte 0x{raw[error.start]:02x} at position {error.start + 1})",
            "convert the file, for example with: iconv -f LATIN1 -t UTF-8",
        )
