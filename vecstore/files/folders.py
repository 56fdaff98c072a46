"""The files of a folder, always in the same order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from vecstore.errors import InvalidArgument


def files_below(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """The files below a folder that end in one of these (in any case), sorted by their paths.

    Hidden files and folders, and folders behind links, are passed over.

    Raises:
        InvalidArgument: a folder that cannot be read.
    """
    found = _walk(folder, endings)
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _walk(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    def refuse(error: OSError) -> NoReturn:
        raise InvalidArgument(
            f"cannot read the folder {error.filename}: {error.strerror}; mend its permissions",
            field="folder",
        ) from None

    for parent, inner, names in os.walk(folder, onerror=refuse):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(endings) and not name.startswith("."):
                yield Path(parent, name)
