"""What a command prints: JSON or a table on standard output, errors on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from vecstore.cli import copyable

# Columns where the output goes to a file or a pipe, so that nothing is folded or cut.
UNLIMITED = 2_000

# What JSON does not escape by itself, and no stream should get: control characters, and the halves
# of characters that stand for the bytes of a file's name that is no UTF-8.
_UNPRINTABLE = re.compile("[\x7f-\x9f\ud800-\udfff]")

if TYPE_CHECKING:
    from rich.console import Console

    from vecstore.errors import VecstoreError


def print_json(document: Any) -> None:
    """One JSON document on one line of standard output."""
    sys.stdout.write(_dumps(document, sys.stdout) + "\n")


def print_json_lines(documents: Iterable[Any]) -> None:
    """One JSON document a line: the form of a stream of records."""
    for document in documents:
        print_json(document)


def print_line(text: str) -> None:
    """One line of plain text on standard output."""
    sys.stdout.write(printable(text) + "\n")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    cut: Mapping[str, int] | None = None,
    wrapped: Sequence[str] = (),
) -> None:
    """A table on standard output. Nothing is cut where the output is no terminal.

    Args:
        columns: the headings.
        rows: the cells as text, taken literally.
        right: headings of the columns that hold numbers.
        cut: headings of the columns that give way, and lose their ends, where room is short, each
            with its share of the room.
        wrapped: headings of the columns that give way by taking several lines.
    """
    from rich.table import Table
    from rich.text import Text

    shares = {**dict.fromkeys(wrapped, 1), **(cut or {})}
    screen = console()
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=bool(shares) and screen.is_terminal
    )
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column in (cut or {}),
            overflow="ellipsis" if column in (cut or {}) else "fold",
            ratio=shares.get(column),
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    screen.print(table)


def watched() -> bool:
    """Whether somebody watches what goes to standard error."""
    return sys.stderr.isatty()


def print_fields(fields: Mapping[str, str]) -> None:
    """Names and values below each other."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in fields.items():
        grid.add_row(Text(printable(name), style="bold"), Text(printable(value)))
    console().print(grid)


def printable(text: str) -> str:
    """Text as a terminal may show it: escapes and other control characters become visible.

    What is stored, or imported, may hold anything.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def console(*, stderr: bool = False) -> Console:
    """A Rich console on the standard output or error of this moment."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = UNLIMITED
    return made


def print_note(text: str) -> None:
    """One line for people, on standard error, so that standard output stays clean."""
    sys.stderr.write(printable(copyable.completed(text)) + "\n")


def print_error(error: VecstoreError, *, as_json: bool) -> None:
    """An error on standard error: one sentence, or the whole of it as JSON."""
    write_error(error.reason, error.message, error.details, as_json=as_json)


def write_error(
    reason: str, message: str, details: Mapping[str, str] | None = None, *, as_json: bool
) -> None:
    """Like :func:`print_error`, for what is no VecstoreError."""
    message = copyable.completed(message)
    if as_json:
        document = {"error": {"reason": reason, "message": message, "details": dict(details or {})}}
        sys.stderr.write(_dumps(document, sys.stderr) + "\n")
    else:
        sys.stderr.write(f"Error: {printable(message)}\n")


def write_warning(message: str, *, as_json: bool) -> None:
    """A warning on standard error."""
    message = copyable.completed(message)
    if as_json:
        sys.stderr.write(_dumps({"warning": {"message": message}}, sys.stderr) + "\n")
    else:
        sys.stderr.write(f"Warning: {printable(message)}\n")


def shows_unicode(stream: TextIO) -> bool:
    """Whether a stream takes every character."""
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def _dumps(document: Any, stream: TextIO) -> str:
    """Characters as they are where the stream can show them, escaped elsewhere."""
    text = json.dumps(document, ensure_ascii=not shows_unicode(stream))
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
