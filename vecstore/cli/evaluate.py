"""``vecstore evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import data_options, options, output
from vecstore.cli.target import open_embedded
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vecstore.judging.gates import Gate
    from vecstore.judging.outcome import Outcome

GATE_NOT_PASSED = 3

_ON = "What to judge on"
_HOW = "How"
_RESULTS = "What becomes of it"


def evaluate(
    encoders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ENCODER]...", show_default=False, help="Encoders, NAME or NAME@VERSION."
        ),
    ] = None,
    labelled: Annotated[
        str | None,
        typer.Option(
            "--labelled",
            metavar="DATA",
            help="Inputs with labels: JSON lines, CSV or TSV (also .gz), or a folder of a folder "
            "for each class, with images or .txt files.",
            rich_help_panel=_ON,
        ),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(
            "--queries",
            metavar="FILE",
            help='Queries: JSON lines such as {"query": TEXT, "relevant": [ID, ...]} or with '
            "{ID: GAIN, ...}; or CSV.",
            rich_help_panel=_ON,
        ),
    ] = None,
    documents: Annotated[
        str | None,
        typer.Option(
            "--documents",
            metavar="FILE",
            help="What the queries should find: JSON lines or CSV with ids and texts.",
            rich_help_panel=_ON,
        ),
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(
            "--pairs",
            metavar="FILE",
            help="Pairs of texts with a score of how alike they are: JSON lines or CSV.",
            rich_help_panel=_ON,
        ),
    ] = None,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection",
            metavar="NAME",
            help="Judge the stored vectors of a collection, by --label-key, --queries or both; "
            "no encoder is named.",
            rich_help_panel=_ON,
        ),
    ] = None,
    label_key: Annotated[
        str | None,
        typer.Option(
            "--label-key",
            metavar="KEY",
            help="Key of its records' payload that holds labels, such as kind or source.kind.",
            rich_help_panel=_ON,
        ),
    ] = None,
    text_column: data_options.TextColumn = None,
    image_column: data_options.ImageColumn = None,
    categories_columns: data_options.CategoriesColumns = None,
    label_column: data_options.LabelColumn = None,
    id_column: Annotated[
        str | None,
        typer.Option(
            "--id-column",
            show_default="id",
            help="Ids of documents.",
            rich_help_panel=data_options.COLUMNS,
        ),
    ] = None,
    pair_columns: Annotated[
        str | None,
        typer.Option(
            "--pair-columns",
            metavar="A,B,SCORE",
            show_default="a,b,score",
            help="Both texts of a pair and its score; CSV without names of columns has them first.",
            rich_help_panel=data_options.COLUMNS,
        ),
    ] = None,
    image_folder: data_options.ImageFolder = None,
    transform: Annotated[
        str | None,
        typer.Option(
            "--transform",
            metavar="NAME",
            help="Judge vectors after this transform, such as truncate-128.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", help="Of all that is drawn at random.", rich_help_panel=_HOW
        ),
    ] = 0,
    shots: Annotated[
        str | None,
        typer.Option(
            "--shots",
            metavar="A,B,...",
            show_default="5,10,20, as far as there are enough",
            help="Samples a class that the probes learn from.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    draws: Annotated[
        int,
        typer.Option(
            "--draws", metavar="N", help="How often they are drawn.", rich_help_panel=_HOW
        ),
    ] = 5,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            metavar="N",
            help="Labelled inputs at most; of more, an even sample.",
            rich_help_panel=_HOW,
        ),
    ] = 10_000,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines/--no-baselines",
            help="Hold encoders against TF-IDF, pixels, and their twins of random weights.",
            rich_help_panel=_HOW,
        ),
    ] = True,
    on_error: Annotated[
        options.OnError,
        typer.Option(
            "--on-error",
            help="At a labelled input that cannot be used: stop, or skip it.",
            rich_help_panel=_HOW,
        ),
    ] = options.OnError.STOP,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE.html",
            help="Write a page with the figures and pictures.",
            rich_help_panel=_RESULTS,
        ),
    ] = None,
    gates: Annotated[
        list[str] | None,
        typer.Option(
            "--gate",
            metavar="EXPR",
            help="What must hold of every encoder, such as 'probe.accuracy@10>=0.7'; where it "
            "does not, the exit code is 3. Repeatable.",
            rich_help_panel=_RESULTS,
        ),
    ] = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Judge encoders before you trust them, side by side and beside baselines.

    Labels give clustering, probes and health; queries retrieval; pairs a rank correlation. What is
    found is put on record, and `vecstore encoders show` tells it.
    """
    from vecstore.cli import evaluation_tables
    from vecstore.cli.columns import split_columns
    from vecstore.cli.training_bar import watched_bar
    from vecstore.judging.evaluate import figure_names
    from vecstore.judging.gates import judge_gates, parse_gates
    from vecstore.judging.request import EvaluationRequest
    from vecstore.training.data.rows import as_path

    chosen = _numbers(shots)
    given = {
        "labels": labelled is not None or label_key is not None,
        "queries": queries is not None,
        "pairs": pairs is not None,
    }
    # Looked at before a store is made, and before anything is read.
    for path in (labelled, queries, documents, pairs):
        as_path(path)
    EvaluationRequest(
        encoders=tuple(encoders or ()),
        labelled=labelled,
        queries=queries,
        documents=documents,
        pairs=pairs,
        collection=collection or "",
        label_key=label_key or "",
        transform=transform or "",
        seed=seed,
        shots=chosen,
        draws=draws,
        limit=limit,
    )
    wanted: list[Gate] = parse_gates(gates or (), figure_names(**given, shots=chosen))
    _require_writable(report)
    skipped: list[tuple[str, str]] = []
    with (
        open_embedded(data, server, database, "evaluating", create=not collection) as store,
        watched_bar() as on_progress,
    ):
        outcomes = store.evaluate(
            encoders or (),
            labelled=labelled,
            queries=queries,
            documents=documents,
            pairs=pairs,
            collection=collection or "",
            label_key=label_key or "",
            text_column=text_column,
            image_column=image_column,
            label_column=label_column,
            id_column=id_column,
            categories=split_columns(categories_columns),
            pair_columns=split_columns(pair_columns),
            image_folder=image_folder,
            transform=transform or "",
            seed=seed,
            shots=chosen,
            draws=draws,
            limit=limit,
            baselines=baselines,
            on_error=on_error.value,
            on_progress=on_progress,
            on_skipped=lambda place, why: skipped.append((place, why.message)),
        )
    verdicts = judge_gates(wanted, outcomes)
    if as_json:
        output.print_json(evaluation_tables.document(outcomes, verdicts, skipped))
    else:
        evaluation_tables.note_skipped(skipped)
        evaluation_tables.print_outcomes(outcomes)
        evaluation_tables.print_verdicts(verdicts)
    _write_report(report, outcomes, as_json=as_json)
    return 0 if all(one.passed for one in verdicts) else GATE_NOT_PASSED


def _numbers(given: str | None) -> tuple[int, ...] | None:
    """``"5,10"`` as numbers; None stays None."""
    if given is None:
        return None
    try:
        return tuple(int(one) for one in given.split(","))
    except ValueError:
        raise InvalidArgument(
            f"--shots is {given!r}; give whole numbers with commas between, such as 5,10,20",
            field="shots",
        ) from None


def _require_writable(report: Path | None) -> None:
    if report is not None:
        from vecstore.judging.report import require_writable

        require_writable(report)


def _write_report(report: Path | None, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if report is None:
        return
    from vecstore.judging.report import write_report

    write_report(report, outcomes)
    if not as_json:
        output.print_line(f"report: {report}")
