"""Image files that a command line names by their paths."""

from __future__ import annotations

from pathlib import Path

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput, InvalidRecord
from vecstore.exchange.image_paths import NEVER, URL
from vecstore.files.images import read_image_file
from vecstore.inputs import check_image, decode_image, shorten
from vecstore.records import Record


def image_argument(name: str, option: str = "--image") -> bytes:
    """The bytes of the image file that an option names.

    It is decoded here, too: whoever encodes it later no longer knows the file's name.

    Raises:
        InvalidArgument: a URL, or a file that cannot be read or is no image that is taken.
    """
    if URL.match(name):
        raise InvalidArgument(f"{option} is the URL {shorten(name)}; {NEVER}", field="image")
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
