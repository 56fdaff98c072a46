"""Threads that write at random while a field moves at random, and a plain model of what is left.

Every writer has ids of its own, and a dictionary that says what its records are. Where everybody is
quiet, the collection must be what these say, in every space that it has.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import vecstore
from vecstore import InvalidArgument, Record, ReembedBlocked, ReembedState, SpaceMismatch

SPACES = ("letters@1", "letters@2", "letters@3")
IDS, WRITERS = 12, 2
_PATIENCE = 60.0


@dataclass(frozen=True)
class Known:
    """What a record is: its text, the vector that its writer brought, and its payload."""

    text: str | None
    payload: dict[str, Any]
    vector: vecstore.Vector | None = None

    def refused_by(self, space: str) -> bool:
        return self.text is not None and space == "letters@3" and "bad" in self.text


class Writer:
    """One thread's writes, and what they must have come to."""

    def __init__(self, docs, number: int, seed: int, before: Writer | None = None) -> None:
        self._docs, self._number, self._seed = docs, number, seed
        self._rng = random.Random(f"{seed}/{number}")
        self.known: dict[str, Known] = {} if before is None else before.known
        self.done: Counter[str] = Counter()
        self._keys = 0

    def turn(self) -> None:
        """One write, of a kind drawn by chance."""
        kinds = (
            (self._texts, 6),
            (self._delete, 2),
            (self._tagged, 2),
            (self._payload, 2),
            (self._ingest, 2),
            (self._delete_matching, 1),
            (self._same_again, 2),
        )
        step = self._rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        step()
        self.done[step.__name__] += 1

    def _id(self) -> str:
        return f"w{self._number}-{self._rng.randrange(IDS):02}"

    def _record(self) -> Record:
        rng = self._rng
        bad = "bad " if rng.random() < 0.15 else ""
        text = bad + "".join(rng.choices("abcdefghijklmnop", k=rng.randrange(3, 12)))
        return Record(self._id(), text=text, payload={"w": self._number, "k": rng.randrange(4)})

    def _keep(self, record: Record) -> None:
        self.known[record.id] = Known(record.text, dict(record.payload), record.vector)

    def _texts(self) -> None:
        records = [self._record() for _ in range(self._rng.randrange(1, 5))]
        with contextlib.suppress(InvalidArgument):  # the live space refuses what is bad
            self._docs.upsert(records)
            for one in records:
                self._keep(one)

    def _tagged(self) -> None:
        record, live = self._record(), self._docs.info().space
        vector = vecstore.Vector(
            live, np.random.default_rng(len(record.text)).random(live.dim, np.float32)
        )
        text = record.text if self._rng.random() < 0.7 else None
        record = replace(record, text=text, vector=vector)
        with contextlib.suppress(SpaceMismatch):  # it has been left since
            self._docs.upsert([record])
            self._keep(record)

    def _same_again(self) -> None:
        """The same text with another payload: its vector stays."""
        for one, known in list(self.known.items())[:3]:
            if known.text is not None and known.vector is None:
                record = Record(one, text=known.text, payload={**known.payload, "again": True})
                with contextlib.suppress(InvalidArgument):
                    self._docs.upsert([record])
                    self._keep(record)

    def _payload(self) -> None:
        ids = [one for one in (self._id(), self._id()) if one in self.known]
        k = self._rng.randrange(4)
        if self._rng.random() < 0.5:
            self._docs.update_payload(ids, set={"changed": k})
        else:
            ids = [one for one, known in self.known.items() if known.payload["k"] == k]
            where = {"w": self._number, "k": k}
            assert self._docs.update_payload(filter=where, set={"changed": k}) == len(ids)
        for one in ids:
            known = self.known[one]
            self.known[one] = replace(known, payload={**known.payload, "changed": k})

    def _ingest(self) -> None:
        """A batch of which each record stands for itself, sent twice under one key."""
        self._keys += 1
        key = f"{self._seed}/{self._number}/{self._keys}"
        records = list({one.id: one for one in (self._record() for _ in range(4))}.values())
        first = self._docs.ingest_batch(records, idempotency_key=key)
        for one, result in zip(records, first, strict=True):
            if result.error is None:
                self._keep(one)
        self._docs.ingest_batch(records, idempotency_key=key)

    def _delete(self) -> None:
        ids = list({self._id(), self._id()})
        there = sum(one in self.known for one in ids)
        assert self._docs.delete(ids) == there, ids
        for one in ids:
            self.known.pop(one, None)

    def _delete_matching(self) -> None:
        k = self._rng.randrange(4)
        ids = [one for one, known in self.known.items() if known.payload["k"] == k]
        assert self._docs.delete(filter={"w": self._number, "k": k}) == len(ids)
        for one in ids:
            del self.known[one]


class Reader:
    """One thread's reads: every answer is of one space, and of the records as they are."""

    def __init__(self, store, docs, seed: int) -> None:
        self._store, self._docs, self._rng = store, docs, random.Random(seed)

    def turn(self) -> None:
        docs, rng = self._docs, self._rng
        what = rng.randrange(5)
        if what == 0:
            hits = docs.search("abc def", 5)
            assert hits.space.name in SPACES
        elif what == 1:
            hits = docs.search("abc", 5, filter={"k": rng.randrange(4)})
            assert len({hit.payload["k"] for hit in hits}) <= 1
        elif what == 2:
            with contextlib.suppress(InvalidArgument):  # nothing of that name is there just now
                docs.search("abc", 5, space=rng.choice(SPACES))
        elif what == 3:
            for one in docs.list(page_size=50).records:
                assert one.payload["w"] >= 0
        else:
            docs.create_index("k", "integer")
            if rng.random() < 0.3:
                docs.drop_index("k")


