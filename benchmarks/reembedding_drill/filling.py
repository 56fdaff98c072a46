"""The new space is filled, while the server is killed again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.reembedding_drill.found import Found
from benchmarks.reembedding_drill.ground import Way
from benchmarks.reembedding_drill.served import Served
from vecstore.cli.reembed_bar import doing, figures
from vecstore.client.reembedding import RemoteReembedding
from vecstore.reembeddings import ReembedState, ReembedStatus

# Seconds between two looks at how many vectors are made, and at the status.
LOOK, EVERY = 0.01, 0.5


class Filling:
    """Begins the re-embedding, and sees it through.

    Args:
        moving: the re-embedding.
        served: the server.
        found: is told the figures.
        show: is told what goes on.
    """

    def __init__(
        self,
        moving: RemoteReembedding,
        served: Served,
        found: Found,
        show: Callable[[str], None],
    ) -> None:
        self._moving, self._served, self._found, self._show = moving, served, found, show

    def run(self, way: Way, cores: float, records: int, kills: int) -> None:
        """Begin, kill the server so often, spread over the records, and wait until it is ready.

        Raises:
            RuntimeError: it came to another end.
        """
        found, served = self._found, self._served
        began, wall, away = time.monotonic(), time.time(), served.away
        self._moving.start(way.target, transform=way.transform, cores=cores)
        for number in range(kills):
            self._wait_until_made((number + 1) * records // (kills + 1))
            found.kills.append(served.made() < records)
            served.kill()
            self._show(f"killed the server, {number + 1} of {kills} times")
            served.start()
        self._require_ready()
        found.ready = time.monotonic() - began
        found.filling = served.made_last() - wall
        found.away = served.away - away
        found.made, found.again = served.made(), served.made_again()

    def _wait_until_made(self, count: int) -> None:
        """Wait for so many new vectors, or until nothing is filled any more."""
        looked = time.monotonic()
        while self._served.made() < count:
            time.sleep(LOOK)
            if time.monotonic() - looked > EVERY:
                status = self._moving.status()
                self._tell(status)
                if status.state is not ReembedState.FILLING:
                    return
                looked = time.monotonic()

    def _require_ready(self) -> None:
        status = self._moving.status()
        for status in self._moving.watch(EVERY):
            self._tell(status)
        if status.state is not ReembedState.READY:
            why = " ".join((status.error, *status.blocked))
            raise RuntimeError(f"it is {status.state} once it was filled: {why}")

    def _tell(self, status: ReembedStatus) -> None:
        self._show(f"{doing(status)}  {figures(status)}")
