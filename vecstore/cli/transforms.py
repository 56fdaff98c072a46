"""``vecstore transforms``: fewer dims, each way in a space of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vecstore.cli import data_options, options, output
from vecstore.cli.target import open_embedded, open_target

if TYPE_CHECKING:
    from vecstore.transforms import TransformInfo

app = typer.Typer(
    no_args_is_help=True,
    help="What may be done to an encoder's vectors: fewer dims, in a space of their own.",
)


@app.command("fit")
def fit(
    encoder: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", show_default=False)],
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", show_default=False, help="The transform's name."),
    ],
    pca: Annotated[
        int | None,
        typer.Option("--pca", metavar="N", help="Fit N principal components on --on DATA."),
    ] = None,
    random: Annotated[
        int | None,
        typer.Option("--random", metavar="N", help="Draw N orthogonal directions; no data."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="DATA",
            help="Inputs like those to come: a file of lines, JSON lines, CSV or TSV (also .gz), "
            "or a folder of images or .txt files.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of all that is drawn at random.")
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            show_default="100,000",
            help="Inputs at most; of more, a sample.",
        ),
    ] = None,
    text_column: data_options.TextColumn = None,
    image_column: data_options.ImageColumn = None,
    columns: data_options.CategoriesColumns = None,
    image_folder: data_options.ImageFolder = None,
    on_error: data_options.OnBadInput = options.OnError.STOP,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Make a transform of an encoder's vectors, and put it on record for good.

    Truncation needs none of this: write truncate-N where a transform's name is asked for. A
    server on the store goes on meanwhile, and sees the transform when it is done.
    """
    from vecstore.cli import shapes
    from vecstore.cli.columns import split_columns
    from vecstore.cli.training_bar import watched_bar
    from vecstore.judging.fitting import LIMIT

    skipped: list[tuple[str, str]] = []
    with (
        open_embedded(data, server, database, "fitting a transform", create=True) as store,
        watched_bar() as on_progress,
    ):
        info = store.fit_transform(
            name,
            encoder,
            on,
            pca=pca,
            random=random,
            seed=seed,
            text_column=text_column,
            image_column=image_column,
            categories=split_columns(columns),
            image_folder=image_folder,
            limit=LIMIT if limit is None else limit,
            on_error=on_error.value,
            on_progress=on_progress,
            on_skipped=lambda place, why: skipped.append((place, why.message)),
        )
    for place, why in skipped:
        output.print_note(f"passed over {place}: {why}")
    if as_json:
        output.print_json(shapes.transform(info))
        return
    output.print_line(f"made the transform {info.name}")
    _print(info)
    output.print_note(
        "Use it with: vecstore collections create COLLECTION "
        f"--encoder {info.before.name} --transform {info.name}"
    )


@app.command("list")
def list_transforms(
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the transforms on record; truncate-N needs no record."""
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        infos = store.list_transforms()
    if as_json:
        output.print_json({"transforms": [shapes.transform(info) for info in infos]})
        return
    output.print_table(
        ["name", "kind", "of", "dims", "digest", "made on"],
        [
            [
                info.name,
                str(info.kind),
                info.before.name,
                f"{info.before.dim} to {info.after.dim}",
                info.digest[:12],
                str(_data(info).get("name", "")),
            ]
            for info in infos
        ],
        right=["dims"],
    )


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show one transform: its space, and what it was fitted on."""
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        info = store.transform(name)
    if as_json:
        output.print_json(shapes.transform(info))
    else:
        _print(info)


def _print(info: TransformInfo) -> None:
    fields = {
        "name": info.name,
        "kind": {"pca": "principal components"}.get(info.kind, "random projection"),
        "encoder": str(info.before),
        "dims": f"{info.before.dim} to {info.after.dim}",
        "identity": info.after.transform,
    }
    found = _data(info)
    if found:
        counts = ", ".join(f"{name} {count:,}" for name, count in found["counts"].items())
        fields["fitted on"] = f"{found['name']} ({counts})"
        fields["data digest"] = str(found["digest"])
    share = info.provenance.get("explained_variance")
    if share is not None:
        fields["explained variance"] = f"{share:.1%}"
    fields["seed"] = str(info.provenance.get("seed", ""))
    fields["made at"] = info.created_at
    output.print_fields(fields)


def _data(info: TransformInfo) -> dict[str, Any]:
    return dict(info.provenance.get("data") or {})
