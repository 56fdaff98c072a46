"""``vecstore recommend``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli import search_options as asked
from vecstore.cli.search import parse_filter
from vecstore.cli.target import open_target


def recommend(
    collection: options.CollectionName,
    like: Annotated[
        list[str] | None,
        typer.Option("--like", metavar="ID", help="A record to resemble; may be repeated."),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option("--unlike", metavar="ID", help="A record not to resemble; may be repeated."),
    ] = None,
    k: asked.K = asked.DEFAULT_K,
    where: options.Filter = None,
    field: asked.Field = None,
    space: asked.Space = None,
    offset: asked.Offset = 0,
    min_score: asked.MinScore = None,
    max_score: asked.MaxScore = None,
    diversity: asked.Diversity = None,
    include_vectors: asked.Vectors = False,
    explain: asked.Explain = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Find records like some, and unlike others; those themselves are left out."""
    given = asked.keywords(
        parse_filter(where),
        field,
        offset,
        min_score,
        max_score,
        diversity,
        include_vectors,
        explain,
        space,
    )
    with open_target(data, server, database) as store:
        searched = store.collection(collection)
        hits = searched.recommend(like or [], unlike or [], k=k, **given)
        calibration = partial(asked.calibration_of, searched, field, space)
        # While the store is open: see the search.
        if as_json:
            from vecstore.cli import shapes

            output.print_json(shapes.hits(hits))
            return
        from vecstore.cli.hits import print_answer

        print_answer(hits, collection, calibration)
