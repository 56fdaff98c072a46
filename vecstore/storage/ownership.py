"""One process owns a store's indexes.

Liveness is kept in the owner's memory, so a second owner would show deleted records. A lock on a
file guards the folder; with PostgreSQL an advisory lock, held by the writer's own connection,
guards the database as well.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from sqlalchemy import Connection, text

from vecstore.errors import StorageError, StoreInUse

# An arbitrary constant: "vecstore" in ASCII.
_ADVISORY_KEY = 0x76656373746F7265
_LOOK_SECONDS = 0.02


class FolderLock:
    """An exclusive lock on a store's folder; the kernel frees it when the process ends.

    Raises:
        StoreInUse: another process, or another store of this one, holds it.
        StorageError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "owner.lock"
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(
                f"cannot write to {folder}: {error.strerror}; check its owner and permissions"
            ) from error
        try:
            _lock(self._file)
        except OSError as error:
            owner = _owner(self._file)
            os.close(self._file)
            raise StoreInUse(
                f"the store in {folder} is in use by process {owner}; stop it, or talk to it "
                "through its server: vecstore.connect(ADDRESS), or --server ADDRESS",
                folder=folder,
                owner=owner,
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another process own the store."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def lock_database(connection: Connection) -> None:
    """Own the database for as long as this connection lives.

    Raises:
        StoreInUse: another process owns it.
    """
    if connection.dialect.name != "postgresql":
        return
    with connection.begin():
        taken = connection.execute(
            text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}
        ).scalar()
    if not taken:
        raise StoreInUse(
            f"the database {connection.engine.url.render_as_string()} is in use by another "
            "vecstore process; stop it, or talk to it through its server: vecstore.connect(ADDRESS)"
        )


def held_by(folder: Path) -> str:
    """The process that owns a store's folder; empty where none does."""
    try:
        file = os.open(folder / "owner.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return f"process {_owner(file)}"
    finally:
        os.close(file)
    return ""


def database_held(connection: Connection) -> bool:
    """Whether a process owns the database; see :func:`lock_database`."""
    if connection.dialect.name != "postgresql":
        return False
    held = text(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
        "AND classid = :upper AND objid = :lower AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    halves = {"upper": _ADVISORY_KEY >> 32, "lower": _ADVISORY_KEY & 0xFFFFFFFF}
    return connection.execute(held, halves).first() is not None


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # Somebody may only be looking whether it is held.
        time.sleep(_LOOK_SECONDS)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _owner(file: int) -> str:
    return os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown"
