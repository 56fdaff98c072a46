"""Watching a re-embedding: a progress bar where somebody looks, until it needs somebody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vecstore.cli import output
from vecstore.cli.training_bar import clock
from vecstore.reembeddings import Doing, ReembedStatus

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds between two looks at what goes on.
EVERY = 0.25


def watched_to_its_end(statuses: Iterable[ReembedStatus]) -> ReembedStatus | None:
    """Show each of these, and give back the last one; None where there was none."""
    last = None
    with reembed_bar() as show:
        for last in statuses:
            show(last)
    return last


@contextmanager
def reembed_bar() -> Iterator[Callable[[ReembedStatus], None]]:
    """A bar on standard error where somebody watches; nothing elsewhere."""
    if not output.watched():
        yield lambda _status: None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
    )
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None, figures="")

        def show(status: ReembedStatus) -> None:
            judging = _judging(status)
            bar.update(
                task,
                description=doing(status),
                # Until they are counted, nobody knows how many there are.
                total=None if judging else status.counts.total or None,
                completed=status.counts.total - status.counts.pending,
                figures=figures(status),
            )

        yield show


def doing(status: ReembedStatus) -> str:
    """What goes on, in a word."""
    return "judging" if _judging(status) else str(status.state).replace("_", " ")


def figures(status: ReembedStatus) -> str:
    """The numbers beside the bar: those that there are."""
    counts = status.counts
    if not counts.total:
        return ""
    parts = [f"{counts.total - counts.pending:,}/{counts.total:,} records"]
    if status.records_per_second is not None and not _judging(status):
        parts.append(f"{status.records_per_second:,.0f}/s")
    if status.seconds_left is not None and not _judging(status):
        parts.append(f"{clock(status.seconds_left)} left")
    return "  ".join(parts)


def _judging(status: ReembedStatus) -> bool:
    return status.doing is Doing.JUDGING
