"""The drill from its beginning to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import vecstore
from benchmarks.reembedding_drill import checks, disk, ground
from benchmarks.reembedding_drill.clients import DOCS, TIMEOUT, Client, Searcher, Stage, Writer
from benchmarks.reembedding_drill.filling import Filling
from benchmarks.reembedding_drill.found import Found
from benchmarks.reembedding_drill.ground import Way
from benchmarks.reembedding_drill.ledger import Ledger
from benchmarks.reembedding_drill.served import Served
from vecstore.reembeddings import ReembedStatus

if TYPE_CHECKING:
    from vecstore.client.store import RemoteStore

# Seconds that clients have between two steps, and before the first one.
QUIET, BETWEEN = 10.0, 4.0


class Drill:
    """A served store on its way to another encoder.

    Args:
        folder: empty.
        way: from which encoder to which.
        texts: what is stored, by record id.
        others: that are asked with, and made new texts of.
        kills: how often the server is killed while the new space is filled.
        cores: share of the cores that encoding may use.
        seed: of what the clients do.
        show: is told what goes on.
    """

    def __init__(
        self,
        folder: Path,
        way: Way,
        texts: Mapping[str, str],
        others: list[str],
        *,
        kills: int,
        cores: float,
        seed: int,
        show: Callable[[str], None],
    ) -> None:
        self._way, self._texts, self._kills = way, texts, kills
        self._cores, self._seed, self._show = cores, seed, show
        self.served, self.found, self.ledger = Served(folder), Found(), Ledger(texts)
        self._stage = Stage()
        given = (self.served, self.ledger, self._stage, others)
        self._clients: list[Client] = [Searcher(*given, seed), Writer(*given, seed + 1)]

    def run(self) -> None:
        """Build, fill with kills, switch, roll back, switch again, finish, look.

        Raises:
            RuntimeError: it came to a halt; the message says where.
        """
        self._build()
        self._disk("before")
        try:
            self.served.start()
            with (
                disk.fullest(self.served.data, self._fullest),
                vecstore.connect(self.served.address, timeout=TIMEOUT, retries=20) as client,
            ):
                self._served(client)
        finally:
            self._stage.over.set()
            for one in self._clients:
                one.join()
            self.served.stop()
        self._disk("after finish")
        self._look()

    def _build(self) -> None:
        began = time.perf_counter()
        for count in ground.build(self.served.data, self._way, self._texts):
            self._show(f"storing {count:,}/{len(self._texts):,} records in {self._way.source}")
        self.found.ingested = time.perf_counter() - began
        self._alone()

    def _alone(self) -> None:
        self._show(f"measuring {self._way.target} alone")
        with ground.opened(self.served.data) as store:
            texts = list(self._texts.values())
            self.found.alone.append(ground.rate(store, self._way.target, texts, self._seed))

    def _served(self, client: RemoteStore) -> None:
        docs = client.collection(DOCS)
        moving = docs.reembedding()
        old, new = docs.space, client.space(self._way.target, transform=self._way.transform)
        plan = moving.plan(self._way.target, transform=self._way.transform, cores=self._cores)
        self.found.planned, self.found.planned_bytes = plan.seconds, plan.bytes_needed
        self._stage.spaces = frozenset({old.name})
        for one in self._clients:
            one.start()
        self._let("searching in quiet", "before", QUIET)
        self._stage.phase = "while filling"
        Filling(moving, self.served, self.found, self._show).run(
            self._way, self._cores, len(self._texts), self._kills
        )
        (tagged,) = client.encode(self._way.source, ["a vector of the space that is left"])
        self.found.switches.append(self._exchanged("switching", moving.switch, new.name))
        self._let("searching in the new space", "after the switch", BETWEEN)
        self._faults(checks.retired(client, tagged, new.name))
        self._faults(checks.by_own_text(client, new.name, self.ledger.written(), self._seed))
        self.found.rolled_back = self._exchanged("rolling back", moving.rollback, old.name)
        self._let("searching in the old space", "rolled back", BETWEEN)
        docs.search(tagged, k=1)
        self._faults(checks.by_own_text(client, old.name, self.ledger.written(), self._seed))
        self.found.switches.append(self._exchanged("switching again", moving.switch, new.name))
        self._let("searching in the new space", "after the switch", BETWEEN)
        self._stage.phase = "while finishing"
        moving.finish()
        self._show("finishing, until the room is given back")
        disk.wait_for_room(self.served.data)
        self._let("searching after the finish", "after finish", QUIET)
        self._stage.over.set()
        for one in self._clients:
            one.join()
        self._show("comparing every record with what was acknowledged")
        texts = self.ledger.texts()
        self._faults(checks.lost(client, texts))
        self._faults(checks.by_own_text(client, new.name, texts, self._seed))

    def _exchanged(self, what: str, step: Callable[[], ReembedStatus], live: str) -> float:
        """Take a step after which another space is live; the seconds that it took."""
        self._show(what)
        self._stage.spaces |= {live}
        began = time.perf_counter()
        step()
        took = time.perf_counter() - began
        self._stage.spaces = frozenset({live})
        return took

    def _let(self, what: str, phase: str, seconds: float) -> None:
        self._show(what)
        self._stage.phase = phase
        time.sleep(seconds)

    def _look(self) -> None:
        self._show("comparing vectors with what the encoder gives")
        with ground.opened(self.served.data) as store:
            self._faults(ground.wrong(store, self._way, self.ledger.texts(), self._seed))
        self._alone()

    def _faults(self, found: list[str]) -> None:
        for one in found:
            self.ledger.fault(one)

    def _disk(self, when: str) -> None:
        self.found.disk[when] = disk.used(self.served.data)

    def _fullest(self, most: int) -> None:
        self.found.disk["at the fullest"] = most
