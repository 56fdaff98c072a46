"""``vecstore collections index`` and ``unindex``: declared indexes of payload keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target
from vecstore.payload_indexes import IndexType, PayloadIndex

Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="As filters write it, a.b for b inside a; '$text' for the text of the input.",
        show_default=False,
    ),
]


def index(
    collection: options.CollectionName,
    key: Key,
    type_: Annotated[
        IndexType,
        typer.Option(
            "--type",
            "-t",
            show_default=False,
            help="keyword: strings and booleans. integer, float: numbers. datetime: strings in "
            "ISO 8601. text: words, for full-text search.",
        ),
    ],
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Let filters by KEY be quick from now on, or its words be searched."""
    with open_target(data, server, database) as store:
        found = store.collection(collection)
        with _waiting(f"indexing {key}"):
            made = found.create_index(key, type_)
    if as_json:
        output.print_json({"collection": collection, "index": shown(made)})
    else:
        output.print_line(f"{collection} has an index on {made.key} of type {made.type}")


def unindex(
    collection: options.CollectionName,
    key: Key,
    type_: Annotated[
        IndexType | None,
        typer.Option("--type", "-t", show_default="all of the key", help="Only this type's."),
    ] = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Take the indexes of KEY back. Filters by it stay possible, and are slower."""
    with open_target(data, server, database) as store:
        found = store.collection(collection)
        with _waiting(f"dropping the index on {key}"):
            found.drop_index(key, type_)
        left = found.info().indexes
    if as_json:
        output.print_json({"collection": collection, "indexes": [shown(one) for one in left]})
    else:
        output.print_line(f"indexes of {collection}: {listed(left) or 'none'}")


def shown(index: PayloadIndex) -> dict[str, str]:
    """An index as JSON."""
    return {"key": index.key, "type": str(index.type)}


def listed(indexes: Sequence[PayloadIndex]) -> str:
    """Indexes on one line; empty where there are none."""
    return ", ".join(f"{one.key} ({one.type})" for one in indexes)


@contextmanager
def _waiting(text: str) -> Iterator[None]:
    """Says what is waited for, and for how long, where somebody watches."""
    if not output.watched():
        yield
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        bar.add_task(output.printable(text), total=None)
        yield
