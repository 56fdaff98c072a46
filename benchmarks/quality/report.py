"""The rows as one table: on a terminal, and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from benchmarks.quality.rows import Row

COLUMNS = ("task", "data", "figure", "achieved", "seeds", "bar", "best baseline", "")


def rich_table(rows: Iterable[Row]) -> Table:
    """For a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in ("achieved", "seeds") else "left")
    for row in rows:
        *cells, verdict = _cells(row)
        style = {"met": "green", "missed": "bold red"}.get(verdict, "")
        table.add_row(*cells, f"[{style}]{verdict}[/]" if style else verdict)
    return table


def sentences(rows: Iterable[Row]) -> list[str]:
    """What the table does not say."""
    return [f"{row.task}, {row.figure}: {row.words}" for row in rows if row.words]


def page(beginning: str, rows: Sequence[Row], about: Mapping[str, str]) -> str:
    """The page of the documentation.

    Args:
        beginning: its title, and what a reader must know before the table; ends with a new line.
        rows: the lines of the table.
        about: the machine.
    """
    lines = [beginning, "| " + " | ".join(COLUMNS) + " |", "|---|---|---|---:|---:|---|---|---|"]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    if said := sentences(rows):
        lines += ["", *(f"- {sentence}" for sentence in said)]
    lines += ["", "Machine: " + ", ".join(f"{key} {value}" for key, value in about.items()) + "."]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    interval = f" ({row.interval})" if row.interval else ""
    baseline = row.baseline_name
    if row.baseline is not None:
        baseline = f"{row.baseline_name} {row.baseline:.3f}"
    verdict = ("met" if row.met else "missed") if row.bar else ""
    achieved = f"{row.achieved:.3f}{interval}"
    return [
        row.task,
        row.data,
        row.figure,
        achieved,
        str(row.seeds),
        row.bar,
        baseline,
        verdict,
    ]
