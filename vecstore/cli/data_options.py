"""Options of the commands that read data: which column is what, and what of bad inputs."""

from __future__ import annotations

from typing import Annotated

import typer

from vecstore.cli.options import OnError

COLUMNS = "Which column is what"

TextColumn = Annotated[
    str | None,
    typer.Option("--text-column", show_default="text", help="Texts.", rich_help_panel=COLUMNS),
]
ImageColumn = Annotated[
    str | None,
    typer.Option(
        "--image-column", show_default="image", help="Paths of images.", rich_help_panel=COLUMNS
    ),
]
CategoriesColumns = Annotated[
    str | None,
    typer.Option(
        "--categories-columns",
        metavar="A,B,...",
        help="Categories that are encoded together.",
        rich_help_panel=COLUMNS,
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option("--label-column", show_default="label", help="Labels.", rich_help_panel=COLUMNS),
]
ImageFolder = Annotated[
    str | None,
    typer.Option(
        "--image-folder",
        metavar="DIR",
        show_default="that of the file",
        help="What the paths of images in rows start from, and must not lead out of.",
        rich_help_panel=COLUMNS,
    ),
]
OnBadInput = Annotated[
    OnError,
    typer.Option(
        "--on-error",
        help="At an input that cannot be used: stop, or skip it and name it at the end.",
    ),
]
