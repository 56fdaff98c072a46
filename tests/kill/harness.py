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

import vecstore
from vecstore import Record

SERVER = Path(__file__).with_name("server.py")
BATCH = 8


@dataclass
class Ledger:
    """What one client was told: by batch name, the text of its records, or None once deleted.

    ``open`` is the operation that was under way when the server died: (batch, before, after).
    """

    known: dict[str, str | None] = field(default_factory=dict)
    open: tuple[str, str | None, str | None] | None = None


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
    """Upsert and delete batches until the server is gone."""
    rng = random.Random(seed)
    try:
        with vecstore.connect(address, timeout=20) as client:
            docs = client.collection("docs")
            while True:
                batch = f"{worker}-{rng.randrange(12)}"
                before = ledger.known.get(batch)
                after = None if before and rng.random() < 0.4 else f"{batch} {rng.random()}"
                ledger.open = (batch, before, after)
                ids = [f"{batch}-{n}" for n in range(BATCH)]
                if after is None:
                    docs.delete(ids)
                else:
                    docs.upsert([Record(id=i, text=f"{after} {i}") for i in ids])
                ledger.known[batch] = after
                ledger.open = None
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
            found.update({record.id: record.text for record in page.records})
            token = page.next_page_token
            if not token:
                break
        for ledger in ledgers:
            for batch in sorted({*ledger.known, *([ledger.open[0]] if ledger.open else [])}):
                wrong += _check_batch(docs, found, ledger, batch)
            ledger.open = None
        if docs.count() != len(found):
            wrong.append(f"count says {docs.count()}, the list has {len(found)}")
        everything = {hit.id for hit in docs.search("anything at all", k=len(found) + 10)}
        if everything != set(found):
            wrong.append(f"search and list differ by {sorted(everything ^ set(found))[:5]}")
    return wrong


def _check_batch(docs, found, ledger: Ledger, batch: str) -> list[str]:
    ids = [f"{batch}-{n}" for n in range(BATCH)]
    allowed = [ledger.known.get(batch)]
    if ledger.open and ledger.open[0] == batch:
        allowed = list(ledger.open[1:])
    for text in allowed:
        expected = {i: None if text is None else f"{text} {i}" for i in ids}
        if {i: found.get(i) for i in ids} == expected:
            ledger.known[batch] = text
            if text is not None:
                hit = docs.search(f"{text} {ids[0]}", k=1)[0]
                return [] if hit.id == ids[0] else [f"{ids[0]} is not found by its own text"]
            return []
    return [f"batch {batch} is {[found.get(i) for i in ids]}, allowed was {allowed}"]


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
