"""Kill a process between the transactions of a re-embedding's steps, and look at what is left.

As a program, it forks a process for every line that it reads: one that opens the store and takes a
step, and kills itself at a point of it. It answers with how that process ended.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

import vecstore
from vecstore import Record
from vecstore.index.live import LiveIndex
from vecstore.reembedding import letting_go, switching
from vecstore.storage import tables

# How a process ends that was not killed.
SURVIVED = 3
RECORDS = 25
PIECE = 10
OLD, NEW = "hashing@1", "hashed@1"
# By name: whose function, its name, whether it is the last or the first thing that is not done, and
# at which call of it.
COMMON = {
    "before the commit": (switching, "change_reembedding", True, 1),
    "after the commit": (switching, "_committed", False, 1),
    "once all know": (switching, "_committed", True, 1),
}
LETTING_GO = {
    "the index discarded": (LiveIndex, "discard", True, 1),
    "before the search for what is left": (letting_go.LettingGo, "_look", False, 1),
    "what is left found": (letting_go.LettingGo, "_look", True, 1),
    "a piece before its commit": (letting_go, "drop_piece", True, 2),
    "a piece deleted": (letting_go.LettingGo, "_delete", True, 2),
    "all pieces deleted": (letting_go.LettingGo, "_give_back", False, 1),
    "room given back": (letting_go, "give_back", True, 1),
    "room given back for good": (letting_go.LettingGo, "_give_back", True, 1),
}
POINTS = {
    "start": {**COMMON, "before the commit": (switching, "add_reembedding", True, 1)},
    "switch": COMMON,
    "rollback": COMMON,
    "finish": COMMON | LETTING_GO,
    "cancel": COMMON | LETTING_GO,
}
# For every day; each on from where the one before has led.
FEW = (
    ("start", "after the commit"),
    ("switch", "before the commit"),
    ("rollback", "after the commit"),
    ("switch", "after the commit"),
    ("finish", "after the commit"),
    ("cancel", "a piece deleted"),
)
# In which state a step is taken, and what it is in afterwards.
STATES = {
    "start": ("over", "ready"),
    "switch": ("ready", "switched"),
    "rollback": ("switched", "rolled_back"),
    "finish": ("switched", "finished"),
    "cancel": ("ready", "cancelled"),
}
# What leads from one state to another.
WAYS = {
    ("over", "ready"): ("start",),
    ("over", "switched"): ("start", "switch"),
    ("ready", "switched"): ("switch",),
    ("ready", "over"): ("cancel",),
    ("switched", "ready"): ("rollback",),
    ("switched", "over"): ("finish",),
}
OVER = ("", "finished", "cancelled")


def main() -> None:
    """Take one step after the other, in a process of its own each."""
    for module in ("vecstore.store", "hnswlib", "sqlite3", "psycopg"):
        with contextlib.suppress(ImportError):
            # Once, and not in every process.
            importlib.import_module(module)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            try:
                _step_and_die(**json.loads(line))
            except BaseException:
                traceback.print_exc()
            # Never back to where the parent is.
            os._exit(SURVIVED)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


def _step_and_die(data, database, step, point) -> None:
    letting_go._PIECE = PIECE
    with vecstore.open(data, database=database) as store:
        docs = store.collection("docs")
        for field in store.row("docs").all_fields:
            docs.search("text 1", space=field.space.name)
        _die(*POINTS[step][point])
        take(docs, step)


def _die(owner, name, after, number) -> None:
    """Let the n-th call of a function be the end of this process, before it or after it."""
    whole, calls = getattr(owner, name), itertools.count(1)

    def last(*given, **named):
        over = next(calls) == number
        if over and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        found = whole(*given, **named)
        if over:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, last)


def take(docs, step: str) -> None:
    """Take a step, and let what follows from it end."""
    moving = docs.reembedding()
    if step == "start":
        moving.start(NEW if docs.encoder == OLD else OLD, cores=1.0)
    else:
        getattr(moving, step)()
    for _ in moving.watch(0.01):
        pass


class Killer:
    """Kills processes of one store at points of steps.

    Args:
        data, database: where the store is.
    """

    def __init__(self, data: Path, database: str | None) -> None:
        self._data, self._database = data, database
        self.texts = {f"r{n:02}": f"text {n} of some" for n in range(RECORDS)}
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with self.opened() as store:
            store.register_encoder(NEW, loader="hashing", source="builtin", options={"dim": 64})
            store.create_collection("docs", encoder=OLD)
            self._write(store)

    def close(self) -> None:
        self._process.communicate()

    def run(self, step: str, point: str) -> list[str]:
        """Take a step that is killed at a point, then whole; what is wrong on the way."""
        before, after = STATES[step]
        with self.opened() as store:
            self._bring(store, before)
            was = _state(store)
        asked = {"data": str(self._data), "database": self._database, "step": step, "point": point}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        if ended != -signal.SIGKILL:
            return [f"{step}: it was never {point}: the process ended with {ended}"]
        done = point != "before the commit"
        with self.opened() as store:
            wrong = self._found(store, was if not done else "filling" if step == "start" else after)
            # As a server does.
            store.reembeddings.resume_all()
            store.reembeddings.letting_go.wait()
            if not done:
                wrong += self._checked(store, was)
                take(store.collection("docs"), step)
            elif step == "start":
                list(store.collection("docs").reembedding().watch(0.01))
            wrong += self._checked(store, after)
            self._write(store)
            wrong += self._checked(store, after)
        return [f"{step}, killed {point}: {line}" for line in wrong]

    @contextlib.contextmanager
    def opened(self) -> Iterator[vecstore.Store]:
        """The store, once the database knows that the last process is dead."""
        end = time.monotonic() + 20
        with vecstore.open(self._data, database=self._database) as store:
            while True:
                try:
                    store.claim()
                    break
                except vecstore.StoreInUse:
                    assert time.monotonic() < end
                    time.sleep(0.01)
            yield store

    def _bring(self, store, wanted: str) -> None:
        state = _state(store)
        here = "over" if state in OVER else "ready" if state == "rolled_back" else state
        for step in WAYS.get((here, wanted), ()):
            take(store.collection("docs"), step)

    def _write(self, store) -> None:
        """One of the records anew, or all of them."""
        docs = store.collection("docs")
        if docs.count():
            one = min(self.texts, key=lambda one: len(self.texts[one]))
            self.texts[one] += " more"
            docs.upsert([Record(id=one, text=self.texts[one])])
        else:
            docs.upsert([Record(id=one, text=text) for one, text in self.texts.items()])

    def _found(self, store, state: str) -> list[str]:
        """What is wrong with what a process finds, before anything is cleaned."""
        wrong = [] if _state(store) == state else [f"it is {_state(store)!r}, not {state!r}"]
        row, (live,) = store.row("docs"), store.row("docs").fields
        wanted = 1 if state in OVER else 2
        if len(row.all_fields) != wanted:
            wrong.append(f"{len(row.all_fields)} spaces are on record")
        if state:
            status = store.collection("docs").reembedding().status()
            moved = status.state in ("switched", "finished")
            if live.space != (status.target if moved else status.source):
                wrong.append(f"{live.space.name} is live, and it is {state}")
        return wrong + self._searched(store, live)

    def _checked(self, store, state: str) -> list[str]:
        wrong = self._found(store, state)
        row = store.row("docs")
        for field in row.all_fields:
            wrong += self._held(store, row, field) + self._searched(store, field)
        wrong += _ownerless(store)
        there = {path.name for path in (store.folder / "indexes").iterdir()}
        if strange := there - {str(field.id) for field in row.all_fields}:
            wrong.append(f"indexes of fields that are gone: {strange}")
        if (store.folder / "letting-go").exists():
            wrong.append("room is still to be given back")
        return wrong

    def _held(self, store, row, field) -> list[str]:
        name, vectors = field.space.name, store.reader.stored_vectors(field, list(self.texts))
        made = store.encode(f"{field.space.model}@{field.space.version}", list(self.texts.values()))
        wrong = [
            f"{one} is not in {name} as its text is"
            for one, vector in zip(self.texts, made, strict=True)
            if one not in vectors or not np.array_equal(vectors[one][1].values, vector.values)
        ]
        labels = sorted(label for label, _ in vectors.values())
        if store.index(row, field).labels().tolist() != labels:
            wrong.append(f"the index of {name} has other labels than SQL")
        return wrong

    def _searched(self, store, field) -> list[str]:
        """As callers search: the live space unnamed, another one by name."""
        docs, given = store.collection("docs"), {}
        if field.state != "live":
            given = {"space": field.space.name}
        wrong = []
        for one, text in list(self.texts.items())[:: RECORDS // 2]:
            hits = docs.search(text, k=1, **given)
            if hits.space != field.space or hits[0].id != one:
                wrong.append(f"{hits[0].id} of {hits.space.name} is found in place of {one}")
        return wrong


def _state(store) -> str:
    try:
        return str(store.collection("docs").reembedding().status().state)
    except vecstore.NotFound:
        return ""


def _ownerless(store) -> list[str]:
    """Rows of fields that are gone, and of vectors that are."""
    fields, labels = select(tables.fields.c.id), select(tables.entries.c.label)
    wrong = []
    with store.catalog.engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            for column, there in (("field_id", fields), ("label", labels)):
                if column in table.c:
                    strange = select(func.count()).where(table.c[column].not_in(there))
                    if count := connection.execute(strange).scalar():
                        wrong.append(f"{count} rows of {table.name} have no {column} any more")
    return wrong


if __name__ == "__main__":
    main()
