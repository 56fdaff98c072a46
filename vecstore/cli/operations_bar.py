"""The progress bar of work that goes on elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vecstore.cli import output

if TYPE_CHECKING:
    from vecstore.operations import Operation


@contextmanager
def operation_bar() -> Iterator[Callable[[Operation], None]]:
    """A bar on standard error where somebody watches; nothing elsewhere."""
    if not output.watched():
        yield lambda _operation: None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[message]}", markup=False),
    )
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0, message="")

        def look(operation: Operation) -> None:
            bar.update(
                task,
                description=operation.state.replace("_", " "),
                completed=operation.progress,
                message=operation.message,
            )

        yield look
