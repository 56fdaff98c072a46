"""The pieces of a backup in a file, which appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from vecstore.artifacts.places import disk_faults
from vecstore.backups.manifest import HEAD_SPAN, about_bytes
from vecstore.backups.reading import opened_backup
from vecstore.backups.values import BackupInfo, Progress
from vecstore.errors import AlreadyExists, InvalidArgument
from vecstore.files.durable import sync


def save_backup(
    pieces: Iterable[bytes], path: str | Path, overwrite: bool, on_progress: Progress | None
) -> BackupInfo:
    """Write a backup, read it back, and give it its name.

    Args:
        pieces: its bytes; none is asked for where the file cannot be.
        path: the file.
        overwrite: whether a file of this name may be replaced.
        on_progress: called after every piece.

    Raises:
        AlreadyExists: there is such a file.
        InvalidArgument: the path names a folder, or one in no folder.
        StorageError: the disk is full, or refuses otherwise; nothing is left of it.
        BackupDamaged: what came is no whole backup; nothing is left of it.
    """
    file = Path(path)
    with disk_faults(file.parent):
        _require_free(file, overwrite)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        _write(pieces, beside, on_progress or (lambda _done, _about: None))
        with opened_backup(beside) as backup:
            info = backup.info
        with disk_faults(file.parent):
            _require_free(file, overwrite)
            beside.replace(file)
            sync(file.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return replace(info, path=file)


def _write(pieces: Iterable[bytes], beside: Path, on_progress: Progress) -> None:
    with disk_faults(beside.parent):
        file = beside.open("xb", buffering=0)
    with file:
        begin, done = b"", 0
        for piece in pieces:
            with disk_faults(beside.parent):
                written = 0
                while written < len(piece):
                    written += file.write(piece[written:])
            if len(begin) < HEAD_SPAN:
                begin += piece[:HEAD_SPAN]
            done += len(piece)
            on_progress(done, max(about_bytes(begin), done))
        with disk_faults(beside.parent):
            os.fsync(file.fileno())


def _require_free(file: Path, overwrite: bool) -> None:
    if file.is_dir():
        raise InvalidArgument(
            f"{str(file)!r} is a folder; name the file that the backup is to be", field="path"
        )
    if not file.parent.is_dir():
        raise InvalidArgument(
            f"there is no folder {str(file.parent)!r} for a backup to be written to; make it first",
            field="path",
        )
    if not overwrite and os.path.lexists(file):
        raise AlreadyExists(
            f"there is a file {str(file)!r} already; choose another name, or say that it may be "
            "replaced: overwrite=True, or --force",
            path=file,
        )
