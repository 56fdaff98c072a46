"""Folders of image files: which files in them are images, which look like images but are not read.

Nothing is opened here. A file counts by its extension; what it really holds shows when it is read.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.files.folders import files_below

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp"})
"""Extensions of the images that are read, in small letters."""

OTHER_KINDS = frozenset(
    {
        *(".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg"),
        *(".ico", ".psd", ".tga", ".ppm", ".pgm", ".pbm", ".cr2", ".nef", ".arw", ".dng"),
    }
)
"""Extensions of images that are named as not read, in small letters."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """The images of a folder.

    Args:
        folder: the folder itself.
        names: the images, as paths relative to the folder with ``/``, sorted; at least one.
        unusable: images of kinds that are not read, such as GIF, in the same form.
    """

    folder: Path
    names: tuple[str, ...]
    unusable: tuple[str, ...]

    def path(self, name: str) -> Path:
        """Where an image is."""
        return self.folder / name


def image_files(folder: str | Path) -> ImageFiles:
    """Find the PNG, JPEG and WebP files in a folder and the folders in it.

    Hidden files and folders (whose names begin with a dot) and linked folders are passed over, and
    so is whatever is not called like an image. A link that leads nowhere, or a pipe, is among the
    images by its name: that it cannot be read shows when it is read.

    Raises:
        InvalidArgument: no folder, one that cannot be read, or one without images.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InvalidArgument(
            f"{folder} is no folder; give a folder of PNG, JPEG or WebP files", field="folder"
        )
    found: list[str] = []
    unusable: list[str] = []
    for file in files_below(root, (*EXTENSIONS, *OTHER_KINDS)):
        names = found if file.suffix.lower() in EXTENSIONS else unusable
        names.append(file.relative_to(root).as_posix())
    if not found:
        raise InvalidArgument(_nothing_in(folder, unusable), field="folder")
    return ImageFiles(root, tuple(found), tuple(unusable))


def top_folder(name: str) -> str | None:
    """The first folder of a relative path; None for a file that is in none."""
    first, slash, _ = name.partition("/")
    return first if slash else None


def read_image_file(path: Path, limit: int) -> bytes:
    """The bytes of an image file.

    Args:
        path: the file.
        limit: bytes that it may have; a larger one is not read.

    Raises:
        InvalidInput: it is not there, cannot be read or is too large. The message does not name
            the file: whoever asks knows by which name it was given.
    """
    try:
        # Opening a pipe would wait for whoever writes into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable("it is no regular file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(error.strerror) from None
    except ValueError as error:  # a NUL in the name
        raise _unreadable(error) from None
    if len(data) > limit:
        raise InvalidInput(
            f"the file has more than {limit} bytes, and no more are allowed: scale the image down",
            field="image",
        )
    return data


def _unreadable(reason: object) -> InvalidInput:
    return InvalidInput(
        f"the file cannot be read: {reason}; mend its path or permissions", field="image"
    )


def _nothing_in(folder: str | Path, unusable: list[str]) -> str:
    message = f"there is no PNG, JPEG or WebP file in {folder} or the folders in it"
    if not unusable:
        return f"{message}; give a folder that holds some"
    shown = ", ".join(unusable[:_SHOWN]) + (", ..." if len(unusable) > _SHOWN else "")
    return (
        f"{message}; its {len(unusable)} images of other kinds ({shown}) are not read: convert "
        "them to PNG or JPEG"
    )
