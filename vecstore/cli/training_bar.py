"""The progress bar of a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

from vecstore.cli import output

if TYPE_CHECKING:
    from rich.console import Console

    from vecstore.tasks import Progress


@contextmanager
def training_bar(console: Console) -> Iterator[Callable[[Progress], None]]:
    """A bar that shows what it is told, and goes away at the end."""
    # The bar takes the room that the figures leave.
    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),
        TextColumn("{task.fields[figures]}", markup=False, table_column=Column(no_wrap=True)),
    )
    with Bar(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task("starting", total=None, figures="")
        stage = ""

        def show(progress: Progress) -> None:
            nonlocal stage
            if progress.stage != stage:
                stage = progress.stage
                bar.reset(task, description=stage)
            bar.update(
                task, completed=progress.step, total=progress.steps, figures=figures(progress)
            )

        yield show


@contextmanager
def watched_bar() -> Iterator[Callable[[Progress], None] | None]:
    """A bar on standard error where somebody watches; nothing elsewhere."""
    if not output.watched():
        yield None
        return
    with training_bar(output.console(stderr=True)) as show:
        yield show


def figures(progress: Progress) -> str:
    """The numbers beside the bar: those that there are."""
    parts = []
    if progress.steps is not None:
        parts.append(f"{progress.step:,}/{progress.steps:,}")
    elif progress.step:
        parts.append(f"{progress.step:,}")
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.3f}")
    if progress.validation is not None:
        parts.append(f"held out {progress.validation:.3f}")
    if progress.rate is not None:
        parts.append(f"{progress.rate:,.0f} {progress.unit or 'units'}/s")
    if progress.seconds_left is not None:
        parts.append(f"{clock(progress.seconds_left)} left")
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as minutes and hours."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
