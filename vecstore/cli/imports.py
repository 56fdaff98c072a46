"""``vecstore import``: records from files of every format that is read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from vecstore.cli import options, row_options


class Source(StrEnum):
    """What is read, spelt here so that showing help needs none of the readers."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    IMAGES = "images"


class Mode(StrEnum):
    """What is expected of the ids."""

    UPSERT = "upsert"
    INSERT = "insert"
    UPDATE = "update"


def import_records(
    context: typer.Context,
    collection: options.CollectionName,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FOLDER",
            show_default=False,
            help="What `vecstore export` wrote; JSON lines, CSV or Parquet of others; - for "
            "standard input; or a folder of images.",
        ),
    ],
    source: Annotated[
        Source | None,
        typer.Option("--from", show_default="by the path, jsonl for -", help="What FILE holds."),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            "--mode", help="Insert refuses ids that are there, update those that are not."
        ),
    ] = Mode.UPSERT,
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
    """Import records: what `vecstore export` wrote, or files of others.

    Vectors must be of the collection's space; those of another one are refused, with both spaces
    shown, before anything is written. Vectors that come without a space need `--space`.

    An import that was interrupted is gone on with by the same command: what is stored already is
    not encoded again. At the first bad row it stops and names it; `--on-error skip` names, counts
    and passes over such.
    """
    given = locals()
    from vecstore.cli.taking_in import take_in

    take_in(given, form=source.value if source else None, mode=mode.value)
