"""Files that are either whole and on the disk, or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from vecstore.files.durable import sync

_TEMPORARY = ".tmp"

# Bytes read at a time. Large, for between two pieces a thread waits for the GIL, which costs
# milliseconds while another one is busy.
_PIECE = 8 * 1024 * 1024
_PART = 4 * _PIECE
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a file must be.

    Args:
        size: bytes.
        sha256: hex digest of its content, as :func:`digest` makes it.
    """

    size: int
    sha256: str


def put(path: Path, write: Callable[[Path], None]) -> Receipt:
    """Write a file beside its place, make it durable, and only then give it its name.

    The folder is not synchronised: synchronise it when all of its files are in place.

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
        sync(beside)
        receipt = digest(beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return receipt


def digest(path: Path) -> Receipt:
    """Size and digest of a file: sha256 over the sha256 of each of its parts.

    In parts, because one sha256 keeps one core busy, and a restart waits for it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        with ThreadPoolExecutor(_THREADS) as pool:
            found = pool.map(
                lambda start: _part_of_file(file.fileno(), start), range(0, size, _PART)
            )
            return Receipt(size, _join(found))


def digest_of(raw: bytes) -> Receipt:
    """What :func:`digest` says of a file that holds these bytes."""
    parts = (raw[start : start + _PART] for start in range(0, len(raw), _PART))
    return Receipt(len(raw), _join(hashlib.sha256(part).digest() for part in parts))


def _part_of_file(descriptor: int, start: int) -> bytes:
    found = hashlib.sha256()
    buffer = memoryview(bytearray(_PIECE))
    for offset in range(start, start + _PART, _PIECE):
        count = os.preadv(descriptor, [buffer], offset)
        found.update(buffer[:count])
        if count < _PIECE:
            break
    return found.digest()


def _join(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
