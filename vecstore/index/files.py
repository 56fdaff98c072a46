"""Files that are either whole and on the disk, or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TEMPORARY = ".tmp"

# Bytes hashed at a time. Large, for between two pieces a thread waits for the GIL, which costs
# milliseconds while another one is busy.
_PIECE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a file must be.

    Args:
        size: bytes.
        sha256: hex digest of its content.
    """

    size: int
    sha256: str


def put(path: Path, write: Callable[[Path], None]) -> Receipt:
    """Write a file beside its place, make it durable, and only then give it its name.

    The folder is not synchronised: call :func:`sync_folder` when all of its files are in place.

    Args:
        path: where the file shall be.
        write: writes it, to the path that it is given.

    Raises:
        OSError: the disk's answer.
        StorageError: ``write``'s own.
    """
    beside = path.with_name(path.name + _TEMPORARY)
    try:
        write(beside)
        descriptor = os.open(beside, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        receipt = digest(beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return receipt


def digest(path: Path) -> Receipt:
    """Size and sha256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        piece = memoryview(bytearray(min(_PIECE, max(1, path.stat().st_size))))
        while count := file.readinto(piece):
            found.update(piece[:count])
        return Receipt(file.tell(), found.hexdigest())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: the disk's answer.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
