"""The progress bar of what reads records in, and of what writes them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING

from vecstore.cli import output

if TYPE_CHECKING:
    from vecstore.exchange.reading import Reading

# (records so far, how much of the whole is done)
Update = Callable[[int, int], object]


@contextmanager
def adding_bar() -> Iterator[Callable[[Reading], Update]]:
    """A progress bar where somebody watches; nothing elsewhere.

    Yields:
        What to call with what was opened; it returns what to call with the records stored, and how
        much of the whole is done.
    """
    with ExitStack() as shown:
        yield lambda reading: shown.enter_context(
            record_bar(reading.name, reading.total, in_bytes=reading.unit == "bytes")
        )


@contextmanager
def record_bar(name: str, total: int | None, *, in_bytes: bool = False) -> Iterator[Update]:
    """The bar of one file.

    Args:
        name: the file's.
        total: what there is to do; None where nobody knows.
        in_bytes: whether that is bytes.
    """
    if not output.watched():
        yield lambda _records, _done: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        *((DownloadColumn(),) if in_bytes and total else ()),
        TextColumn("{task.fields[records]:,} records"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
    )
    # A long path would leave no room for the numbers.
    shown = PurePath(name).name or name
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task(shown, total=total, records=0, rate=0.0)

        def update(records: int, done: int) -> None:
            seconds = bar.tasks[0].elapsed or 0.0
            rate = records / seconds if seconds else 0.0
            bar.update(task, completed=done, records=records, rate=rate)

        yield update
