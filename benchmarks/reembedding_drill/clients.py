"""Who searches and who writes while the space is changed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import vecstore
from benchmarks.reembedding_drill.ledger import Ledger
from benchmarks.reembedding_drill.served import Served
from vecstore import Record
from vecstore.client.collection import RemoteCollection

DOCS = "docs"
K = 10
TIMEOUT = 60.0
# Seconds between two searches, and between two writes.
THINKING, WRITING = 0.005, 0.05
# Seconds after a restart of which searches are counted apart: nothing is warm.
WARMING = 5.0
# Seconds after which a connection is there again.
CONNECTING = 3.0
AWAY = 0.02
# The share of deletes among the writes, and how many records are kept.
DELETED, FEWEST = 0.2, 100


@dataclass
class Stage:
    """What goes on: set by the drill, read by the clients.

    Args:
        phase: what searches are counted under.
        spaces: by name, those that may answer.
    """

    phase: str = "before"
    spaces: frozenset[str] = frozenset()
    over: threading.Event = field(default_factory=threading.Event)


class Client:
    """Calls the server all the time, in a thread of its own, until the stage is over.

    Args:
        served: the server.
        ledger: what is known.
        stage: what goes on.
        texts: that are asked with, or written.
        seed: of what is done.
    """

    pause = THINKING

    def __init__(
        self, served: Served, ledger: Ledger, stage: Stage, texts: list[str], seed: int
    ) -> None:
        self._served, self._ledger, self._stage, self._texts = served, ledger, stage, texts
        self._rng = random.Random(seed)
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            # Nothing is sent again by itself: each failure is to be seen.
            with vecstore.connect(self._served.address, timeout=TIMEOUT, retries=0) as client:
                docs = client.collection(DOCS)
                while not self._stage.over.is_set():
                    self.once(docs)
                    self._stage.over.wait(self.pause)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be seen
            self._ledger.fault(f"{type(self).__name__} ended: {error!r}")

    def once(self, docs: RemoteCollection) -> None:
        """One search, or one write."""
        raise NotImplementedError

    def _answered(self, call: Callable[[], None]) -> bool:
        """Whether a call was; not so where the server is away, and else it is a fault."""
        before = self._served.sitting
        try:
            call()
        except vecstore.Unavailable as error:
            present = before.alive and self._served.sitting == before
            if present and time.monotonic() - before.since > CONNECTING:
                self._ledger.fault(f"Unavailable while the server was there: {error}")
            self._ledger.refused()
            time.sleep(AWAY)
            return False
        except vecstore.VecstoreError as error:
            self._ledger.fault(f"{type(self).__name__} was refused: {error!r}")
        return True


class Searcher(Client):
    """Asks with one text after another, and looks at every answer."""

    def once(self, docs: RemoteCollection) -> None:
        text, gone = self._rng.choice(self._texts), self._ledger.deleted
        sitting, spaces, phase = self._served.sitting, self._stage.spaces, self._stage.phase

        def search() -> None:
            began = time.perf_counter()
            hits = docs.search(text, k=K)
            took = time.perf_counter() - began
            warming = sitting.number > 1 and time.monotonic() - sitting.since < WARMING
            self._ledger.took("after a kill" if warming else phase, took)
            if hits.space.name not in spaces | self._stage.spaces:
                self._ledger.fault(f"{hits.space.name} answered, and not {sorted(spaces)}")
            if len(hits) < K:
                self._ledger.fault(f"{len(hits)} hits for {text!r}")
            if back := gone.intersection(hit.id for hit in hits):
                self._ledger.fault(f"deleted records were found: {sorted(back)}")

        self._answered(search)


class Writer(Client):
    """Adds, changes and deletes records, and sends each write until it is acknowledged."""

    pause = WRITING

    def __init__(
        self, served: Served, ledger: Ledger, stage: Stage, texts: list[str], seed: int
    ) -> None:
        super().__init__(served, ledger, stage, texts, seed)
        self._present = list(ledger.texts())
        self._number = 0

    def once(self, docs: RemoteCollection) -> None:
        self._number += 1
        key = uuid4().hex
        if self._rng.random() < DELETED and len(self._present) > FEWEST:
            gone = [self._taken() for _ in range(2)]
            self._until_done(
                lambda: docs.delete(gone, idempotency_key=key),
                lambda: self._ledger.done({}, gone),
            )
            return
        texts = {self._id(): self._text(n) for n in range(self._rng.randint(1, 4))}
        records = [Record(id=one, text=text) for one, text in texts.items()]
        self._until_done(
            lambda: docs.upsert(records, idempotency_key=key), lambda: self._ledger.done(texts)
        )

    def _id(self) -> str:
        """Of a new record as often as of one that is there."""
        if self._rng.random() < 0.5:
            return self._rng.choice(self._present)
        self._present.append(f"new-{uuid4().hex[:12]}")
        return self._present[-1]

    def _taken(self) -> str:
        """A record that is there, and is not to be."""
        place = self._rng.randrange(len(self._present))
        self._present[place], self._present[-1] = self._present[-1], self._present[place]
        return self._present.pop()

    def _text(self, number: int) -> str:
        """One that no other record has."""
        return f"{self._rng.choice(self._texts)} {self._number}-{number}"

    def _until_done(self, call: Callable[[], int], done: Callable[[], None]) -> None:
        def write() -> None:
            call()
            done()

        while not self._answered(write):
            pass
