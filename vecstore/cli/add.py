"""``vecstore add``: records from a file, or images from a folder."""

from __future__ import annotations

import time
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target

if TYPE_CHECKING:
    from vecstore.cli.skipping import Skipped
    from vecstore.errors import VecstoreError


class Format(StrEnum):
    """What a file holds."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"


_COLUMNS = "Which column is what"
_IMAGES = "Folders of images"

# Parameters that mean something for files only, and for folders only.
_OF_FILES = (
    *("id_column", "derive_ids", "text_column", "image_column", "image_folder"),
    *("categories_columns", "payload_columns", "infer_types", "vector_column", "space"),
)
_OF_FOLDERS = ("payload_from_folder",)


def add(
    context: typer.Context,
    collection: options.CollectionName,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FOLDER",
            show_default=False,
            help="JSON lines or CSV, - for standard input; or a folder of images.",
        ),
    ],
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", show_default="by the extension, jsonl for -", help="What FILE holds."
        ),
    ] = None,
    id_column: Annotated[
        str, typer.Option("--id-column", help="Ids.", rich_help_panel=_COLUMNS)
    ] = "id",
    derive_ids: Annotated[
        bool,
        typer.Option(
            "--derive-ids",
            help="No column holds ids: make them from each row's content.",
            rich_help_panel=_COLUMNS,
        ),
    ] = False,
    text_column: Annotated[
        str | None,
        typer.Option(
            "--text-column",
            show_default="text; none beside --image-column",
            help="Texts to encode.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            "--image-column",
            show_default=False,
            help="Paths of images to encode.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    image_folder: Annotated[
        str | None,
        typer.Option(
            "--image-folder",
            metavar="DIR",
            show_default="FILE's folder",
            help="Where those paths begin.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    categories_columns: Annotated[
        str | None,
        typer.Option(
            "--categories-columns",
            metavar="A,B,...",
            show_default=False,
            help="Categories to encode, all of a row together.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    payload_columns: Annotated[
        str | None,
        typer.Option(
            "--payload-columns",
            metavar="A,B,...",
            show_default="all the rest",
            help="What is kept with each record.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    infer_types: Annotated[
        bool,
        typer.Option(
            "--infer-types",
            help="Keep CSV cells such as 12, 0.5 and true as numbers and booleans.",
            rich_help_panel=_COLUMNS,
        ),
    ] = False,
    vector_column: Annotated[
        str,
        typer.Option(
            "--vector-column",
            help="Vectors made elsewhere, as `vecstore encode --json` prints them.",
            rich_help_panel=_COLUMNS,
        ),
    ] = "vector",
    space: Annotated[
        str | None,
        typer.Option(
            "--space",
            metavar="NAME@VERSION",
            help="The space that bare lists of numbers in the vector column live in.",
            rich_help_panel=_COLUMNS,
        ),
    ] = None,
    payload_from_folder: Annotated[
        str | None,
        typer.Option(
            "--payload-from-folder",
            metavar="KEY",
            show_default=False,
            help="Keep the first folder that an image is in as payload, under this key.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    on_error: Annotated[
        options.OnError, typer.Option("--on-error", help="What to do about a bad row or image.")
    ] = options.OnError.STOP,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, max=10_000, help="Records stored together.")
    ] = 256,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Add records from a file or images from a folder, or replace those with the same ids.

    A row is one JSON object on a line, or one line of CSV under a header. The images of a folder
    are the PNG, JPEG and WebP files in it and in the folders in it; their ids are their paths
    relative to it. Runs can be repeated: records that did not change are not encoded again.

    At the first bad row or image the run stops and names it; what came before stays. With
    `--on-error skip` it is named, counted and passed over.
    """
    from vecstore.cli.adding_bar import adding_bar
    from vecstore.cli.columns import Columns, split_columns
    from vecstore.cli.ingest import add_all
    from vecstore.cli.reading import opened_file, opened_folder, require_fitting
    from vecstore.cli.skipping import Skipped, add_good

    began = time.monotonic()
    is_folder = form is None and Path(file).is_dir()
    foreign = _OF_FILES if is_folder else _OF_FOLDERS
    require_fitting(file, is_folder, [name for name in foreign if _was_given(context, name)])
    skipped = Skipped(
        lambda error: output.write_warning(f"passed over: {error.message}", as_json=as_json)
    )
    with open_target(data, server, database) as store:
        columns = Columns(
            id=id_column,
            derive_ids=derive_ids,
            text=text_column,
            vector=vector_column,
            space=store.space(space) if space else None,
            payload=split_columns(payload_columns),
            infer_types=infer_types,
            categories=split_columns(categories_columns),
            image=image_column,
            images=Path(image_folder or ("." if file == "-" else Path(file).parent)),
        )
        opened = (
            nullcontext(opened_folder(file, payload_from_folder))
            if is_folder
            else opened_file(file, form.value if form else None, columns)
        )
        with opened as reading, adding_bar(reading) as on_progress:
            target = store.collection(collection)
            if on_error is options.OnError.SKIP:
                stored = add_good(target, reading.feed, batch_size, on_progress, skipped)
            else:
                stored = add_all(target, reading.feed, batch_size, on_progress)
        count = target.count()
    for note in reading.notes():
        output.print_note(note)
    seconds = time.monotonic() - began
    if as_json:
        output.print_json(
            {
                "collection": collection,
                "file": file,
                "stored": stored,
                "skipped": skipped.count,
                "first_skipped": [_shape(error) for error in skipped.first],
                "unusable": list(reading.unusable),
                "count": count,
                "seconds": round(seconds, 3),
            }
        )
        return
    rate = stored / max(seconds, 1e-3)
    output.print_line(
        f"stored {stored:,} records from {file} in {collection}, which holds {count:,} now "
        f"({seconds:.1f} s, {rate:,.0f} a second){_passed_over(skipped)}"
    )


def _was_given(context: typer.Context, parameter: str) -> bool:
    source = context.get_parameter_source(parameter)
    return source is not None and source.name != "DEFAULT"


def _passed_over(skipped: Skipped) -> str:
    if not skipped.count:
        return ""
    shown = "" if skipped.count == len(skipped.first) else f", the first {len(skipped.first)} named"
    ones = "one" if skipped.count == 1 else "ones"
    return f"; passed over {skipped.count:,} bad {ones}{shown}"


def _shape(error: VecstoreError) -> dict[str, object]:
    return {"reason": error.reason, "message": error.message, "details": dict(error.details)}
