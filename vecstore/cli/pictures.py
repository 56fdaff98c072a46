"""Image files that a command line, or a file of records, names by their paths."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord
from vecstore.files.images import read_image_file
from vecstore.inputs import check_image, decode_image, shorten
from vecstore.records import Record

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://|data:")


def image_argument(name: str, option: str = "--image") -> bytes:
    """The bytes of the image file that an option names.

    It is decoded here, too: whoever encodes it later no longer knows the file's name.

    Raises:
        InvalidArgument: a URL, or a file that cannot be read or is no image that is taken.
    """
    if _URL.match(name):
        raise InvalidArgument(f"{option} is the URL {shorten(name)}; {_NEVER}", field="image")
    settings = Settings.from_environment()
    try:
        data = check_image(read_image_file(Path(name), settings.max_image_bytes), settings)
        decode_image(data, max_pixels=settings.max_image_pixels, least=1)
    except InvalidInput as error:
        raise InvalidArgument(f"{option} {name}: {error.message}", field="image") from None
    return data


def save(record: Record, name: str) -> None:
    """Write a record's image to a new file; where it cannot be written whole, there is none.

    Raises:
        InvalidRecord: it has none.
        InvalidArgument: the file is there already, or cannot be written.
    """
    if record.image is None:
        raise InvalidRecord(
            f"record {record.id!r} holds no image; leave --save-image out", record=record.id
        )
    path = Path(name)
    try:
        file = path.open("xb")
    except FileExistsError:
        raise InvalidArgument(
            f"--save-image {name} is there already, and nothing is overwritten; name a new file",
            field="save_image",
        ) from None
    except (OSError, ValueError) as error:
        raise _unwritable(name, error) from None
    try:
        with file:
            file.write(record.image)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(name, error) from None


def _unwritable(name: str, error: Exception) -> InvalidArgument:
    return InvalidArgument(
        f"--save-image {name} cannot be written: {getattr(error, 'strerror', None) or error}; "
        "name another file",
        field="save_image",
    )


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
    if _URL.match(value):
        raise InvalidRecord(
            f"holds the URL {shorten(value)} in the column {column!r}; {_NEVER}", field="image"
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


_NEVER = "nothing is ever fetched: download the images, and give the paths of their files"
