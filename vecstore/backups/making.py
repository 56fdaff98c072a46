"""A backup, piece by piece, while others go on writing."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.artifacts.manifest import MANIFEST as MODEL_MANIFEST
from vecstore.artifacts.places import SOURCE, Places
from vecstore.backups.blocks import Member, header, padding, tail
from vecstore.backups.columns import packed
from vecstore.backups.manifest import (
    FORMAT,
    HEAD,
    HEAD_BYTES,
    MANIFEST,
    Manifest,
    ModelFiles,
    TableParts,
)
from vecstore.errors import ArtifactDamaged, InvalidArgument, StorageError
from vecstore.instants import now
from vecstore.storage import copying, schema
from vecstore.storage.copying import Kind, TableShape

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

log = logging.getLogger(__name__)

# What is handed on at a time, and about what one member of rows, or at most one of a file, has.
PIECE = 1024 * 1024
_PART_BYTES = 4 * PIECE
_PART_ROWS = 65_536
_FILE_BYTES = 256 * PIECE
_FIXED_BYTES = 9

Written = Generator[bytes, None, Member]


def backup_pieces(engine: Engine, places: Places) -> Generator[bytes, None, None]:
    """The bytes of a backup of all that a store holds at the moment of the first piece.

    Args:
        engine: the store's database.
        places: where its trained models are.

    Raises:
        StorageError: the database or a model's file cannot be read.
    """
    with copying.one_moment(engine) as connection:
        yield from _Making(connection, places).pieces()


class _Making:
    def __init__(self, connection: Connection, places: Places) -> None:
        self._connection = connection
        self._places = places
        self._digest = hashlib.sha256()
        self._now = now()

    def pieces(self) -> Iterator[bytes]:
        for piece in self._members():
            self._digest.update(piece)
            yield piece
        yield tail(self._digest.hexdigest(), self._manifest_bytes)

    def _members(self) -> Iterator[bytes]:
        from vecstore import __version__

        artifacts, without = self._artifacts()
        head = yield from _member(HEAD, HEAD_BYTES, [self._head(artifacts)])
        tables: list[TableParts] = []
        for shape in copying.shapes():
            tables += [(yield from self._table(shape))]
        models: list[ModelFiles] = []
        for number, artifact in enumerate(artifacts):
            models += [(yield from _model(number, artifact))]
        said = Manifest(
            created_at=self._now,
            vecstore=__version__,
            schema=schema.HEAD,
            collections=copying.count_records(self._connection),
            numbers=copying.last_numbers(self._connection),
            head=head,
            tables=tuple(tables),
            models=tuple(models),
            without=tuple(without),
        ).to_json()
        self._manifest_bytes = len(said)
        yield from _member(MANIFEST, len(said), [said])

    def _head(self, artifacts: Sequence[Artifact]) -> bytes:
        sizes = sum(entry.bytes for one in artifacts for entry in one.manifest.files.values())
        about = copying.estimate_bytes(self._connection) + sizes
        said = {"format": FORMAT, "created_at": self._now, "about_bytes": about}
        return json.dumps(said).encode().ljust(HEAD_BYTES)

    def _table(self, shape: TableShape) -> Generator[bytes, None, TableParts]:
        kinds = [kind for _, kind in shape.columns]
        count, parts = 0, list[Member]()
        for rows in _parts(copying.rows(self._connection, shape), kinds):
            count += len(rows)
            part = packed(rows, kinds)
            called = f"rows/{shape.name}/{len(parts)}"
            parts += [(yield from _member(called, len(part), [part]))]
        return TableParts(shape, count, tuple(parts))

    def _artifacts(self) -> tuple[list[Artifact], list[str]]:
        """The trained models, whole, and the releases whose models are not."""
        found, without = [], []
        for release in copying.releases(self._connection):
            if release.source.startswith(SOURCE):
                try:
                    found.append(read_artifact(self._places.artifact(release.name)))
                except (ArtifactDamaged, InvalidArgument) as error:
                    log.warning("the backup is without the model %s: %s", release.name, error)
                    without.append(release.name)
        return found, without


def _parts(batches: Iterable[Sequence[Any]], kinds: Sequence[Kind]) -> Iterator[list[Any]]:
    """The rows of batches, about :data:`_PART_BYTES` at a time."""
    long = [n for n, kind in enumerate(kinds) if kind in (Kind.TEXT, Kind.BYTES)]
    rows: list[Any] = []
    size = 0
    for batch in batches:
        for row in batch:
            rows.append(row)
            size += _FIXED_BYTES * len(kinds) + sum(len(row[n] or b"") for n in long)
            if size >= _PART_BYTES or len(rows) == _PART_ROWS:
                yield rows
                rows, size = [], 0
    if rows:
        yield rows


def _model(number: int, artifact: Artifact) -> Generator[bytes, None, ModelFiles]:
    files: dict[str, tuple[Member, ...]] = {}
    for name in (MODEL_MANIFEST, *artifact.manifest.files):
        pieces: list[Member] = []
        path = artifact.folder / name
        with _readable(path), path.open("rb") as file:
            left = path.stat().st_size
            while left or not pieces:
                size = min(left, _FILE_BYTES)
                called = f"models/{number}/{len(files)}.{len(pieces)}"
                pieces.append((yield from _member(called, size, _read(file, size))))
                left -= size
        files[name] = tuple(pieces)
    return ModelFiles(artifact.manifest.name, files)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"cannot read {str(path)!r}: {error.strerror}; no backup was written: try again"
        ) from error


def _read(file: Any, size: int) -> Iterator[bytes]:
    while size:
        piece = file.read(min(size, PIECE))
        if not piece:
            raise StorageError(f"{file.name!r} became shorter while it was read; try again")
        size -= len(piece)
        yield piece


def _member(name: str, size: int, contents: Iterable[bytes]) -> Written:
    digest = hashlib.sha256()
    yield header(name, size)
    for content in contents:
        digest.update(content)
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]
    yield padding(size)
    return Member(name, size, digest.hexdigest())
