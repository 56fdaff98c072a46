"""``vecstore spaces``: two spaces, seen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vecstore.cli import data_options, options, output
from vecstore.cli.target import open_embedded

if TYPE_CHECKING:
    from vecstore.judging.spaces import SpaceComparison

app = typer.Typer(no_args_is_help=True, help="Why vectors of two spaces are never compared.")


Encoder = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", show_default=False)]


@app.command("compare")
def compare(
    a: Encoder,
    b: Encoder,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="DATA",
            show_default=False,
            help="At least 20 inputs that both read: a file of lines, JSON lines, CSV or TSV (also "
            ".gz), or a folder of images or .txt files.",
        ),
    ],
    report: Annotated[
        str | None,
        typer.Option("--report", metavar="FILE.html", help="Write a page with pictures."),
    ] = None,
    neighbours: Annotated[int, typer.Option("-k", metavar="K", help="Neighbours to look at.")] = 10,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of all that is drawn at random.")
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", show_default="5,000", help="Inputs at most; of more, a sample."
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
    """Show what two encoders make of the same inputs, and why their vectors never meet.

    A laboratory: nothing is put on record, and the store goes on refusing to compare the two.
    """
    from vecstore.cli.columns import split_columns
    from vecstore.cli.training_bar import watched_bar
    from vecstore.judging.report.spaces import write_spaces_page
    from vecstore.judging.report.writing import require_writable
    from vecstore.judging.spaces import LIMIT, ComparisonRequest
    from vecstore.training.data.rows import as_path

    # Looked at before a store is made.
    as_path(on)
    most = LIMIT if limit is None else limit
    ComparisonRequest(a, b, on, k=neighbours, seed=seed, limit=most)
    page = None if report is None else Path(report)
    if page is not None:
        require_writable(page)
    skipped: list[tuple[str, str]] = []
    with (
        open_embedded(data, server, database, "comparing spaces", create=True) as store,
        watched_bar() as on_progress,
    ):
        found = store.compare_spaces(
            a,
            b,
            on,
            text_column=text_column,
            image_column=image_column,
            categories=split_columns(columns),
            image_folder=image_folder,
            k=neighbours,
            seed=seed,
            limit=most,
            on_error=on_error.value,
            on_progress=on_progress,
            on_skipped=lambda place, why: skipped.append((place, why.message)),
        )
    for place, why in skipped:
        output.print_note(f"passed over {place}: {why}")
    if page is not None:
        write_spaces_page(page, found)
    if as_json:
        output.print_json(_document(found))
    else:
        _print(found)
    if page is not None:
        output.print_note(f"wrote {page}")


def _document(found: SpaceComparison) -> dict[str, Any]:
    from vecstore.cli import shapes

    return {
        "a": shapes.space(found.a),
        "b": shapes.space(found.b),
        "data": asdict(found.data),
        "seed": found.seed,
        "agreement": asdict(found.agreement),
        "sentences": list(found.sentences),
    }


def _print(found: SpaceComparison) -> None:
    output.print_fields(
        {
            "a": str(found.a),
            "b": str(found.b),
            "on": f"{found.data.name}: {found.data.how_much}",
        }
    )
    output.print_line("")
    output.print_table(
        ["", "figure", "by chance"],
        [
            [one.name, "-" if one.value is None else f"{one.value:.3f}", f"{one.chance:.3f}"]
            for one in found.lines
        ],
        right=["figure", "by chance"],
    )
    output.print_line("")
    for sentence in found.sentences:
        output.print_line(sentence)
