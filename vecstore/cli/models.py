"""``vecstore models``: encoders that were trained here, or came from where they were."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_embedded

if TYPE_CHECKING:
    from vecstore.training.info import ModelInfo

app = typer.Typer(no_args_is_help=True, help="Trained models: what they are, and moving them.")

Name = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", show_default=False)]
File = Annotated[str, typer.Argument(metavar="FILE", show_default=False)]


@app.command("list")
def list_models(
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the models that were trained here or imported."""
    from vecstore.cli import model_shapes

    with open_embedded(data, server, database, "listing trained models") as store:
        infos = store.list_models()
    if as_json:
        output.print_json({"models": [model_shapes.model(info) for info in infos]})
        return
    output.print_table(
        ["name", "task", "dim", "trained", "took", "state"],
        [_row(info) for info in infos],
        right=["dim", "took"],
        wrapped=["state"],
    )


@app.command("show")
def show(
    name: Name,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show all that is known of a trained model: how, on what, and with what success."""
    from vecstore.cli import curve, model_shapes
    from vecstore.cli.model_fields import model_fields

    with open_embedded(data, server, database, "showing a trained model") as store:
        info = store.model(name)
    if as_json:
        output.print_json(model_shapes.model(info))
        return
    levels = curve.BLOCKS if output.shows_unicode(sys.stdout) else curve.PLAIN
    output.print_fields(model_fields(info, levels))


@app.command("export")
def export(
    name: Name,
    file: File,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Write a trained model to one file, to be imported elsewhere.

    Say the digest to whoever imports it: it stands for every byte.
    """
    with open_embedded(data, server, database, "exporting a trained model") as store:
        full_name = store.encoder(name).name
        digest = store.export_model(full_name, Path(file))
    size = Path(file).stat().st_size
    if as_json:
        output.print_json({"name": full_name, "file": file, "bytes": size, "digest": digest})
    else:
        output.print_line(f"exported {full_name} to {file}: {size:,} bytes, digest {digest}")


@app.command("import")
def import_(
    file: File,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Take in a trained model, under the name that it was trained as. Every byte is checked."""
    from vecstore.cli import model_shapes

    with open_embedded(data, server, database, "importing a trained model", create=True) as store:
        info = store.import_model(Path(file))
    if as_json:
        output.print_json(model_shapes.model(info))
    else:
        digest = "" if info.manifest is None else f", digest {info.manifest.digest}"
        output.print_line(f"imported {info.space}{digest}")


def _row(info: ModelInfo) -> list[str]:
    from vecstore.cli.model_fields import duration

    dim = str(info.space.dim)
    if info.manifest is None:
        return [info.name, "", dim, "", "", info.problem]
    about = info.manifest
    day = about.created_at.partition("T")[0]
    return [info.name, about.task, dim, day, duration(about.seconds), "whole"]
