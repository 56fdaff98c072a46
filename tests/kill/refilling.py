"""Kill a process that fills a new space while it writes, and look at what is left.

As a program, that process: ``refilling.py DATA NOTES``. It goes on with the re-embedding, and
changes records meanwhile. NOTES gets a line for every text that is encoded to be moved, and two for
every change: before it, and after its acknowledgement.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import vecstore
from vecstore import Record
from vecstore.encoders.hashing import HashingEncoder
from vecstore.records import Input, Modality, Role
from vecstore.registry import Registry
from vecstore.spaces import Identity

# Records of the two batches that may be under way when it is killed.
TWICE = 512
SETTINGS = vecstore.Settings(snapshot_seconds=0.05)


class Noting(HashingEncoder):
    """Notes what it is given to be moved, and takes its time."""

    notes = -1

    def __init__(self, source, _options):
        super().__init__(64 if source == "new" else 32)

    def identity(self):
        return Identity({"noting": self.dim})

    def encode(self, inputs, role):
        if threading.current_thread().name.startswith("vecstore-reembedding-encoder"):
            note(Noting.notes, *(["encoded", one.data] for one in inputs))
            time.sleep(0.0003 * len(inputs))
        return super().encode(inputs, role)


def note(file: int, *lines: list[str | None]) -> None:
    """Lines that outlive the process."""
    os.write(file, b"".join(json.dumps(line).encode() + b"\n" for line in lines))


class _Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        ready = tuple(vecstore.ReadyRelease(one, "1", one) for one in ("old", "new"))
        return [vecstore.EncoderSpec("noting", "for tests", (Modality.TEXT,), Noting, ready=ready)]


def opened(data: Path) -> vecstore.Store:
    """The store, with encoders that note."""
    registry = Registry.load(SETTINGS, plugins=[("noting", _Plugin())], entry_points=False)
    return vecstore.open(data, settings=SETTINGS, registry=registry)


def main() -> None:
    """Fill and write until killed."""
    data, path = map(Path, sys.argv[1:])
    Noting.notes = notes = os.open(path, os.O_WRONLY | os.O_APPEND)
    rng = random.Random(os.getpid())
    with opened(data) as store:
        docs = store.collection("docs")
        ids = [record.id for record in _records(docs)]
        docs.reembedding().resume()
        print("ready", flush=True)
        for number in itertools.count():
            one, what = rng.choice(ids), rng.random()
            if what < 0.2:
                note(notes, ["begun", one, None])
                docs.delete([one])
                note(notes, ["done", one, None])
            elif what < 0.8:
                text = f"{os.getpid()} wrote {number} {rng.random()}"
                note(notes, ["begun", one, text])
                docs.upsert([Record(id=one, text=text)])
                note(notes, ["done", one, text])
            else:
                with contextlib.suppress(vecstore.RecordNotFound):
                    docs.update_payload([one], set={"mark": number})


def run(folder: Path, records: int, rounds: int, seed: int) -> list[str]:
    """Kill it ``rounds`` times, then let it come to its end; what is wrong then."""
    rng, data, path = random.Random(seed), folder / "data", folder / "notes"
    path.touch()
    Noting.notes = os.open(path, os.O_WRONLY | os.O_APPEND)
    texts = {f"r{n:06}": f"text {n} " + "word " * (n % 40) for n in range(records)}
    with opened(data) as store:
        docs = store.create_collection("docs", encoder="old@1")
        docs.upsert([Record(id=one, text=text) for one, text in texts.items()])
        # Begun here, and left at once.
        docs.reembedding().start("new@1", cores=1.0)
    killed = [_kill(data, path, rng.uniform(0.0, 0.5)) for _ in range(rounds)]
    with opened(data) as store:
        docs = store.collection("docs")
        was = docs.reembedding().status()
        docs.reembedding().resume(cores=1.0)
        *_, status = docs.reembedding().watch(0.05)
        notes = [json.loads(line) for line in path.read_text().splitlines()]
        wrong = _wrong(store, status, _allowed(texts, notes))
        wrong += _encoded_again(notes, rounds)
    os.close(Noting.notes)
    if not any(killed) or was.state is not vecstore.ReembedState.FILLING:
        wrong.append(f"the test tested nothing: {killed} were encoded, it was {was.state} then")
    return wrong


def _kill(data: Path, path: Path, seconds: float) -> int:
    """Let it work for some time, and kill it; how many texts it has encoded."""
    before = path.read_text().count('["encoded"')
    command = [sys.executable, __file__, str(data), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
    return path.read_text().count('["encoded"') - before


def _records(docs) -> Iterator[Record]:
    token = ""
    while True:
        page = docs.list(page_size=1000, page_token=token)
        yield from page.records
        token = page.next_page_token
        if not token:
            return


def _allowed(texts, notes) -> dict[str, set[str | None]]:
    """What the text of each record may be: as acknowledged, or as it was to become then."""
    allowed = {one: {text} for one, text in texts.items()}
    for what, *rest in notes:
        if what == "begun":
            allowed[rest[0]].add(rest[1])
        elif what == "done":
            allowed[rest[0]] = {rest[1]}
    return allowed


def _encoded_again(notes, rounds: int) -> list[str]:
    times = Counter(line[1] for line in notes if line[0] == "encoded")
    again = sum(count - 1 for count in times.values())
    return [f"{again} texts were encoded again"] if again > TWICE * rounds else []


def _wrong(store, status, allowed) -> list[str]:
    row = store.row("docs")
    wrong = []
    if status.state is not vecstore.ReembedState.READY:
        wrong.append(f"it is {status.state}: {status.error} {status.blocked}")
    found = {one.id: one.text for one in _records(store.collection("docs"))}
    for one, texts in allowed.items():
        if found.get(one) not in texts:
            wrong.append(f"{one} is {found.get(one)!r}, allowed is {texts}")
    for source, field in (("old", row.fields[0]), ("new", row.beside[0])):
        vectors = store.reader.stored_vectors(field, list(found))
        encoder = HashingEncoder(Noting(source, {}).dim)
        given = [Input(Modality.TEXT, text) for text in found.values()]
        expected = dict(zip(found, encoder.encode(given, Role.DOCUMENT), strict=True))
        missing = sorted(set(found) - set(vectors))
        if missing:
            wrong.append(f"not in {field.space.name}: {missing[:5]}")
        strange = [n for n, (_, v) in vectors.items() if not np.array_equal(v.values, expected[n])]
        if strange:
            wrong.append(f"the vectors of {strange[:5]} in {field.space.name} are of other texts")
        if store.index(row, field).count != len(found):
            wrong.append(f"the index of {field.space.name} has not {len(found)} records")
    return wrong


if __name__ == "__main__":
    main()
