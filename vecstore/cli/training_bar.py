"""The progress bar of a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from vecstore.cli.model_fields import duration

if TYPE_CHECKING:
    from rich.console import Console

    from vecstore.tasks import Progress


@contextmanager
def training_bar(console: Console) -> Iterator[Callable[[Progress], None]]:
    """A bar that shows what it is told, and goes away at the end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
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


def figures(progress: Progress) -> str:
    """The numbers beside the bar: those that there are."""
    parts = []
    if progress.steps is not None:
        parts.append(f"{progress.step:,}/{progress.steps:,}")
    elif progress.step:
        parts.append(f"{progress.step:,}")
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.4f}")
    if progress.validation is not None:
        parts.append(f"validation {progress.validation:.4f}")
    if progress.rate is not None:
        parts.append(f"{progress.rate:,.0f} {progress.unit or 'units'}/s")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return "  ".join(parts)
