"""``vecstore dimensions``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from vecstore.cli import data_options, options, output
from vecstore.cli.target import open_embedded
from vecstore.errors import InvalidArgument


def dimensions(
    context: typer.Context,
    encoder: Annotated[
        str, typer.Argument(metavar="NAME[@VERSION]", show_default="that of --collection")
    ] = "",
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="DATA",
            show_default=False,
            help="Inputs like those to come: JSON lines, CSV or TSV (also .gz), a file of lines, "
            "or a folder of images or .txt files; with labels for accuracy: a column, or a "
            "folder of a folder for each class.",
        ),
    ] = None,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection", metavar="NAME", help="Its stored vectors, instead of --on DATA."
        ),
    ] = None,
    label_key: Annotated[
        str | None,
        typer.Option(
            "--label-key", metavar="KEY", help="Of the payload of its records, that holds labels."
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test",
            metavar="DATA",
            show_default="a quarter of --on",
            help="Inputs that are held out: queries, and those whose class is told.",
        ),
    ] = None,
    labels: Annotated[
        bool | None,
        typer.Option(
            "--labels/--no-labels", show_default="where there are any", help="Measure accuracy."
        ),
    ] = None,
    dims: Annotated[
        str | None,
        typer.Option(
            "--dims",
            metavar="A,B,...",
            show_default="a half to a sixteenth of all",
            help="Numbers a vector.",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option("--samples", metavar="N", help="Samples of each class that are known."),
    ] = 12,
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="FILE.png", help="Draw recall and accuracy over bytes."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of all that is drawn at random.")
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", show_default="20,000", help="Inputs at most; of more, a sample."
        ),
    ] = None,
    text_column: data_options.TextColumn = None,
    image_column: data_options.ImageColumn = None,
    columns: data_options.CategoriesColumns = None,
    label_column: data_options.LabelColumn = None,
    image_folder: data_options.ImageFolder = None,
    on_error: data_options.OnBadInput = options.OnError.STOP,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Measure what fewer dims, or fewer bytes a number, would cost, and name what is enough.

    Truncation, PCA and random projection at several dims: recall against the full vectors,
    accuracy of a nearest neighbour that knows a few samples of each class, bytes, and the memory
    and speed of a real index. Half, int8 and sign precision are a forecast: the index stores
    float32. Nothing is stored; the commands that are printed make a choice real.
    """
    from vecstore.cli import dimension_tables
    from vecstore.cli.columns import split_columns
    from vecstore.cli.dimension_commands import commands
    from vecstore.cli.training_bar import watched_bar
    from vecstore.judging.dimensions.plot import check_plot, write_plot
    from vecstore.judging.dimensions.request import LIMIT
    from vecstore.training.data.rows import as_path

    wanted = _dims(dims)
    # Looked at before a store is made.
    as_path(on)
    if plot is not None:
        check_plot(Path(plot))
    create = not collection
    skipped: list[tuple[str, str]] = []
    with (
        open_embedded(data, server, database, "measuring dimensions", create=create) as store,
        watched_bar() as on_progress,
    ):
        found = store.dimensions(
            encoder,
            on,
            collection=collection or "",
            label_key=label_key or "",
            test=test,
            labels=labels,
            dims=wanted,
            samples=samples,
            text_column=text_column,
            image_column=image_column,
            label_column=label_column,
            categories=split_columns(columns),
            image_folder=image_folder,
            seed=seed,
            limit=LIMIT if limit is None else limit,
            on_error=on_error.value,
            on_progress=on_progress,
            on_skipped=lambda place, why: skipped.append((place, why.message)),
        )
    for place, why in skipped:
        output.print_note(f"passed over {place}: {why}")
    named = {
        "--on": on or "DATA",
        "--text-column": text_column,
        "--image-column": image_column,
        "--categories-columns": columns,
        "--image-folder": image_folder,
        "--on-error": "skip" if on_error is options.OnError.SKIP else None,
    }
    # What the environment says, it says to those commands too; and a URL may hold a password.
    store_named = {"data": data, "database": database}
    typed = {
        f"--{name}": value
        for name, value in store_named.items()
        if options.on_command_line(context, name)
    }
    chosen = partial(
        commands, space=found.space, seed=seed, data=_words(named), store=_words(typed)
    )
    if as_json:
        output.print_json(dimension_tables.document(found, chosen))
    else:
        dimension_tables.print_tables(found, chosen)
    if plot is not None:
        write_plot(Path(plot), found)


def _words(named: dict[str, str | None]) -> list[str]:
    return [word for name, value in named.items() if value is not None for word in (name, value)]


def _dims(given: str | None) -> list[int] | None:
    """``"128,64"`` as numbers."""
    if given is None:
        return None
    try:
        found = [int(one) for one in given.split(",") if one.strip()]
    except ValueError:
        found = []
    if not found:
        raise InvalidArgument(
            f"--dims is {given!r}; give whole numbers with commas between, such as 128,64",
            field="dims",
        )
    return found
