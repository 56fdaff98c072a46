"""``vecstore collections calibrate``, and how calibrations and strange queries are put in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument, InvalidInput

if TYPE_CHECKING:
    from vecstore.calibrations import Calibration, Unfamiliarity
    from vecstore.records import Query

NOT_EVALUATED = "never evaluated; vecstore evaluate does that"


class MeasureName(StrEnum):
    """What distances are measured to."""

    NEAREST = "nearest"
    PROTOTYPES = "prototypes"
    MAHALANOBIS = "mahalanobis"


def calibrate(
    collection: options.CollectionName,
    queries: Annotated[
        str | None,
        typer.Argument(
            metavar="[QUERIES]",
            help="Ordinary queries: a file with one on each line, JSON lines, CSV, or - for lines "
            "on standard input. A row may be a vector, as `vecstore encode --json` prints it.",
            show_default=False,
        ),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option("--text-column", metavar="NAME", help="The column of a query's text."),
    ] = None,
    label_key: Annotated[
        str | None,
        typer.Option(
            "--label-key", metavar="KEY", help="Key of the payload that holds a record's class."
        ),
    ] = None,
    measure: Annotated[
        MeasureName | None,
        typer.Option(
            "--measure",
            help="Distance to the nearest record, or to classes: to their prototypes (where a "
            "label key is named), or by relative Mahalanobis.",
        ),
    ] = None,
    gather: Annotated[
        bool | None,
        typer.Option(
            "--gather/--no-gather",
            help="Keep vectors of queries from use, to calibrate with; or no more, and delete "
            "those kept.",
            show_default=False,
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Forget queries, measure and consent first.")
    ] = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Tell from ordinary queries which others are strange to a collection.

    Search answers then say where a query stands among them, and flag what lies farther from the
    records than 95 of 100. Only vectors of the queries are kept, 1,000 at most.
    """
    from vecstore.cli import shapes
    from vecstore.cli.training_bar import watched_bar
    from vecstore.tasks import Progress

    if text_column is not None and queries is None:
        raise InvalidArgument(
            f"--text-column {text_column} says which column of a file holds the queries; give the "
            "file",
            field="text_column",
        )
    given = None if queries is None else _read(queries, text_column)
    with open_target(data, server, database) as store, watched_bar() as show:
        if show is not None:
            show(Progress("calibrating"))
        calibration = store.collection(collection).calibrate(
            given,
            label_key=label_key,
            measure=None if measure is None else measure.value,
            gather=gather,
            clear=clear,
        )
    if as_json:
        output.print_json(shapes.calibration(calibration))
    else:
        output.print_fields(fields(calibration))


def fields(value: Calibration) -> dict[str, str]:
    """A calibration, line by line."""
    measure = str(value.measure)
    if value.label_key is not None:
        measure += f" by {value.label_key}"
    shown = {"unfamiliar by": f"{measure}, {_basis(value)}"}
    if value.threshold is not None:
        shown["flagged beyond"] = f"{value.threshold:.4f}"
    if value.gathers:
        shown["gathers queries"] = "yes, as vectors"
    if value.note:
        shown["calibration"] = value.note
    return shown


def sentence(value: Unfamiliarity, calibration: Calibration | None) -> str:
    """How strange a query is."""
    if value.percentile is None:
        return (calibration and calibration.note) or "not calibrated"
    number = "" if calibration is None else f"{calibration.points:,} "
    among = f"{number}ordinary queries" if value.flagged is not None else f"{number}records"
    place = f"{_ordinal(int(value.percentile))} percentile of {among}"
    if value.flagged:
        return f"unfamiliar: {place} (flagged)"
    return f"familiar: {place}" if value.flagged is not None else f"distance: {place} (no flag)"


def _basis(value: Calibration) -> str:
    many = f"{value.points:,} " if value.points else ""
    if value.basis == "queries":
        return f"{many}queries {'from use' if value.source == 'use' else 'supplied'}"
    return f"{many}records" if value.basis == "records" else "not calibrated"


def _ordinal(number: int) -> str:
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _read(name: str, text_column: str | None) -> list[Query]:
    """The queries of a file.

    Raises:
        InvalidArgument, InvalidInput: it cannot be read; the message names the line.
    """
    from vecstore.config import Settings
    from vecstore.familiarity.requests import evenly
    from vecstore.files.lines import open_source, read_lines
    from vecstore.files.rows import known_format, read_rows

    form = known_format(name)
    if form is None and text_column is not None:
        form = "jsonl"
    with open_source(name, wanted="a file with one query on each line, or -") as source:
        if form is None:
            found: list[Query] = [text.strip() for _, text, _ in read_lines(source) if text.strip()]
        else:
            found = [
                _query(row.values, text_column, row.line, source.name)
                for row in read_rows(source, form)
            ]
    # A call takes so many; of more, evenly spread ones are as good.
    return [found[place] for place in evenly(len(found), Settings.from_environment().max_batch)]


def _query(values: Mapping[str, object], text_column: str | None, line: int, name: str) -> Query:
    """The query of a row: its text, or the vector that it is."""
    from vecstore.exchange.values import read_vector

    column = text_column or "text"
    if text_column is None and {"space", "values"} <= set(values):
        return read_vector(values)
    if column not in values:
        raise InvalidInput(
            f"line {line} of {name} has no column {column!r}, but {', '.join(values)}; say which "
            "one holds the query with --text-column",
            file=name,
            line=line,
        )
    text = values[column]
    if not isinstance(text, str):
        raise InvalidInput(
            f"line {line} of {name} has {text!r} in the column {column!r}; a text is needed",
            file=name,
            line=line,
        )
    return text
