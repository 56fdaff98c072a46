"""``vecstore encode``."""

from __future__ import annotations

from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target

SHOWN = 4


def encode(
    encoder: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", show_default=False)],
    texts: Annotated[list[str], typer.Argument(metavar="TEXT", show_default=False)],
    role: Annotated[
        options.RoleName, typer.Option("--role", help="Which side of a search the texts are.")
    ] = options.RoleName.QUERY,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Turn texts into vectors that know their space; with --json one vector a line."""
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        vectors = store.encode(encoder, texts, role=role.value)
    if as_json:
        output.print_json_lines(shapes.vector(vector) for vector in vectors)
        return
    for text, vector in zip(texts, vectors, strict=True):
        numbers = ", ".join(f"{number:.4f}" for number in vector.values[:SHOWN])
        output.print_line(f"[{numbers}, ...] in {vector.space}: {text}")
