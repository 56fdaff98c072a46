"""What ``vecstore dimensions`` prints: two tables and the commands, or JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from vecstore.cli import output, shapes

if TYPE_CHECKING:
    from vecstore.evaluation.dimensions import Price
    from vecstore.evaluations import Figure
    from vecstore.judging.dimensions.values import Choice, Dimensions

INDEX_NOTE = (
    "an index's size is that of its saved file: vectors, links and keys; its speed is that of one "
    "thread, the best of 15 rounds of this run, beside that of the full vectors"
)
Commands = Callable[["Price"], list[str]]

FORECAST = "forecast"
FORECAST_NOTE = (
    "half, int8 and sign are a forecast: the index stores float32. int8 has 256 steps between the "
    "smallest and the greatest number of each dimension; half and int8 are compared with queries "
    "in float32, sign with sign"
)


def document(found: Dimensions, commands: Commands) -> dict[str, Any]:
    """The whole of it as JSON."""
    return {
        "encoder": f"{found.space.model}@{found.space.version}",
        "space": shapes.space(found.space),
        "data": {
            "name": found.data.name,
            "digest": found.data.digest,
            "counts": dict(found.data.counts),
        },
        "metric": "cosine",
        "seed": found.seed,
        "corpus": found.corpus,
        "queries": found.queries,
        "samples": found.samples,
        "draws": found.draws,
        "tested": found.tested,
        "indexed": found.indexed,
        "prices": [_price(one, found) for one in found.prices],
        "smallest": [
            {
                "figure": one.figure,
                "keeps": one.share,
                "method": str(one.method),
                "dim": one.price.dim,
                "bytes": one.price.bytes,
                "commands": [] if found.external else commands(one.price),
            }
            for one in found.choices
        ],
        "notes": [*found.notes, INDEX_NOTE, FORECAST_NOTE],
    }


def _price(one: Price, found: Dimensions) -> dict[str, Any]:
    full = found.full.queries_per_second
    ratio = one.queries_per_second / full if one.queries_per_second and full else None
    return {
        "method": str(one.method),
        "dim": one.dim,
        "bytes": one.bytes,
        "forecast": one.method.forecast,
        "recall@10": _figure(one.recall),
        "accuracy": None if one.accuracy is None else _figure(one.accuracy),
        "index_bytes": one.index_bytes,
        "queries_per_second": one.queries_per_second,
        "queries_ratio": ratio,
        "zeros": one.zeros,
    }


def _figure(value: Figure) -> dict[str, float | None]:
    return {"value": value.value, "low": value.low, "high": value.high}


def print_tables(found: Dimensions, commands: Commands) -> None:
    """For people."""
    space = found.space
    output.print_line(
        f"{space.model}@{space.version} ({space.dim:,} dims) on {found.data.name}: {_how(found)}"
    )
    output.print_line("")
    accuracy = [f"accuracy, {found.samples} a class"] if found.samples else []
    columns = ["method", "dims", "bytes", "recall@10", *accuracy]
    columns += [f"index of {found.indexed:,}", "queries/s"]
    output.print_table(columns, [_row(one, found) for one in found.prices], right=columns[1:])
    for note in (*found.notes, INDEX_NOTE, FORECAST_NOTE):
        output.print_line(f"- {note}")
    if not found.choices:
        return
    output.print_line("")
    output.print_table(
        ["the smallest that keeps", "by", "dims", "bytes"],
        [
            [f"{one.share:.0%} of {one.figure}", one.method.words, *_size(one, found)]
            for one in found.choices
        ],
        right=["dims", "bytes"],
    )
    if not found.external:
        _print_commands(found.choices, commands)


def _how(found: Dimensions) -> str:
    parts = [f"{found.queries:,} queries over {found.corpus:,} vectors"]
    if found.samples:
        parts.append(f"the classes of {found.tested:,} told, by {found.draws} draws of samples")
    return "; ".join(parts)


def _row(one: Price, found: Dimensions) -> list[str]:
    cells = [one.method.words, f"{one.dim:,}", f"{one.bytes:,}", _range(one.recall)]
    if found.samples:
        cells.append("" if one.accuracy is None else _range(one.accuracy))
    if one.index_bytes is None or not one.queries_per_second or not found.full.queries_per_second:
        return [*cells, FORECAST, FORECAST]
    ratio = one.queries_per_second / found.full.queries_per_second
    return [
        *cells,
        f"{one.index_bytes / 1e6:,.1f} MB",
        f"{one.queries_per_second:,.0f} ({ratio:.1f}x)",
    ]


def _range(figure: Figure) -> str:
    # All alike, as for the full vectors: no range at all.
    return f"{figure.value:.3f}" if figure.low == figure.high else str(figure)


def _size(one: Choice, found: Dimensions) -> list[str]:
    whole = one.price is found.full
    return ["all" if whole else f"{one.price.dim:,}", f"{one.price.bytes:,}"]


def _print_commands(choices: Sequence[Choice], commands: Commands) -> None:
    listed = dict.fromkeys(tuple(commands(one.price)) for one in choices)
    found = [lines for lines in listed if lines]
    if found:
        output.print_line("")
        output.print_line("What makes them real:")
    for lines in found:
        for line in lines:
            output.print_line(f"  {line}")
