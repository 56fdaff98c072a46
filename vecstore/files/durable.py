"""Files that are on the disk, whole, or not there at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk.

    Raises:
        OSError: the disk's answer.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(file: Path, content: str | bytes) -> None:
    """Write a file in one step: there is the old one or the new one, never half of one.

    Args:
        file: its place.
        content: bytes, or text, which becomes UTF-8.

    Raises:
        OSError: the disk's answer.
    """
    beside = file.with_name(f"{file.name}.tmp")
    try:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
        sync(beside)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync(file.parent)


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Write a large file in one step: under its name is the old one or the new one.

    Yields:
        A path beside it, to write to. It is moved there when the block ends, and deleted where the
        block raises.

    Raises:
        OSError: the disk's answer.
    """
    beside = file.with_name(f"{file.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield beside
        sync(beside)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync(file.parent)
