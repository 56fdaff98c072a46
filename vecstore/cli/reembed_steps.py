"""What may be done next with a re-embedding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vecstore.reembeddings import ReembedState, ReembedStatus

if TYPE_CHECKING:
    from vecstore.cli.reembed_place import Place


def next_steps(place: Place, status: ReembedStatus) -> Iterator[tuple[str, str]]:
    """What may be done next: what for, and the command."""
    if status.state.over:
        return
    if status.state is ReembedState.SWITCHED:
        yield "to go back", place.command("rollback")
        yield "to let the old space go", place.command("finish")
        return
    if status.elsewhere:
        yield "to watch it", place.on_a_server("watch")
        return
    if status.running:
        yield "to watch it", place.command("watch")
        yield "to pause it", place.command("pause")
    elif status.state in (ReembedState.FILLING, ReembedState.PAUSED, ReembedState.STOPPED):
        yield "to go on", place.command("resume")
    else:
        yield from _filled(place, status)
    yield "to give it up", place.command("cancel")


def _filled(place: Place, status: ReembedStatus) -> Iterator[tuple[str, str]]:
    """What may be done once every record has been looked at."""
    yield "to look first", place.search(status.target.name)
    if status.report is not None:
        yield "to read what was found", place.command("report")
    if status.counts.failed:
        yield "to see what was refused", place.command("failures")
    if status.state is ReembedState.BELOW_GATE:
        yield "to use other gates", place.command("resume", "--gate", "FIGURE>=BOUND")
    if not status.blocked:
        yield "to switch", place.command("switch")
