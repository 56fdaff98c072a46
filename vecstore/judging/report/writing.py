"""Pages into files, whole or not at all."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from vecstore.errors import InvalidArgument
from vecstore.files.durable import write_whole


def today() -> str:
    """When a page was written, and by whom."""
    return f"Written by vecstore on {datetime.now(UTC):%d %B %Y}."


def require_writable(path: Path) -> None:
    """Raise InvalidArgument where a page cannot be written; worth knowing before long work."""
    try:
        _check_place(path)
    except OSError as error:  # such as a name that is too long
        raise _unwritten(path, error) from None


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise InvalidArgument(
            f"the report cannot be written to {path}, which is a folder; name a file in it, such "
            f"as {path / 'report.html'}",
            field="report",
        )
    if path.exists() and not path.is_file():
        # A page takes the place of what is there, and a device must not lose its own.
        raise InvalidArgument(
            f"the report cannot be written to {path}, which is no plain file; name another file",
            field="report",
        )
    if not path.absolute().parent.is_dir():
        raise InvalidArgument(
            f"the report cannot be written to {path}: there is no folder {path.parent}; make it, "
            "or name another file",
            field="report",
        )
    if not os.access(path.absolute().parent, os.W_OK):
        raise InvalidArgument(
            f"the report cannot be written to {path}: the folder {path.parent} cannot be written "
            "to; name another file",
            field="report",
        )


def write_page(path: Path, text: str) -> None:
    """Write a page, whole or not at all.

    Raises:
        InvalidArgument: it cannot be written.
    """
    require_writable(path)
    try:
        write_whole(path.resolve(), text)  # a link stays one
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> InvalidArgument:
    return InvalidArgument(
        f"the report cannot be written to {path}: {error.strerror or error}; name another "
        "file, or free its place",
        field="report",
    )
