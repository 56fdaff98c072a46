"""The progress bar of backups and restores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vecstore.cli import output

if TYPE_CHECKING:
    from vecstore.backups.values import Progress


@contextmanager
def backup_bar(doing: str) -> Iterator[Progress | None]:
    """A progress bar in bytes where somebody watches; nothing elsewhere."""
    if not output.watched():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
