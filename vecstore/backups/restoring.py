"""A backup made into a store again: in a new place, all of it or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vecstore.artifacts.places import Places, disk_faults
from vecstore.backups.encoders import Checked, check_encoders
from vecstore.backups.reading import Backup, opened_backup, reader
from vecstore.backups.values import Progress, RestoreInfo
from vecstore.config import Settings
from vecstore.errors import AlreadyExists, BackupDamaged, InvalidArgument, SchemaMismatch
from vecstore.files.durable import sync
from vecstore.loading import Loading
from vecstore.registry import Registry
from vecstore.storage import copying, schema
from vecstore.storage.ownership import FolderLock
from vecstore.storage.releases import release_of

_STAGING = ".restoring"
_LOCK = "owner.lock"
_MODELS = "models"
# Names the database of a restore under way, so that the next one knows what it left.
_TARGET = "target"


def restore(
    backup_file: str | Path,
    folder: str | Path,
    *,
    database: str | None = None,
    settings: Settings | None = None,
    registry: Registry | None = None,
    on_progress: Progress | None = None,
    accept_missing: bool = False,
) -> RestoreInfo:
    """Make a store of a backup. It gives the same answers as the one that was backed up.

    Everything is checked before anything is written: the file's digests, the version of its
    schema, and every encoder that a collection uses, which must load here and be the one that was
    registered. Whatever fails leaves folder and database as they were. Indexes are not in a
    backup; they are built when the store is opened.

    Args:
        backup_file: what ``store.backup`` wrote, from SQLite or PostgreSQL.
        folder: the new store's, which is empty or not there yet.
        database: URL of an empty PostgreSQL database; SQLite in the folder where left out.
        settings, registry: as for ``vecstore.open``.
        on_progress: called with the bytes read, and how many there are to read.
        accept_missing: restore although an encoder cannot be loaded here. One that has drifted is
            never accepted.

    Raises:
        InvalidArgument: there is no such file.
        BackupDamaged: it is no backup, of a newer format, or was cut off or altered.
        SchemaMismatch: it is of a newer vecstore.
        AlreadyExists: the folder or the database holds something.
        ModelDrift: an encoder is not the one that made the vectors.
        EncoderNotFound, PluginError: an encoder is missing.
        StorageError: the disk or the database refuses.
    """
    target = Path(folder)
    settings = settings or Settings.from_environment()
    with opened_backup(backup_file, reader(backup_file, on_progress)) as backup:
        _require_known(backup)
        url = database or None
        with disk_faults(target):
            _require_new(target, url)
        with _staged(target, url) as staging:
            checked = _encoders(backup, staging, settings, registry or Registry.load(settings))
            checked.require(accept_missing)
            _fill(backup, staging, target, url)
    return RestoreInfo(target, backup.info, tuple(checked.missing), tuple(checked.warnings))


def _require_known(backup: Backup) -> None:
    if backup.manifest.schema not in schema.revisions():
        raise SchemaMismatch(
            f"the backup {str(backup.info.path)!r} has schema {backup.manifest.schema}, which this "
            f"vecstore (schema {schema.HEAD}) does not know: it was made by vecstore "
            f"{backup.manifest.vecstore}; install that version to restore it",
            found=backup.manifest.schema,
            needed=schema.HEAD,
        )


@contextmanager
def _as_written(backup: Backup) -> Iterator[None]:
    """What is rightly sealed and still has no meaning, told as BackupDamaged."""
    try:
        yield
    except (LookupError, TypeError, ValueError) as error:
        raise BackupDamaged(
            f"the backup {str(backup.info.path)!r} holds what vecstore never writes "
            f"({error!r:.200}); nothing was restored from it: take another one",
            path=backup.info.path,
        ) from error


def _require_new(folder: Path, database: str | None) -> None:
    """Raise unless folder and database hold nothing but what a killed restore left."""
    if folder.exists() and not folder.is_dir():
        raise InvalidArgument(f"{str(folder)!r} is no folder; choose a new one", field="folder")
    held = _held(folder, database)
    if held:
        raise AlreadyExists(
            f"the folder {str(folder)!r} holds something already ({', '.join(held[:3])}); restore "
            "into a new or an empty one",
            folder=folder,
        )
    if not database:
        return
    if database.startswith("sqlite"):
        raise InvalidArgument(
            f"database is {database!r}; a SQLite database lives in the store's own folder: leave "
            "it out, or give a PostgreSQL URL",
            field="database",
        )
    engine = schema.connect(database)
    try:
        copying.require_empty(engine)
    finally:
        engine.dispose()


def _held(folder: Path, database: str | None) -> list[str]:
    """What is in a folder that no killed restore left."""
    left = {_STAGING, _LOCK}
    found = {one.name for one in folder.iterdir()} if folder.is_dir() else set()
    marker = folder / _STAGING / _TARGET
    if marker.is_file() and marker.read_bytes() == _target(database):
        # Moved before the database was whole, or that would hold something.
        left.add(_MODELS)
    return sorted(found - left)


def _target(database: str | None) -> bytes:
    return hashlib.sha256((database or "").encode()).digest()


@contextmanager
def _staged(folder: Path, database: str | None) -> Iterator[Path]:
    """A folder within the target's, gone afterwards; with the target's, if that was not there."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    staging = folder / _STAGING
    with ExitStack() as undone:
        for made in reversed(missing):
            undone.callback(_remove_empty, made)
        with disk_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder)
        undone.callback(lock.release)
        undone.callback((folder / _LOCK).unlink, missing_ok=True)
        undone.callback(shutil.rmtree, staging, ignore_errors=True)
        _require_new(folder, database)  # another restore may have come first
        with disk_faults(folder):
            if (folder / _MODELS).exists():
                shutil.rmtree(folder / _MODELS)
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            (staging / _TARGET).write_bytes(_target(database))
        yield staging
        undone.pop_all()
        shutil.rmtree(staging, ignore_errors=True)
        lock.release()


