"""The store that a command works on: a folder of this machine, or a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.cli import copyable
from vecstore.cli.options import DEFAULT_DATA, data_path
from vecstore.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from vecstore.client import RemoteStore
    from vecstore.registry import Registry
    from vecstore.store import Store


@contextmanager
def open_target(
    data: str | None, server: str | None, database: str | None, *, create: bool = False
) -> Iterator[Store | RemoteStore]:
    """The store that the options name.

    Args:
        data: a folder; None for the default one, where there is no server either.
        server: HOST:PORT.
        database: URL of the store's database, where it is not in the folder.
        create: whether a folder that holds no store yet becomes one.

    Raises:
        NotFound: there is no store in the folder, and the command does not make one.
        InvalidArgument: a database was named beside a server.
    """
    from vecstore.store import open_store

    copyable.remember(data, server, database)
    if not server:
        with open_store(existing(data, database, create), database=database) as store:
            yield store
    elif database:
        raise InvalidArgument(
            f"--database belongs to --data; the server {server} knows its own database",
            field="database",
        )
    else:
        from vecstore.client import connect

        with connect(server) as client:
            yield client


@contextmanager
def open_embedded(
    data: str | None,
    server: str | None,
    database: str | None,
    what: str,
    *,
    create: bool = False,
    registry: Registry | None = None,
) -> Iterator[Store]:
    """Like :func:`open_target`, for ``what`` only the operator of a store may do.

    Args:
        data, server, database, create: see there.
        what: as the subject of a sentence.
        registry: the plugins, where they are loaded already.

    Raises:
        InvalidArgument: a server was named.
    """
    from vecstore.store import open_store

    copyable.remember(data, server, database)
    if server:
        raise InvalidArgument(
            f"{what} is for the store's operator and does not work over --server {server}; run it "
            "on the server's machine with --data DIR (a running server sees the result at once)",
            field="server",
        )
    folder = existing(data, database, create)
    with open_store(folder, database=database, registry=registry) as store:
        yield store


def existing(data: str | None, database: str | None, create: bool) -> Path:
    """The store's folder.

    Raises:
        NotFound: it holds no store, and ``create`` is false.
    """
    folder = data_path(data)
    if create or holds_a_store(folder, database):
        return folder
    default = " (the default; choose with --data DIR)" if folder == DEFAULT_DATA else ""
    raise NotFound(
        f"there is no store in {folder}{default}; `vecstore collections create NAME --encoder "
        f"ENCODER --data {folder}` makes one, and --server HOST:PORT asks a running server instead",
        path=folder,
    )


def holds_a_store(folder: Path, database: str | None) -> bool:
    """Whether a store is there already. A database elsewhere is taken at its word."""
    from vecstore.storage.schema import sqlite_url

    return bool(database) or Path(sqlite_url(folder).removeprefix("sqlite:///")).is_file()
