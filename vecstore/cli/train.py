"""``vecstore train``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer

from vecstore.cli import options
from vecstore.cli.interruption import Interrupted
from vecstore.cli.settings import parse_settings
from vecstore.cli.target import open_embedded
from vecstore.cli.training_summary import print_summary

_COLUMNS = "Which column is what"
_AGAIN = "After an interruption"
_IMAGES = "Images"


def train(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK", show_default=False, help="A pretext task; see `vecstore tasks list`."
        ),
    ],
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            show_default=False,
            help="Text: a file with a passage on each line and a blank line between documents, "
            "JSON lines, CSV, or a folder of .txt files. A table: CSV or JSON lines. Images: a "
            "folder (with labels: of a folder for each label), or CSV or JSON lines with their "
            "paths. Files of rows or text may be packed with gzip (.gz).",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", show_default=False, help="The model's name.")
    ],
    version: Annotated[
        str,
        typer.Option(
            "--version", metavar="VERSION", show_default=False, help="Its version; trained once."
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OPTION=VALUE",
            help="An option of the task, see `vecstore tasks show TASK`; repeatable.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", metavar="F", help="How long it may take."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of all that is drawn at random.")
    ] = 0,
    starts: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="NAME@VERSION",
            help="Start from a model trained here; repeatable, where the task can.",
        ),
    ] = None,
    layer: Annotated[
        int | None, typer.Option("--layer", metavar="N", help="Short for --set layer=N.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the interrupted training of this name, if there is one.",
            rich_help_panel=_AGAIN,
        ),
    ] = False,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Throw it away, and begin anew.", rich_help_panel=_AGAIN),
    ] = False,
    text_column: Annotated[
        str | None,
        typer.Option("--text-column", show_default="text", help="Texts.", rich_help_panel=_COLUMNS),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            "--image-column",
            show_default="image",
            help="Paths of images.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(
            "--label-column",
            show_default="label",
            help="Labels of images.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    document_column: Annotated[
        str | None,
        typer.Option(
            "--document-column",
            show_default="every row is a document",
            help="Which document a row belongs to.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="A,B,...",
            show_default="all but the target",
            help="Categories, where the task learns from a table.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            help="What is to be predicted, where it learns from a table.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    image_folder: Annotated[
        str | None,
        typer.Option(
            "--image-folder",
            metavar="DIR",
            show_default="that of the file",
            help="What the paths of images in rows start from, and must not lead out of.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    on_error: Annotated[
        options.OnError,
        typer.Option(
            "--on-error",
            help="At an image that cannot be used: stop, or skip it and name it at the end.",
            rich_help_panel=_IMAGES,
        ),
    ] = options.OnError.STOP,
    domain: Annotated[
        str,
        typer.Option(
            "--domain",
            metavar="TEXT",
            show_default=False,
            help="What the data is about; kept on record for whoever judges the model.",
        ),
    ] = "",
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Train an encoder on data of your own, and put it on record under NAME@VERSION.

    The store is where the model goes; a server on it goes on meanwhile, and sees the model when
    it is done. Ctrl-C keeps what was reached: the same command with --resume goes on from there.
    """
    from vecstore.cli.columns import split_columns
    from vecstore.cli.training_bar import watched_bar
    from vecstore.config import Settings
    from vecstore.registry import Registry
    from vecstore.training.data.rows import as_path
    from vecstore.training.ranks import is_first

    chosen = parse_settings(settings or [], layer=layer)
    registry = Registry.load(Settings.from_environment())
    # Looked at before a store is made, and before an option could be taken for a column.
    resolved = registry.resolve_options(registry.pretext_spec(task), chosen)
    as_path(dataset)
    skipped: list[tuple[str, str]] = []
    with (
        open_embedded(data, server, database, "training", create=True, registry=registry) as store,
        _resumable(f"{name}@{version}"),
        watched_bar() if is_first() else nullcontext() as on_progress,
    ):
        info = store.train(
            task,
            dataset,
            name=name,
            version=version,
            seed=seed,
            minutes=minutes,
            resume=resume,
            restart=restart,
            start=starts or (),
            text_column=text_column,
            document_column=document_column,
            columns=split_columns(columns),
            target=target,
            image_column=image_column,
            label_column=label_column,
            image_folder=image_folder,
            on_error=on_error.value,
            domain=domain,
            on_progress=on_progress,
            on_skipped=lambda name, why: skipped.append((name, why.message)),
            **{option: resolved[option] for option in chosen},
        )
    if is_first():
        print_summary(info, skipped, as_json=as_json)


@contextmanager
def _resumable(name: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted: the training of {name} is kept as far as it got; go on with the same "
            "command and --resume."
        ) from None
