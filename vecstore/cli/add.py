"""``vecstore add``: records from a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target

if TYPE_CHECKING:
    from vecstore.files.lines import Source
    from vecstore.spaces import Space


class Format(StrEnum):
    """What a file holds."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"


_COLUMNS = "Which column is what"


def add(
    collection: options.CollectionName,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", show_default=False, help="JSON lines or CSV; - for standard input."
        ),
    ],
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", show_default="by the extension, jsonl for -", help="What FILE holds."
        ),
    ] = None,
    id_column: Annotated[
        str, typer.Option("--id-column", help="Ids.", rich_help_panel=_COLUMNS)
    ] = "id",
    derive_ids: Annotated[
        bool,
        typer.Option(
            "--derive-ids",
            help="No column holds ids: make them from each row's content.",
            rich_help_panel=_COLUMNS,
        ),
    ] = False,
    text_column: Annotated[
        str, typer.Option("--text-column", help="Texts to encode.", rich_help_panel=_COLUMNS)
    ] = "text",
    categories_columns: Annotated[
        str | None,
        typer.Option(
            "--categories-columns",
            metavar="A,B,...",
            show_default=False,
            help="Categories to encode, all of a row together.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    payload_columns: Annotated[
        str | None,
        typer.Option(
            "--payload-columns",
            metavar="A,B,...",
            show_default="all the rest",
            help="What is kept with each record.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    infer_types: Annotated[
        bool,
        typer.Option(
            "--infer-types",
            help="Keep CSV cells such as 12, 0.5 and true as numbers and booleans.",
            rich_help_panel=_COLUMNS,
        ),
    ] = False,
    vector_column: Annotated[
        str,
        typer.Option(
            "--vector-column",
            help="Vectors made elsewhere, as `vecstore encode --json` prints them.",
            rich_help_panel=_COLUMNS,
        ),
    ] = "vector",
    space: Annotated[
        str | None,
        typer.Option(
            "--space",
            metavar="NAME@VERSION",
            help="The space that bare lists of numbers in the vector column live in.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, max=10_000, help="Records stored together.")
    ] = 256,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Add records from a file, or replace those with the same ids.

    A row is one JSON object on a line, or one line of CSV under a header. Runs can be repeated:
    records that did not change are not encoded again. At the first bad line the run stops and
    names it; what came before stays.
    """
    from vecstore.cli.columns import Columns, check_names, split_columns
    from vecstore.cli.ingest import Feed, add_rows
    from vecstore.files.lines import open_source
    from vecstore.files.rows import format_of

    chosen = format_of(file, form.value if form else None)
    began = time.monotonic()
    with open_source(file) as source, open_target(data, server, database) as store:
        live: Space | None = store.space(space) if space else None
        columns = Columns(
            id=id_column,
            derive_ids=derive_ids,
            text=text_column,
            vector=vector_column,
            space=live,
            payload=split_columns(payload_columns),
            infer_types=infer_types,
            categories=split_columns(categories_columns),
        )
        check_names(columns)
        target = store.collection(collection)
        feed = Feed(source, chosen, columns, batch_size)
        with _progress(source) as on_progress:
            stored = add_rows(target, feed, on_progress)
        count = target.count()
    for name in sorted(feed.unseen):
        option = "--payload-columns" if name in (columns.payload or ()) else "--categories-columns"
        output.print_note(f"no row has the column {name!r}, which {option} names")
    _summary(collection, file, stored, count, time.monotonic() - began, as_json)


def _summary(
    collection: str, file: str, stored: int, count: int, seconds: float, as_json: bool
) -> None:
    if as_json:
        output.print_json(
            {
                "collection": collection,
                "file": file,
                "stored": stored,
                "count": count,
                "seconds": round(seconds, 3),
            }
        )
        return
    rate = stored / max(seconds, 1e-3)
    output.print_line(
        f"stored {stored:,} records from {file} in {collection}, which holds {count:,} now "
        f"({seconds:.1f} s, {rate:,.0f} a second)"
    )


@contextmanager
def _progress(source: Source) -> Iterator[Callable[[int, int], None]]:
    """A progress bar where somebody watches; nothing elsewhere."""
    if not _watched():
        yield lambda _stored, _done: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[stored]:,} records"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task(source.name, total=source.size, stored=0)
        yield lambda stored, done: bar.update(task, completed=done, stored=stored)


def _watched() -> bool:
    return sys.stderr.isatty()
