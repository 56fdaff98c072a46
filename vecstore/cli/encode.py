"""``vecstore encode``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.records import InputLike

SHOWN = 4


def encode(
    encoder: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", show_default=False)],
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT", show_default=False)] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--image",
            metavar="FILE",
            help="An image instead of a text: PNG, JPEG or WebP; may be given several times.",
        ),
    ] = None,
    categories: Annotated[
        list[str] | None,
        typer.Option(
            "--categories",
            metavar="JSON",
            help="""Categories by column instead of a text, such as '{"hour": 7}'; may be given """
            "several times.",
        ),
    ] = None,
    role: Annotated[
        options.RoleName, typer.Option("--role", help="Which side of a search the inputs are.")
    ] = options.RoleName.QUERY,
    transform: options.Transform = "",
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Turn texts, images or categories into vectors that know their space; --json prints them."""
    from vecstore.cli import shapes
    from vecstore.cli.pictures import image_argument
    from vecstore.inputs import parse_categories

    shown = [*(texts or ()), *(images or ()), *(categories or ())]
    if not shown:
        raise InvalidArgument(
            "nothing to encode; give a TEXT, --image FILE or --categories JSON", field="text"
        )
    inputs: list[InputLike] = list(texts or ())
    inputs += [image_argument(one) for one in images or ()]
    inputs += [parse_categories(one, "--categories") for one in categories or ()]
    with open_target(data, server, database) as store:
        vectors = store.encode(encoder, inputs, role=role.value, transform=transform)
    if as_json:
        output.print_json_lines(shapes.vector(vector) for vector in vectors)
        return
    for given, vector in zip(shown, vectors, strict=True):
        numbers = ", ".join(f"{number:.4f}" for number in vector.values[:SHOWN])
        output.print_line(f"[{numbers}, ...] in {vector.space}: {given}")
