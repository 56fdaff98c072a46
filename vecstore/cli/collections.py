"""``vecstore collections``: create, list, show, calibrate, delete."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.calibrate import NOT_EVALUATED, calibrate, fields
from vecstore.cli.indexing import index as index_key
from vecstore.cli.indexing import listed, unindex
from vecstore.cli.target import open_target
from vecstore.cli.vector_fields import NewFields, read_pairs, shown_fields
from vecstore.errors import InvalidArgument

app = typer.Typer(no_args_is_help=True, help="Named sets of records, each bound to one encoder.")

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command("create")
def create(
    name: Name,
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            "-e",
            metavar="NAME[@VERSION]",
            show_default=False,
            help="The encoder that makes its vectors; `vecstore encoders list` shows them.",
        ),
    ],
    metric: options.Metric = options.MetricName.COSINE,
    store_inputs: Annotated[
        bool,
        typer.Option(
            "--store-inputs/--no-store-inputs", help="Keep texts and images beside their vectors."
        ),
    ] = True,
    index: Annotated[str, typer.Option("--index", help="The index backend.")] = "hnsw",
    transform: options.Transform = "",
    field: NewFields = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Create a collection. Its encoder is fixed from now on: another one is another space."""
    from vecstore.cli import shapes

    beside = read_pairs("--field", field)
    with open_target(data, server, database, create=True) as store:
        collection = store.create_collection(
            name,
            encoder=encoder,
            metric=metric.value,
            store_inputs=store_inputs,
            index=index,
            transform=transform,
            fields=beside,
        )
        info = collection.info()
    if as_json:
        output.print_json(shapes.collection(info))
    else:
        output.print_line(f"created collection {info.name}: {info.metric} distance in {info.space}")
        for one in info.fields[1:]:
            output.print_line(f"with the vector field {one.name} in {one.space}")


@app.command("list")
def list_collections(
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the collections."""
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        infos = store.list_collections()
    if as_json:
        output.print_json({"collections": [shapes.collection(info) for info in infos]})
        return
    output.print_table(
        ["name", "encoder", "metric", "records", "indexes"],
        [
            [
                *(info.name, info.space.name, str(info.metric)),
                *(f"{info.count:,}", str(len(info.indexes))),
            ]
            for info in infos
        ],
        right=["records", "indexes"],
    )


@app.command("show")
def show(
    name: Name,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show one collection: its encoder, its space, how many records it has."""
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        info = store.collection(name).info()
    if as_json:
        output.print_json(shapes.collection(info))
        return
    indexed = "not open" if info.indexed is None else f"{info.indexed:,}"
    output.print_fields(
        {
            "name": info.name,
            "encoder": info.encoder,
            "transform": info.space.transform or "none",
            "metric": str(info.metric),
            "dim": str(info.space.dim),
            "fingerprint": info.space.fingerprint,
            "records": f"{info.count:,}",
            "index": f"{info.index} (vectors in it: {indexed})",
            "payload indexes": listed(info.indexes) or "none",
            **shown_fields(info),
            "inputs stored": "yes" if info.store_inputs else "no",
            **({} if info.calibration is None else fields(info.calibration)),
            **({"aliases": ", ".join(info.aliases)} if info.aliases else {}),
            "evaluated": "yes" if info.encoder_evaluated else NOT_EVALUATED,
        }
    )


app.command("calibrate")(calibrate)
app.command("index")(index_key)
app.command("unindex")(unindex)


@app.command("delete")
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Delete a collection with all its records. There is no way back."""
    with open_target(data, server, database) as store:
        found = store.collection(name)
        count = found.count()
        # An alias is refused below, and not worth a question.
        if not yes and found.name == name:
            _confirm(name, count)
        store.delete_collection(name)
    if as_json:
        output.print_json({"collection": name, "deleted_records": count})
    else:
        output.print_line(f"deleted collection {name} and its {count:,} records")


def _confirm(name: str, count: int) -> None:
    if not _on_a_terminal():
        raise InvalidArgument(
            f"deleting collection {name} with its {count:,} records needs a yes; "
            "there is no terminal to ask on, so say --yes",
            field="yes",
        )
    typer.confirm(f"Delete collection {name} and its {count:,} records?", abort=True, err=True)


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()
