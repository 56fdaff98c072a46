"""Image files that a file of records names by their paths."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from vecstore.config import Settings
from vecstore.errors import InvalidInput, InvalidRecord
from vecstore.files.images import read_image_file
from vecstore.inputs import shorten

URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://|data:")
NEVER = "nothing is ever fetched: download the images, and give the paths of their files"


def read_image(folder: Path, value: object, column: str) -> bytes:
    """The bytes of the image whose path a row holds.

    Args:
        folder: where the path begins.
        value: what the row holds.
        column: in which column.

    Raises:
        InvalidRecord: no path within the folder.
        InvalidInput: a file that cannot be read.
    """
    if not isinstance(value, str):
        raise InvalidRecord(
            f"holds {shorten(value)} in the column {column!r}, where the path of an image is "
            "expected",
            field="image",
        )
    if URL.match(value):
        raise InvalidRecord(
            f"holds the URL {shorten(value)} in the column {column!r}; {NEVER}", field="image"
        )
    path = PurePosixPath(value)
    if path.is_absolute() or PureWindowsPath(value).drive or ".." in path.parts:
        raise InvalidRecord(
            f"holds {shorten(value)} in the column {column!r}, which leads out of the folder "
            f"{folder}; give paths relative to a folder that holds all images, and name it with "
            "--image-folder",
            field="image",
        )
    try:
        return read_image_file(folder / value, Settings.from_environment().max_image_bytes)
    except InvalidInput as error:
        raise InvalidInput(
            f"holds {shorten(value)} in the column {column!r}, sought in the folder {folder}: "
            f"{error.message}",
            field="image",
        ) from None
