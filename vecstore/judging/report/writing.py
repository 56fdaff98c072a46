"""Pages and pictures into files, whole or not at all."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from vecstore.errors import InvalidArgument
from vecstore.files.durable import write_whole


def today() -> str:
    """When a page was written, and by whom."""
    return f"Written by vecstore on {datetime.now(UTC):%d %B %Y}."


def require_writable(path: Path, what: str = "report", ending: str = ".html") -> None:
    """Raise InvalidArgument where a file cannot be written; worth knowing before long work.

    Args:
        path: of the file.
        what: it is, in messages.
        ending: of its name, in messages.
    """
    try:
        _check_place(path, what, ending)
    except OSError as error:  # such as a name that is too long
        raise _unwritten(path, what, error) from None


def _check_place(path: Path, what: str, ending: str) -> None:
    folder = path.absolute().parent
    if path.is_dir():
        why = f", which is a folder; name a file in it, such as {path / (what + ending)}"
    elif path.exists() and not path.is_file():
        # The file takes the place of what is there, and a device must not lose its own.
        why = ", which is no plain file; name another file"
    elif not folder.is_dir():
        why = f": there is no folder {path.parent}; make it, or name another file"
    elif not os.access(folder, os.W_OK):
        why = f": the folder {path.parent} cannot be written to; name another file"
    else:
        return
    raise _refused(path, what, why)


def write_file(path: Path, content: str | bytes, what: str = "report") -> None:
    """Write a file, whole or not at all.

    Args:
        path: of the file.
        content: text (as UTF-8), or bytes.
        what: it is, in messages.

    Raises:
        InvalidArgument: it cannot be written.
    """
    require_writable(path, what)
    try:
        write_whole(path.resolve(), content)  # a link stays one
    except OSError as error:
        raise _unwritten(path, what, error) from error


def _unwritten(path: Path, what: str, error: OSError) -> InvalidArgument:
    why = f": {error.strerror or error}; name another file, or free its place"
    return _refused(path, what, why)


def _refused(path: Path, what: str, why: str) -> InvalidArgument:
    return InvalidArgument(f"the {what} cannot be written to {path}{why}", field=what)
