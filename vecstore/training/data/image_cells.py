"""Where the bytes of an image come from: a file, Python's bytes, Pillow, a Hugging Face cell."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.inputs import shorten
from vecstore.training.data.cells import is_missing

if TYPE_CHECKING:
    from PIL.Image import Image

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|data:")
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")


@dataclass(frozen=True, slots=True)
class Raw:
    """An image as it came.

    Args:
        data: a file's bytes.
        sha256: of the bytes; of the pixels, where Pillow had decoded it already.
    """

    data: bytes
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Cell:
    """An image that can be read.

    Args:
        read: gives it; raises InvalidInput where it cannot.
        path: of its file; None where there is none.
    """

    read: Callable[[], Raw]
    path: str | None = None


@dataclass(frozen=True, slots=True)
class CellReader:
    """Makes something of the cells that hold images.

    Args:
        max_bytes: of one image.
        max_pixels: width times height of one that Pillow has opened.
        folder: what relative paths start from, and no path may lead out of; None for paths as
            they are.
    """

    max_bytes: int
    max_pixels: int
    folder: Path | None = None

    @classmethod
    def of(cls, settings: Settings, folder: Path | None) -> Self:
        """With the limits of the settings."""
        return cls(settings.max_image_bytes, settings.max_image_pixels, folder)

    def cell(self, value: Any) -> Cell:
        """A cell that can be read; nothing is read yet.

        Args:
            value: bytes, a path, a Pillow image, or a mapping with "bytes" or "path".

        Raises:
            InvalidInput: nothing of the kind, a URL, or a path out of the folder.
        """
        if isinstance(value, Mapping) and not value.keys().isdisjoint(("bytes", "path")):
            within = value.get("bytes")
            value = value.get("path") if within is None else within
        if is_missing(value) or (isinstance(value, str) and not value.strip()):
            raise InvalidInput("there is no image in it")
        if isinstance(value, bytes | bytearray | memoryview):
            return Cell(partial(_of_bytes, bytes(value), self.max_bytes))
        if isinstance(value, str | os.PathLike):
            path = self._path(os.fsdecode(value))
            return Cell(partial(_of_file, path, self.max_bytes), path)
        if hasattr(value, "getexif") and hasattr(value, "convert"):
            return Cell(partial(_of_pillow, value, self.max_pixels))
        raise InvalidInput(
            f"it is {shorten(value)}, a {type(value).__name__}; an image is bytes, a path, a "
            'Pillow image, or a mapping with "bytes" or "path"'
        )

    def _path(self, path: str) -> str:
        if _URL.match(path):
            raise InvalidInput(
                f"{shorten(path)} is a URL, and nothing is ever fetched; download the image, and "
                "give its path"
            )
        if self.folder is None:
            return path
        folder = os.path.abspath(self.folder)  # noqa: PTH100 - takes .. away by its letters
        full = os.path.abspath(os.path.join(folder, path))  # noqa: PTH100, PTH118
        if not Path(full).is_relative_to(folder):
            raise InvalidInput(
                f"the path {shorten(path)} leads out of the folder {folder}; name a folder that "
                "all of the images are in with --image-folder (image_folder= in Python)"
            )
        return full


def _of_bytes(data: bytes, limit: int) -> Raw:
    if not data:
        raise InvalidInput("the image is empty (0 bytes)")
    _check_size(len(data), limit)
    return Raw(data, hashlib.sha256(data).digest())


def _of_file(path: str, limit: int) -> Raw:
    """A file's bytes; how many they are, and whether it is a file, is looked at first."""
    try:
        about = os.stat(path)  # noqa: PTH116 - a path may be anything, and Path() makes "." of ""
        if not stat.S_ISREG(about.st_mode):
            raise InvalidInput(f"{shorten(path)} is no file")
        _check_size(about.st_size, limit)
        with open(path, "rb") as file:  # noqa: PTH123
            return _of_bytes(file.read(limit + 1), limit)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"the file {shorten(path)} cannot be read: {why}") from error


def _of_pillow(image: Image, max_pixels: int) -> Raw:
    """An image that Pillow has opened, as the bytes of a PNG with the same pixels."""
    from PIL.ImageOps import exif_transpose

    if image.width * image.height > max_pixels:
        raise InvalidInput(
            f"the image has {image.width} x {image.height} pixels; at most {max_pixels} in all "
            "are allowed: scale it down"
        )
    if getattr(image, "n_frames", 1) > 1:
        raise InvalidInput("the image is animated; give one frame as an image of its own")
    try:
        upright = exif_transpose(image)
        if upright.mode not in _PNG_MODES:
            upright = upright.convert("RGB")
        packed = BytesIO()
        upright.save(packed, "PNG", compress_level=1)
        digest = hashlib.sha256(f"{upright.mode} {upright.size}\n".encode() + upright.tobytes())
    # Pillow decodes late, and its decoders raise nearly anything on what is damaged.
    except Exception as error:
        raise InvalidInput(f"the image cannot be decoded ({error})") from error
    return Raw(packed.getvalue(), digest.digest())


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidInput(
            f"the image has {size:,} bytes; at most {limit:,} are allowed: scale it down, or raise "
            "VECSTORE_MAX_IMAGE_BYTES"
        )
