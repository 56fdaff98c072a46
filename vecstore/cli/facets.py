"""``vecstore facets`` and ``sample``: what there is in a collection."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.records import Vectors, print_records
from vecstore.cli.search import parse_filter
from vecstore.cli.target import open_target


def facets(
    collection: options.CollectionName,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="As filters write it, a.b for b inside a.", show_default=False
        ),
    ],
    where: options.Filter = None,
    limit: Annotated[int, typer.Option("--limit", help="Values at most, up to 1000.")] = 100,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Count the records that have each value of KEY, those of most records first."""
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        found = store.collection(collection).facets(key, filter=parsed, limit=limit)
    if as_json:
        values = [{"value": one.value, "count": one.count} for one in found]
        output.print_json({"collection": collection, "key": key, "facets": values})
        return
    output.print_table(
        ["value", "records"],
        [[json.dumps(one.value, ensure_ascii=False), f"{one.count:,}"] for one in found],
        right=["records"],
        wrapped=["value"],
    )


def sample(
    collection: options.CollectionName,
    count: Annotated[int, typer.Option("--count", "-n", help="Records, up to 1000.")] = 10,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", show_default="another draw each time", help="The same draws the same records."
        ),
    ] = None,
    where: options.Filter = None,
    vectors: Vectors = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show records drawn by chance; with --json one a line, in the form that `add` reads."""
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        drawn = store.collection(collection).sample(
            count, filter=parsed, seed=seed, include_vectors=vectors
        )
    print_records(drawn, as_json)
