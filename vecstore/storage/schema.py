"""Engines, and which version of the schema a database has.

Opening never upgrades: an older schema names the command that does, a newer one is left untouched.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from vecstore.errors import InvalidArgument, SchemaMismatch
from vecstore.storage import where_sqlite
from vecstore.storage.faults import told
from vecstore.storage.tables import store_state

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

# The newest migration; reading it here spares alembic's import at every start.
HEAD = "0005"

_upgrading = threading.Lock()
_UPGRADE_KEY = 0x7570677261646521  # "upgrade!" in ASCII

_BUSY_SECONDS = 30.0
_SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={int(1000 * _BUSY_SECONDS)}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",
    "PRAGMA wal_autocheckpoint=4000",
)


def sqlite_url(folder: Path) -> str:
    """The database of a store that was given none."""
    return f"sqlite:///{folder / 'vecstore.db'}"


def connect(url: str) -> Engine:
    """An engine whose transactions are what this package expects.

    On SQLite: WAL, ``synchronous=FULL``, and no transaction that the driver opens by itself, so
    that savepoints work and writers say ``BEGIN IMMEDIATE``.

    Raises:
        InvalidArgument: not a database URL that vecstore knows.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise InvalidArgument(
                f"the database {backend!r} is not supported; use sqlite or postgresql+psycopg",
                field="database",
            )
        # The just-in-time compiler takes longer than the filters that it would speed up.
        options = (
            {"options": "-c jit=off -c synchronous_commit=on"} if backend == "postgresql" else {}
        )
        engine = create_engine(parsed, pool_size=16, max_overflow=48, connect_args=options)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        shown = url.rpartition("@")[2]
        raise InvalidArgument(
            f"cannot use the database {shown!r}: {error}; give a URL such as "
            "postgresql+psycopg://user@127.0.0.1/name, and install vecstore-server[postgresql]",
            field="database",
        ) from error
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    deadline = time.monotonic() + _BUSY_SECONDS
    for pragma in _SQLITE_PRAGMAS:
        while True:
            try:
                cursor.execute(pragma)
                break
            except sqlite3.OperationalError as error:
                # Two who make a database at once collide over WAL, which SQLite does not wait for.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
    cursor.close()
    where_sqlite.prepare(cast("sqlite3.Connection", connection))


def _begin_sqlite(connection: Connection) -> None:
    # A reader that became a writer could fail half-way; a writer says so at once.
    write = connection.get_execution_options().get("vecstore_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def writing(engine: Engine) -> Engine:
    """The same engine, its transactions made for writing."""
    return engine.execution_options(vecstore_write=True)


def prepare(engine: Engine, upgrade_command: str) -> None:
    """Create the schema in an empty database; otherwise check that it is this version's.

    Raises:
        SchemaMismatch: older (the message names ``upgrade_command``), newer, or not vecstore's.
    """
    with told("opening the database"):
        with engine.connect() as connection:
            found = _revision(connection)
            tables = [] if found else inspect(connection).get_table_names()
        if found is None and not tables:
            upgrade(engine)
            return
    if found is None:
        raise SchemaMismatch(
            f"the database holds tables that are not vecstore's ({', '.join(sorted(tables)[:3])}); "
            "give vecstore a database of its own"
        )
    if found != HEAD:
        _refuse(found, upgrade_command)


def _refuse(found: str, upgrade_command: str) -> None:
    if found in revisions():
        raise SchemaMismatch(
            f"the database has schema {found}, this vecstore needs {HEAD}; "
            f"make a backup, then run: {upgrade_command}",
            found=found,
            needed=HEAD,
        )
    raise SchemaMismatch(
        f"the database has schema {found}, which this vecstore (schema {HEAD}) does not know: it "
        "was made by a newer version; nothing was changed; install that version to use it",
        found=found,
        needed=HEAD,
    )


def revisions() -> list[str]:
    """Every schema version that this vecstore knows, newest first."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(_config())
    return [revision.revision for revision in script.walk_revisions()]


def current(engine: Engine) -> str | None:
    """The schema version that the database has; None where it is empty."""
    with told("reading the schema version"), engine.connect() as connection:
        return _revision(connection)


def upgrade(engine: Engine) -> None:
    """Bring the database to :data:`HEAD`, creating it where it is empty.

    Raises:
        SchemaMismatch: it is newer than this vecstore.
    """
    with told("upgrading the database"), writing(engine).begin() as connection:
        lock_upgrades(connection)
        found = _revision(connection)
        if found is not None and found not in revisions():
            _refuse(found, "")
        migrate(connection)
        if connection.execute(store_state.select()).first() is None:
            row = {"id": 1, "store_id": uuid.uuid4().hex, "last_label": 0, "last_version": 0}
            connection.execute(store_state.insert().values(row))


def lock_upgrades(connection: Connection) -> None:
    """Let nobody else make or upgrade this database before this writing transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_KEY})


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the database to a version of the schema, within the caller's transaction."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    # Alembic keeps its state in globals of the process.
    with _upgrading:
        command.upgrade(config, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_migrations()))
    return config


def _migrations() -> Path:
    package = Path(__file__).resolve().parent.parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"
