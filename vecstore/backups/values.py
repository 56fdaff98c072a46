"""What is known of a backup, and of a restore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[int, int], None]
"""Called with the bytes done, and about how many there will be."""


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """A backup that is whole.

    Args:
        path: the file.
        bytes: its size.
        sha256: of all its bytes, as ``sha256sum`` prints it.
        collections: names of the collections in it.
        records: how many records they have together.
        created_at: the moment that it shows, ISO 8601, UTC.
        schema: version of the database's schema.
        without: encoders whose trained models were missing or damaged, and are not in it.
    """

    path: Path
    bytes: int
    sha256: str
    collections: tuple[str, ...]
    records: int
    created_at: str
    schema: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoreInfo:
    """A store that was restored.

    Args:
        folder: the store's.
        backup: what it was made from.
        missing: encoders that collections use and that cannot be loaded here.
        warnings: what else was found about encoders.
    """

    folder: Path
    backup: BackupInfo
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
