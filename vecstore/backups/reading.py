"""A backup read back: believed only once every byte of it has been accounted for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vecstore.artifacts.places import disk_faults
from vecstore.backups.blocks import BLOCK, TAIL_BYTES, Member, header, padding, sealed, tail
from vecstore.backups.columns import PartError, unpacked
from vecstore.backups.manifest import (
    FORMAT,
    HEAD_SPAN,
    MANIFEST,
    Manifest,
    ManifestError,
    ModelFiles,
    TableParts,
    head_format,
)
from vecstore.backups.values import BackupInfo
from vecstore.errors import BackupDamaged, InvalidArgument, StorageError
from vecstore.files.durable import sync

_PIECE = 4 * 1024 * 1024
_MOST_MANIFEST = 256 * 1024 * 1024
# Rows are taken into memory part by part. No database holds a value of more than 1 GiB.
_MOST_PART = 5 * 256 * 1024 * 1024

Read = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """An open backup, whole as far as its seal says.

    Args:
        info: what is known of it.
        manifest: what is in it.
        file: open for reading.
        places: where the content of each member begins.
        on_read: called with the bytes of content read.
    """

    info: BackupInfo
    manifest: Manifest
    file: IO[bytes]
    places: dict[str, int]
    on_read: Read

    def table(self, name: str) -> TableParts:
        """One table.

        Raises:
            BackupDamaged: there is none of this name.
        """
        for table in self.manifest.tables:
            if table.shape.name == name:
                return table
        raise _damaged(self.info.path, f"it has no rows of {name!r}")

    def rows(self, table: TableParts) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a table, part by part.

        Raises:
            BackupDamaged: a part is not the one that was written.
        """
        kinds = [kind for _, kind in table.shape.columns]
        left = table.rows
        for part in table.parts:
            if part.bytes > _MOST_PART:
                raise _damaged(self.info.path, f"its member {part.name} has {part.bytes} bytes")
            try:
                rows = unpacked(b"".join(self.content(part)), kinds)
            except PartError as error:
                raise _damaged(self.info.path, f"its member {part.name} has {error}") from error
            left -= len(rows)
            yield rows
        if left:
            raise _damaged(self.info.path, f"it has not all rows of {table.shape.name!r}")

    def named_rows(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of one table, by the names of its columns."""
        table = self.table(name)
        names = [column for column, _ in table.shape.columns]
        for rows in self.rows(table):
            yield from (dict(zip(names, row, strict=True)) for row in rows)

    def copy_model(self, model: ModelFiles, folder: Path) -> None:
        """Write the files of a trained model into a folder that is made for them.

        Raises:
            BackupDamaged: a piece is not the one that was written.
            StorageError: the disk's refusal.
        """
        for name, pieces in model.files.items():
            target = folder / name
            with disk_faults(folder):
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as copy:
                    for piece in pieces:
                        for content in self.content(piece):
                            copy.write(content)
                sync(target)

    def check_members(self) -> None:
        """Raise BackupDamaged unless every member is the one that the manifest describes."""
        for table in self.manifest.tables:
            for _ in self.rows(table):
                pass
        for model in self.manifest.models:
            for pieces in model.files.values():
                for piece in pieces:
                    for _ in self.content(piece):
                        pass

    def content(self, member: Member) -> Iterator[bytes]:
        """The content of a member, which is known to be right when the last piece has come."""
        digest = hashlib.sha256()
        self.file.seek(self.places[member.name])
        left = member.bytes
        while left:
            piece = _read(self.info.path, self.file, min(left, _PIECE))
            left -= len(piece)
            digest.update(piece)
            self.on_read(len(piece))
            yield piece
        if digest.hexdigest() != member.sha256:
            raise _damaged(self.info.path, f"its member {member.name} is not the one written")


@contextmanager
def opened_backup(path: str | Path, on_read: Read = lambda _: None) -> Iterator[Backup]:
    """Open a backup, and check its seal.

    Args:
        path: the file.
        on_read: called with the numbers of bytes read, twice the file's in all where the members
            are read as well.

    Raises:
        InvalidArgument: there is no such file.
        StorageError: it cannot be read.
        BackupDamaged: it is no backup, of a newer format, or was cut off or altered.
    """
    path = Path(path)
    if not os.path.isfile(path):  # noqa: PTH113 - says no where the system refuses to look
        raise InvalidArgument(
            f"there is no file {str(path)!r}; give one that `vecstore backup` wrote", field="path"
        )
    try:
        file = path.open("rb")
    except OSError as error:
        raise StorageError(f"cannot read {str(path)!r}: {error.strerror}") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        _check_head(path, _read(path, file, min(size, HEAD_SPAN)))
        end = size - TAIL_BYTES
        if end < HEAD_SPAN:
            raise _cut(path)
        whole, manifest_bytes = _check_seal(path, file, end, on_read)
        manifest, start = _manifest(path, file, end, manifest_bytes)
        places = _places(path, file, manifest, start)
        info = BackupInfo(
            path=path,
            bytes=size,
            sha256=whole,
            collections=tuple(manifest.collections),
            records=sum(manifest.collections.values()),
            created_at=manifest.created_at,
            schema=manifest.schema,
            without=manifest.without,
        )
        yield Backup(info, manifest, file, places, on_read)


def verify_backup(path: str | Path, *, on_progress: Any = None) -> BackupInfo:
    """Check a backup without restoring it: every byte, and that all of it can be read.

    Args:
        path: the file.
        on_progress: called with the bytes read, and how many there are to read.

    Raises:
        InvalidArgument: there is no such file.
        BackupDamaged: it is no backup, of a newer format, or was cut off or altered.
    """
    with opened_backup(path, reader(path, on_progress)) as backup:
        backup.check_members()
        return backup.info


def reader(path: str | Path, on_progress: Any) -> Read:
    """What tells the progress of a backup that is read twice."""
    if on_progress is None:
        return lambda _: None
    total = 2 * Path(path).stat().st_size if os.path.isfile(path) else 0  # noqa: PTH113
    done = 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        on_progress(min(done, total), total)

    return read


def _check_head(path: Path, head: bytes) -> None:
    found = head_format(head)
    if found is None:
        raise BackupDamaged(
            f"{str(path)!r} is no backup of vecstore, or its beginning was altered; give a file "
            "that `vecstore backup` wrote",
            path=path,
        )
    if found > FORMAT:
        raise BackupDamaged(
            f"{str(path)!r} is a backup of format {found}, and this vecstore reads {FORMAT}: it "
            "was made by a newer version; install that version to restore it",
            path=path,
            format=found,
        )


def _check_seal(path: Path, file: IO[bytes], end: int, on_read: Read) -> tuple[str, int]:
    """The sha256 of the whole file, and the size of its manifest."""
    file.seek(end)
    seal = _read(path, file, TAIL_BYTES)
    manifest_bytes = sealed(seal)
    if manifest_bytes is None:
        raise _cut(path)
    digest = hashlib.sha256()
    file.seek(0)
    left = end
    while left:
        piece = _read(path, file, min(left, _PIECE))
        digest.update(piece)
        left -= len(piece)
        on_read(len(piece))
    if tail(digest.hexdigest(), manifest_bytes) != seal:
        raise _damaged(path, "its sha256 is not the one that it was sealed with")
    digest.update(seal)
    return digest.hexdigest(), manifest_bytes


def _manifest(path: Path, file: IO[bytes], end: int, size: int) -> tuple[Manifest, int]:
    """The manifest, and where it begins."""
    start = end - BLOCK - size - len(padding(size))
    if size > _MOST_MANIFEST or start < HEAD_SPAN:
        raise _damaged(path, f"its manifest cannot have {size} bytes")
    file.seek(start)
    if _read(path, file, BLOCK) != header(MANIFEST, size):
        raise _damaged(path, "its manifest is missing")
    try:
        return Manifest.from_json(_read(path, file, size)), start
    except ManifestError as error:
        raise _damaged(path, f"its manifest cannot be read ({error})") from error


def _places(path: Path, file: IO[bytes], manifest: Manifest, end: int) -> dict[str, int]:
    """Where the members begin, which must fill the file up to the manifest, one after the other."""
    places: dict[str, int] = {}
    at = 0
    members = manifest.members()
    if sum(member.span for member in members) != end:
        raise _damaged(path, "its members are not those that its manifest lists")
    for member in members:
        file.seek(at)
        if member.name in places or _read(path, file, BLOCK) != header(member.name, member.bytes):
            raise _damaged(path, f"its member {member.name} is not where it should be")
        places[member.name] = at + BLOCK
        at += member.span
    return places


def _read(path: Path, file: IO[bytes], size: int) -> bytes:
    try:
        found = file.read(size)
    except OSError as error:
        raise StorageError(f"cannot read {str(path)!r}: {error.strerror}") from error
    if len(found) != size:
        raise _cut(path)
    return found


def _cut(path: Path) -> BackupDamaged:
    return _damaged(path, "it does not end with its seal, so it was cut off or altered")


def _damaged(path: Path, what: str) -> BackupDamaged:
    return BackupDamaged(
        f"the backup {str(path)!r} is damaged: {what}; nothing was restored from it: take another "
        "one, or get it again",
        path=path,
    )
