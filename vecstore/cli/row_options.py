"""Options that say what is in a file of records; ``add`` and ``import`` share them."""

from __future__ import annotations

from typing import Annotated

import typer

from vecstore.cli import options

_COLUMNS = "Which column is what"
_IMAGES = "Folders of images"

IdColumn = Annotated[str, typer.Option("--id-column", help="Ids.", rich_help_panel=_COLUMNS)]
DeriveIds = Annotated[
    bool,
    typer.Option(
        "--derive-ids",
        help="No column holds ids: make them from each row's content.",
        rich_help_panel=_COLUMNS,
    ),
]
TextColumn = Annotated[
    str | None,
    typer.Option(
        "--text-column",
        show_default="text; none beside --image-column",
        help="Texts to encode.",
        rich_help_panel=_COLUMNS,
    ),
]
ImageColumn = Annotated[
    str | None,
    typer.Option(
        "--image-column",
        show_default=False,
        help="Paths of images to encode.",
        rich_help_panel=_COLUMNS,
    ),
]
ImageFolder = Annotated[
    str | None,
    typer.Option(
        "--image-folder",
        metavar="DIR",
        show_default="FILE's folder",
        help="Where those paths begin.",
        rich_help_panel=_COLUMNS,
    ),
]
CategoriesColumns = Annotated[
    str | None,
    typer.Option(
        "--categories-columns",
        metavar="A,B,...",
        show_default=False,
        help="Categories to encode, all of a row together.",
        rich_help_panel=_COLUMNS,
    ),
]
FieldColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--field-column",
        metavar="FIELD=COLUMN",
        show_default=False,
        help="Texts of another vector field; may be given several times.",
        rich_help_panel=_COLUMNS,
    ),
]
PayloadColumns = Annotated[
    str | None,
    typer.Option(
        "--payload-columns",
        metavar="A,B,...",
        show_default="all the rest",
        help="What is kept with each record.",
        rich_help_panel=_COLUMNS,
    ),
]
InferTypes = Annotated[
    bool,
    typer.Option(
        "--infer-types",
        help="Keep CSV cells such as 12, 0.5 and true as numbers and booleans.",
        rich_help_panel=_COLUMNS,
    ),
]
VectorColumn = Annotated[
    str,
    typer.Option(
        "--vector-column",
        help="Vectors made elsewhere, as `vecstore encode --json` prints them.",
        rich_help_panel=_COLUMNS,
    ),
]
SpaceName = Annotated[
    str | None,
    typer.Option(
        "--space",
        metavar="NAME@VERSION",
        help="The space that bare lists of numbers in the vector column live in.",
        rich_help_panel=_COLUMNS,
    ),
]
IgnoreVectors = Annotated[
    bool,
    typer.Option(
        "--ignore-vectors",
        help="Leave vectors out: the inputs beside them are encoded.",
        rich_help_panel=_COLUMNS,
    ),
]
PayloadFromFolder = Annotated[
    str | None,
    typer.Option(
        "--payload-from-folder",
        metavar="KEY",
        show_default=False,
        help="Keep the first folder that an image is in as payload, under this key.",
        rich_help_panel=_IMAGES,
    ),
]
OnError = Annotated[
    options.OnError, typer.Option("--on-error", help="What to do about a bad row or image.")
]
BatchSize = Annotated[
    int, typer.Option("--batch-size", min=1, max=10_000, help="Records stored together.")
]
