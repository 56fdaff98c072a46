"""``vecstore backup``, ``vecstore restore`` and ``vecstore backups``: a store as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vecstore.cli import options, output
from vecstore.cli.backup_bar import backup_bar
from vecstore.cli.interruption import Interrupted
from vecstore.cli.target import open_target

if TYPE_CHECKING:
    from vecstore.backups.values import BackupInfo

app = typer.Typer(no_args_is_help=True, help="Files that `vecstore backup` wrote.")

File = Annotated[str, typer.Argument(metavar="FILE", show_default=False)]

_SHOWN = 10


@app.callback()
def backups() -> None:
    """Files that `vecstore backup` wrote."""


def backup(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Write the whole store to one file, as it is at this moment, while others go on writing.

    `vecstore restore` makes a store of it again, on SQLite or PostgreSQL. With --data it may run
    beside a server of the same store.
    """
    with open_target(data, server, database) as store, backup_bar("backing up") as on_progress:
        try:
            info = store.backup(Path(file), overwrite=force, on_progress=on_progress)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted: no backup was written.") from None
    for name in info.without:
        output.write_warning(
            f"the trained model {name} is missing or damaged where the store is, so it is not in "
            "the backup",
            as_json=as_json,
        )
    if as_json:
        output.print_json(_shape(info))
    else:
        output.print_line(f"wrote {file}: {_contents(info)}, {info.bytes:,} bytes")
        output.print_line(f"sha256 {info.sha256}")


def restore(
    file: File,
    data: options.DataOnly = None,
    database: options.Database = None,
    accept_missing: Annotated[
        bool,
        typer.Option(
            "--accept-missing",
            help="Restore although an encoder cannot be loaded here. A changed one is never "
            "accepted.",
        ),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Make a store of a backup, in a new folder (and a new database).

    The file, the schema and every encoder that a collection uses are checked first. The new store
    gives the same answers, or there is none.
    """
    from vecstore.backups.restoring import restore as restore_backup

    folder = options.data_path(data)
    with backup_bar("restoring") as on_progress:
        try:
            info = restore_backup(
                file,
                folder,
                database=database,
                on_progress=on_progress,
                accept_missing=accept_missing,
            )
        except KeyboardInterrupt:
            raise Interrupted("Interrupted: nothing was restored.") from None
    for name in info.missing:
        output.write_warning(
            f"{name} cannot be loaded here: its collections take vectors only until it can",
            as_json=as_json,
        )
    for text in info.warnings:
        output.write_warning(text, as_json=as_json)
    if as_json:
        output.print_json(
            {
                "folder": str(folder),
                "missing": list(info.missing),
                "warnings": list(info.warnings),
                "backup": _shape(info.backup),
            }
        )
    else:
        output.print_line(
            f"restored {_contents(info.backup)} of {info.backup.created_at} into {folder}"
        )


@app.command("verify")
def verify(file: File, as_json: options.Json = False) -> None:
    """Check a backup without restoring it: every byte of it, and that it can be read."""
    from vecstore.backups.reading import verify_backup

    with backup_bar("checking") as on_progress:
        info = verify_backup(file, on_progress=on_progress)
    if as_json:
        output.print_json(_shape(info))
        return
    more = len(info.collections) - _SHOWN
    output.print_fields(
        {
            "file": f"{file}: whole",
            "created": info.created_at,
            "schema": info.schema,
            "bytes": f"{info.bytes:,}",
            "sha256": info.sha256,
            "records": f"{info.records:,}",
            "collections": (", ".join(info.collections[:_SHOWN]) or "none")
            + (f" and {more} more" if more > 0 else ""),
            **({"without the models": ", ".join(info.without)} if info.without else {}),
        }
    )


def _contents(info: BackupInfo) -> str:
    collections = "collection" if len(info.collections) == 1 else "collections"
    records = "record" if info.records == 1 else "records"
    return f"{len(info.collections):,} {collections} with {info.records:,} {records}"


def _shape(info: BackupInfo) -> dict[str, Any]:
    return {
        "path": str(info.path),
        "bytes": info.bytes,
        "sha256": info.sha256,
        "created_at": info.created_at,
        "schema": info.schema,
        "collections": list(info.collections),
        "records": info.records,
        "without": list(info.without),
    }