class Mover:
    """Moves the field to and fro by steps drawn by chance, most of which are refused."""

    def __init__(self, store, seed: int) -> None:
        self._moving = store.collection("docs").reembedding()
        self._store, self._rng = store, random.Random(f"{seed}/mover")
        self.done: Counter[str] = Counter()

    def turn(self) -> None:
        rng, moving = self._rng, self._moving
        decisions = ("ask", "leave_out", "encode")
        steps: dict[str, Callable[[], Any]] = {
            "start": lambda: moving.start(
                rng.choice(SPACES),
                brought=rng.choice(decisions),
                without_input=rng.choice(decisions[:2]),
                failures=rng.choice(decisions[:2]),
                switch=rng.choice(("manual", "auto")),
            ),
            "pause": moving.pause,
            "resume": lambda: moving.resume(
                brought=rng.choice((None, *decisions)), retry_failures=rng.random() < 0.5
            ),
            "let be": lambda: moving.resume(
                brought="leave_out", without_input="leave_out", failures="leave_out"
            ),
            "wait": self.settle,
            "switch": lambda: moving.switch(leave_out_failures=rng.random() < 0.5),
            "rollback": lambda: moving.rollback(leave_out=rng.random() < 0.7),
            "finish": lambda: moving.finish(wait=rng.random() < 0.5),
            "cancel": lambda: moving.cancel(wait=rng.random() < 0.5),
        }
        weights = [3, 1, 2, 2, 5, 4, 3, 2, 1]
        name = rng.choices(list(steps), weights)[0]
        try:
            steps[name]()
        except (ReembedBlocked, InvalidArgument, vecstore.NotFound):
            return
        self.done[name] += 1

    def settle(self) -> vecstore.ReembedStatus | None:
        """Wait until nobody works on it."""
        with contextlib.suppress(vecstore.NotFound):
            *_, status = self._moving.watch(0.005)
            assert not status.error, status.error
            return status
        return None


def storm(
    store, docs, *, seed: int, steps: int, crew: list[Writer] | None = None
) -> tuple[list[Writer], Mover]:
    """Writers and readers until the mover has taken so many steps; raises what any of them met.

    Args:
        crew: of a storm before, whose records are there.
    """
    before = crew or [None] * WRITERS
    crew = [Writer(docs, number, seed, one) for number, one in enumerate(before)]
    mover, reader = Mover(store, seed), Reader(store, docs, seed)
    over, errors = threading.Event(), []

    def run(turn: Callable[[], None]) -> None:
        while not over.is_set():
            try:
                turn()
            except BaseException as error:
                errors.append(error)
                over.set()

    threads = [threading.Thread(target=run, args=(one.turn,)) for one in (*crew, reader)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(steps):
            if over.is_set():
                break
            mover.turn()
    finally:
        over.set()
        for thread in threads:
            thread.join(_PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    if errors:
        raise errors[0]
    return crew, mover


def wrong(store, crew: list[Writer], mover: Mover) -> list[str]:
    """What is not as the writers' dictionaries say; empty where all of it is."""
    status = mover.settle()
    known = {one: what for writer in crew for one, what in writer.known.items()}
    docs, row = store.collection("docs"), store.row("docs")
    there = {one.id: one for one in docs.list(page_size=1000).records}
    found = [f"{one} is there" for one in there.keys() - known.keys()]
    found += [f"{one} is lost" for one in known.keys() - there.keys()]
    for one in there.keys() & known.keys():
        if there[one].payload != known[one].payload:
            found.append(f"{one}: payload {there[one].payload}, not {known[one].payload}")
        if there[one].text != known[one].text:
            found.append(f"{one}: text {there[one].text!r}, not {known[one].text!r}")
    filled = status is not None and status.state not in (
        ReembedState.PAUSED,
        ReembedState.STOPPED,
    )
    for field in row.all_fields:
        complete = filled or field.state == "live"
        found += _wrong_in(store, row, field, known, complete=complete)
    return found


def _wrong_in(store, row, field, known, *, complete: bool) -> list[str]:
    name, found = field.space.name, []
    stored = store.reader.stored_vectors(field, list(known))
    texts = {one: what.text for one, what in known.items() if what.text is not None}
    readable = [one for one in texts if not known[one].refused_by(name)]
    vectors = store.encode(name, [texts[one] for one in readable]) if readable else []
    encoded = dict(zip(readable, vectors, strict=True))
    for one, what in known.items():
        own = what.vector if what.vector is not None and what.vector.space == field.space else None
        value = stored.get(one)
        if value is None:
            must = own is not None or (what.vector is None and one in encoded)
            # What was left out of a space stays out of it until it is written again.
            if must and complete and own is None:
                found.append(f"{one} has no vector in {name}, {field.state}")
            continue
        allowed = [made for made in (own, encoded.get(one)) if made is not None]
        if not any(np.array_equal(value[1].values, made.values) for made in allowed):
            found.append(f"{one} has a stale vector in {name}, {field.state}")
    labels = sorted(label for label, _ in stored.values())
    if store.index(row, field).labels().tolist() != labels:
        found.append(f"the index of {name}, {field.state}, is not what the database says")
    return found
