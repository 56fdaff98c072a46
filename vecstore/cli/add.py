"""``vecstore add``: records from a file of rows, or images from a folder."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from vecstore.cli import options, row_options


class Format(StrEnum):
    """What a file holds."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"


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
    id_column: row_options.IdColumn = "id",
    derive_ids: row_options.DeriveIds = False,
    text_column: row_options.TextColumn = None,
    image_column: row_options.ImageColumn = None,
    image_folder: row_options.ImageFolder = None,
    categories_columns: row_options.CategoriesColumns = None,
    field_column: row_options.FieldColumns = None,
    payload_columns: row_options.PayloadColumns = None,
    infer_types: row_options.InferTypes = False,
    vector_column: row_options.VectorColumn = "vector",
    space: row_options.SpaceName = None,
    ignore_vectors: row_options.IgnoreVectors = False,
    payload_from_folder: row_options.PayloadFromFolder = None,
    on_error: row_options.OnError = options.OnError.STOP,
    batch_size: row_options.BatchSize = 256,
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

    `vecstore import` reads more formats, and can insert or update instead.
    """
    given = locals()
    from vecstore.cli.taking_in import take_in

    take_in(given, form=form.value if form else None, mode="upsert")