def _encoders(backup: Backup, staging: Path, settings: Settings, registry: Registry) -> Checked:
    places = Places(staging)
    for model in backup.manifest.models:
        backup.copy_model(model, places.artifact(model.name))
    releases, fields = list(backup.named_rows("releases")), list(backup.named_rows("fields"))
    with _as_written(backup):
        known = [release_of({"card": None, **row}) for row in releases]
        used = {f"{row['model']}@{row['version']}" for row in fields}
    by_name = {release.name: release for release in known}
    return check_encoders(sorted(used), by_name, Loading(registry, settings, places))


def _fill(backup: Backup, staging: Path, folder: Path, database: str | None) -> None:
    engine = schema.connect(database or schema.sqlite_url(staging))
    moved: list[Path] = []
    try:
        with copying.filling(engine, backup.manifest.schema) as connection:
            known = copying.columns_of(connection)
            for table in backup.manifest.tables:
                columns = {name for name, _ in table.shape.columns}
                if not columns or not columns <= known.get(table.shape.name, set()):
                    raise _foreign(backup, table.shape.name)
                for rows in backup.rows(table):
                    copying.insert_rows(connection, table.shape, rows)
            with _as_written(backup):
                copying.finish(connection, backup.manifest.numbers)
            # Before the commit, which a database elsewhere makes visible at once.
            _move(staging / _MODELS, folder / _MODELS, moved)
        if database:
            moved.clear()
        engine.dispose()
        if not database:
            name = Path(schema.sqlite_url(staging)).name
            _move(staging / name, folder / name, moved)
    except BaseException:
        for one in moved:
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
        raise
    finally:
        engine.dispose()


def _move(source: Path, target: Path, moved: list[Path]) -> None:
    if not source.exists():
        return
    if os.path.lexists(target):
        raise AlreadyExists(
            f"{str(target)!r} came into being while the backup was restored; restore into a new "
            "folder",
            folder=target.parent,
        )
    with disk_faults(target.parent):
        moved.append(target)
        source.rename(target)
        sync(target.parent)


def _foreign(backup: Backup, table: str) -> BackupDamaged:
    return BackupDamaged(
        f"the backup {str(backup.info.path)!r} has rows of a table {table!r} that schema "
        f"{backup.manifest.schema} does not have so; it was not written by vecstore: take another",
        table=table,
    )


def _remove_empty(folder: Path) -> None:
    # Somebody else may have put something there meanwhile.
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
