"""``vecstore export``: the records of a collection as one file."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.interruption import Interrupted
from vecstore.cli.search import parse_filter
from vecstore.cli.target import open_target


class Format(StrEnum):
    """What is written, spelt here so that showing help needs none of the writers."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def export_records(
    collection: options.CollectionName,
    file: Annotated[str, typer.Argument(metavar="FILE", show_default=False, help="What to write.")],
    form: Annotated[
        Format | None,
        typer.Option("--format", show_default="by the extension", help="What FILE is to hold."),
    ] = None,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="The vectors too, with their space; not in CSV.")
    ] = False,
    where: options.Filter = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Export records to one file, the form that `vecstore import` reads.

    JSON lines and Parquet carry all of a record; CSV carries texts and payloads without nesting,
    and refuses everything else rather than dropping it. FILE appears when it is whole: one that is
    there already is replaced then. Writes may go on meanwhile.
    """
    from vecstore.cli.adding_bar import record_bar
    from vecstore.exchange import export_records as export

    began = time.monotonic()
    parsed = parse_filter(where)
    chosen = form.value if form else None
    try:
        with open_target(data, server, database) as store:
            target = store.collection(collection)
            with record_bar(file, target.count(parsed)) as update:
                number = export(
                    target,
                    file,
                    format=chosen,
                    include_vectors=vectors,
                    filter=parsed,
                    on_progress=lambda done, _total: update(done, done),
                )
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted: {file} was not written") from None
    seconds = time.monotonic() - began
    if as_json:
        output.print_json(
            {
                "collection": collection,
                "file": file,
                "exported": number,
                "vectors": vectors,
                "seconds": round(seconds, 3),
            }
        )
        return
    output.print_line(f"exported {number:,} records of {collection} to {file} ({seconds:.1f} s)")
