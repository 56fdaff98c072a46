"""``vecstore db``: the schema of the catalog's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from vecstore.cli import options, output
from vecstore.cli.target import existing

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(no_args_is_help=True, help="The schema of the catalog's database.")


@app.command("current")
def current(
    data: options.DataOnly = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show which schema the database has, and which one this vecstore needs."""
    from vecstore.storage import schema

    with _engine(data, database) as engine:
        found = schema.current(engine)
    if as_json:
        output.print_json({"current": found, "needed": schema.HEAD})
        return
    same = "the one needed" if found == schema.HEAD else f"this vecstore needs {schema.HEAD}"
    output.print_line(f"schema {found or 'none yet'}: {same}")


@app.command("upgrade")
def upgrade(
    data: options.DataOnly = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Bring the database to the schema that this vecstore needs. Make a backup first."""
    from vecstore.storage import schema
    from vecstore.storage.ownership import FolderLock

    lock = FolderLock(existing(data, database, create=False))
    try:
        with _engine(data, database) as engine:
            before = schema.current(engine)
            schema.upgrade(engine)
            after = schema.current(engine)
    finally:
        lock.release()
    if as_json:
        output.print_json({"before": before, "current": after})
    elif before == after:
        output.print_line(f"schema {after}: nothing to do")
    else:
        output.print_line(f"upgraded from schema {before or 'none'} to {after}")


@contextmanager
def _engine(data: str | None, database: str | None) -> Iterator[Engine]:
    from vecstore.storage import schema

    folder = existing(data, database, create=False)
    engine = schema.connect(database or schema.sqlite_url(folder))
    try:
        yield engine
    finally:
        engine.dispose()
