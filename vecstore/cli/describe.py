"""``vecstore describe``."""

from __future__ import annotations

from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target

# Over a server, one call must end within its time limit.
_AT_ONCE = 8


def describe(
    collection: options.CollectionName,
    ids: options.RecordIds,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            "-e",
            metavar="NAME[@VERSION]",
            show_default="the collection's",
            help="An encoder that writes captions, such as one trained by captioning.",
        ),
    ] = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Say in words what stored images show; --json prints one caption a line."""
    with open_target(data, server, database) as store:
        target = store.collection(collection)
        captions: list[str] = []
        for start in range(0, len(ids), _AT_ONCE):
            captions += target.describe(ids[start : start + _AT_ONCE], encoder=encoder)
    found = list(zip(ids, captions, strict=True))
    if as_json:
        output.print_json_lines({"id": one, "caption": caption} for one, caption in found)
    elif len(found) == 1:
        output.print_line(captions[0])
    else:
        output.print_table(["id", "caption"], found, wrapped=["caption"])
