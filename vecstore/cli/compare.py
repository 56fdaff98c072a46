"""``vecstore compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target

VectorFile = Annotated[str, typer.Argument(metavar="FILE", show_default=False)]


def compare(
    first: VectorFile,
    second: VectorFile,
    metric: options.Metric = options.MetricName.COSINE,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Compare two vectors in files, as `vecstore encode --json` writes them.

    Vectors of two spaces are refused: their distance means nothing.
    """
    from vecstore.cli.vectors import read_vector_file

    a, b = read_vector_file(first), read_vector_file(second)
    with open_target(data, server, database) as store:
        result = store.compare(a, b, metric=metric.value)
    if as_json:
        output.print_json({"score": result.score, "distance": result.distance})
    else:
        output.print_line(f"score {result.score:.6f}, distance {result.distance:.6f}")
