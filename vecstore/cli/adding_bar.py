"""The progress bar of ``vecstore add``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING

from vecstore.cli import output

if TYPE_CHECKING:
    from vecstore.cli.reading import Reading


@contextmanager
def adding_bar(reading: Reading) -> Iterator[Callable[[int, int], None]]:
    """A progress bar where somebody watches; nothing elsewhere.

    Yields:
        What to call with the records stored, and how much of the whole is done.
    """
    if not output.watched():
        yield lambda _stored, _done: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    # A long path would leave no room for the numbers.
    shown = PurePath(reading.name).name or reading.name
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[stored]:,} records"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task(shown, total=reading.total, stored=0)
        yield lambda stored, done: bar.update(task, completed=done, stored=stored)
