"""Kill a real server with SIGKILL while clients write, and look at what is left."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import vecstore
from vecstore import Record

SERVER = Path(__file__).with_name("server.py")
BATCH = 8
# No client writes another's batches, so none of these is ever right.
REFUSED = (vecstore.AlreadyExists, vecstore.RecordNotFound, vecstore.InvalidArgument)


class State(NamedTuple):
    """Of every record of a batch: how its text begins, and the mark in its payload."""

    text: str
    mark: float | None = None


@dataclass(frozen=True)
class Operation:
    """A write of a whole batch; sent again, it is not done again."""

    batch: str
    before: State | None
    after: State | None
    how: float
    key: str

    @property
    def ids(self):
        return [f"{self.batch}-{n}" for n in range(BATCH)]

    def run(self, docs) -> int:
        chosen = {"idempotency_key": self.key}
        ids = self.ids
        if self.how < 0.5 and self.before is not None:
            where = {"filter": {"batch": self.batch}}
        else:
            where = {"ids": ids}
        if self.after is None:
            return docs.delete(**where, **chosen)
        if self.after.mark is not None:
            return docs.update_payload(**where, set={"mark": self.after.mark}, **chosen)
        records = [
            Record(id=i, text=f"{self.after.text} {i}", payload={"batch": self.batch}) for i in ids
        ]
        if self.how < 0.5:
            return docs.upsert(records, **chosen)
        return (docs.insert if self.before is None else docs.update)(records, **chosen)


def draw(rng: random.Random, batch: str, before: State | None) -> Operation:
    """The next operation: deletes and payloads only of what is there."""
    what, after = rng.random(), State(f"{batch} {rng.random()}")
    if before and what < 0.3:
        after = None
    elif before and what < 0.6:
        after = State(before.text, rng.random())
    return Operation(batch, before, after, rng.random(), f"{rng.random()}")


@dataclass
class Ledger:
    """What one client was told: by batch name, what its records are, or None once deleted.

    ``open`` is the operation that was under way when the server died.
    """

    known: dict[str, State | None] = field(default_factory=dict)
    open: Operation | None = None
    refused: list[str] = field(default_factory=list)


class Server:
    def __init__(self, data: Path, *flags: str) -> None:
        address = data.parent / "address"
        address.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), str(data), str(address), *flags],
            stderr=subprocess.PIPE,
        )
        while not address.exists():
            if self.process.poll() is not None:
                raise AssertionError(self.process.stderr.read().decode())
            time.sleep(0.01)
        self.address = address.read_text()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stderr.close()


def write(address: str, worker: int, ledger: Ledger, seed: int) -> None:
    """Write, change and delete batches until the server is gone."""
    rng = random.Random(seed)
    try:
        with vecstore.connect(address, timeout=20, retries=0) as client:
            docs = client.collection("docs")
            while True:
                batch = f"{worker}-{rng.randrange(12)}"
                ledger.open = draw(rng, batch, ledger.known.get(batch))
                ledger.open.run(docs)
                ledger.known[batch] = ledger.open.after
                ledger.open = None
    except REFUSED as error:
        ledger.refused.append(f"batch {ledger.open.batch} was refused: {error}")
    except (vecstore.Unavailable, vecstore.DeadlineExceeded, vecstore.InternalError):
        return


def check(address: str, ledgers: list[Ledger]) -> list[str]:
    """What the store has that it must not have, or lacks; settles operations left open."""
    wrong = []
    with vecstore.connect(address, timeout=20) as client:
        docs = client.collection("docs")
        found = {}
        token = ""
        while True:
            page = docs.list(page_size=500, page_token=token)
            found.update({r.id: (r.text, r.payload.get("mark")) for r in page.records})
            token = page.next_page_token
            if not token:
                break
        for ledger in ledgers:
            for batch in sorted({*ledger.known, *([ledger.open.batch] if ledger.open else [])}):
                wrong += _check_batch(docs, found, ledger, batch)
        if docs.count() != len(found):
            wrong.append(f"count says {docs.count()}, the list has {len(found)}")
        everything = {hit.id for hit in docs.search("anything at all", k=len(found) + 10)}
        if everything != set(found):
            wrong.append(f"search and list differ by {sorted(everything ^ set(found))[:5]}")
        wrong += [line for ledger in ledgers for line in ledger.refused]
        if not wrong:
            wrong = [line for ledger in ledgers for line in _send_again(docs, ledger)]
    return wrong


def _check_batch(docs, found, ledger: Ledger, batch: str) -> list[str]:
    ids = [f"{batch}-{n}" for n in range(BATCH)]
    allowed = [ledger.known.get(batch)]
    if ledger.open and ledger.open.batch == batch:
        allowed = [ledger.open.before, ledger.open.after]
    for state in allowed:
        expected = {i: None if state is None else (f"{state.text} {i}", state.mark) for i in ids}
        if {i: found.get(i) for i in ids} == expected:
            ledger.known[batch] = state
            if state is not None:
                hit = docs.search(f"{state.text} {ids[0]}", k=1)[0]
                return [] if hit.id == ids[0] else [f"{ids[0]} is not found by its own text"]
            return []
    return [f"batch {batch} is {[found.get(i) for i in ids]}, allowed was {allowed}"]


def _send_again(docs, ledger: Ledger) -> list[str]:
    """Send what was under way once more, and see that it is done, once."""
    operation, ledger.open = ledger.open, None
    if operation is None:
        return []
    batch, after = operation.batch, operation.after
    try:
        done = operation.run(docs)
    except REFUSED as error:
        return [f"batch {batch}, sent again: {error}"]
    ledger.known[batch] = after
    found = [r.payload.get("mark") for r in docs.list(filter={"batch": batch}).records]
    if done != BATCH or found != ([] if after is None else [after.mark] * BATCH):
        return [f"batch {batch}, sent again: {done} records, marks {found}"]
    return []


def run(data: Path, rounds: int, seed: int, *flags: str, workers: int = 3) -> list[str]:
    """Kill a server ``rounds`` times; what was wrong after any of them."""
    rng = random.Random(seed)
    with vecstore.open(data) as store:
        store.create_collection("docs", encoder="hashing@1")
    ledgers = [Ledger() for _ in range(workers)]
    server = Server(data, *flags)
    for number in range(rounds):
        threads = [
            threading.Thread(target=write, args=(server.address, worker, ledger, rng.random()))
            for worker, ledger in enumerate(ledgers)
        ]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.02, 0.6))
        server.kill()
        for thread in threads:
            thread.join()
        server = Server(data, *flags)
        wrong = check(server.address, ledgers)
        if wrong:
            server.kill()
            return [f"round {number}: {line}" for line in wrong]
    server.kill()
    if not any(ledger.known for ledger in ledgers):
        return ["nothing was ever acknowledged: the test tested nothing"]
    return []
