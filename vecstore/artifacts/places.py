"""Where a store keeps what it trained: ``models/`` in its folder."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from vecstore.errors import StorageError, TrainingFailed

_LONGEST = 120
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}

SOURCE = "artifact:"
"""Begins the source of a release whose artifact lies in the folder of its own store."""


class Places:
    """The folders of a store's artifacts and trainings.

    Args:
        folder: the store's.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / "models"

    def artifact(self, name: str) -> Path:
        """The folder of a finished artifact, ``model@version``."""
        return self._root / _file_name(name)

    def work(self, name: str) -> Path:
        """The folder of a training under way, or interrupted."""
        return self._root / ".training" / _file_name(name)

    @contextmanager
    def staging(self, name: str) -> Iterator[Path]:
        """An empty folder in which an artifact is put together; gone afterwards, unless renamed."""
        folder = self._root / ".staging" / _file_name(name)
        with disk_faults(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Nobody else trains or imports this name meanwhile.

        Raises:
            TrainingFailed: somebody does already.
            StorageError: the folder is not writable.
        """
        path = self._root / ".training" / f"{_file_name(name)}.lock"
        with disk_faults(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise TrainingFailed(
                f"{name} is being trained or imported by another process; wait for it, stop it, "
                "or take another name or version",
                encoder=name,
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def resolve(self, source: str) -> str:
        """The path that a release's source stands for; other sources are returned as they are."""
        if source.startswith(SOURCE):
            return str(self.artifact(source.removeprefix(SOURCE)))
        return source


@contextmanager
def full_disk(place: Path) -> Iterator[None]:
    """Like :func:`disk_faults`, around what may raise OSError for reasons of its own."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        with disk_faults(place):
            raise


@contextmanager
def disk_faults(place: Path) -> Iterator[None]:
    """The disk's refusals, told as StorageError."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot write in {str(place)!r}: {error.strerror or error}; make room or check the "
            "permissions, and run the command again",
            folder=place,
        ) from error


def _file_name(name: str) -> str:
    """A name for the disk, where case may not count, slashes do, and length is limited."""
    quoted = quote(name, safe="@+")
    if quoted == name.lower() and len(quoted) <= _LONGEST:
        return quoted
    return f"{quoted[:_LONGEST]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
