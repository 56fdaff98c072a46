"""Filling the space beside the live one, from what is stored, while everything else goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vecstore.errors import CollectionNotFound, Overloaded, ReembedBlocked
from vecstore.reembedding.blocking import effective, unsettled
from vecstore.reembedding.pace import Pace, step_aside
from vecstore.reembedding.pages import Pages, batches
from vecstore.reembedding.progress import Progress
from vecstore.reembedding.vectors import Source
from vecstore.reembeddings import ReembedState
from vecstore.storage.faults import told
from vecstore.storage.reembeddings import ReembedRow, change_reembedding
from vecstore.storage.staging import Unmoved, counts
from vecstore.storage.staging import fill as write_vectors
from vecstore.storage.writes import CollectionChanged, NewValue, Written

if TYPE_CHECKING:
    from vecstore.store import Store

# Seconds of a wait for the index, before it is seen whether to stop.
_LOOK = 0.5
# Share of the index's tail that it may fill: a write need not wait for room behind it.
_ROOM = 0.5


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of a batch, and the seconds that it took; None for what stays where it is."""

    values: Sequence[tuple[Unmoved, NewValue | None]]
    seconds: float


class _Over(Exception):  # noqa: N818 - a signal within this module
    """There is nothing to fill any more, or nobody wants it."""


def fill(store: Store, row: ReembedRow, progress: Progress, stop: threading.Event) -> None:
    """Move what can be moved into the new space of a re-embedding, from where it was left.

    What the encoder refuses is put on record with the reason. Where the process is killed, the
    records of at most two batches, 512, are encoded twice: one was being written then.

    Args:
        store: owned by this process.
        row: the re-embedding. Where it is not filling any more, or over, nothing is done.
        progress: is told of every batch.
        stop: ends it after the batch under way.

    Raises:
        VecstoreError: what is wrong with the encoder (ModelDrift, PluginError and the like) or with
            the store (StorageError). What was moved stays so.
    """
    try:
        _Filler(store, row, progress, stop).run()
    except (_Over, ReembedBlocked, CollectionNotFound):
        return


class _Filler:
    """One pass over the records; what is decided later is the matter of another one."""

    def __init__(
        self, store: Store, row: ReembedRow, progress: Progress, stop: threading.Event
    ) -> None:
        self._store, self._row, self._progress, self._stop = store, row, progress, stop
        self._pace = Pace(row.options.cores)
        self._looked_at, self._passed_over = row.looked_at, 0
        self._sides()

    def run(self) -> None:
        """From where it was left to the last record."""
        engine = self._store.catalog.engine
        with told("counting records"), engine.connect() as connection:
            found = counts(connection, self._left, self._other)
        self._progress.expect(unsettled(effective(self._row), found))
        # Made here, since it loads the encoder: thread pools that a library then starts for the
        # whole process must not be as nice as the thread that encodes.
        source = Source(self._store, self._collection, self._left, self._other, self._row.options)
        with (
            ThreadPoolExecutor(1, "vecstore-reembedding-encoder", step_aside) as encoding,
            Pages(engine, self._left, self._other) as pages,
        ):
            self._move(pages, lambda batch: encoding.submit(_timed, source, batch))

    def _move(self, pages: Pages, encode: Callable[[list[Unmoved]], Future[_Made]]) -> None:
        """Move batch after batch; while one is encoded, the one before it is written."""
        before: tuple[_Made, str] | None = None
        for batch, reached in self._batches(pages):
            self._pace.begin()
            ahead = encode(batch)
            if before is not None:
                self._write(*before)
            made = ahead.result()
            if any(value is not None for _, value in made.values):
                self._pace.encoded(len(batch), made.seconds)
            before = (made, reached)
            self._stop.wait(self._pace.rest())
        if before is not None:
            self._write(*before)

    def _batches(self, pages: Pages) -> Iterator[tuple[list[Unmoved], str]]:
        """Batches, and with the last one of a page how far it has come then."""
        for page in pages.after(self._row.reached):
            left = len(page)
            for batch in batches(page, lambda: self._pace.size):
                self._wait_for_room()
                if self._stop.is_set():
                    return
                left -= len(batch)
                yield batch, "" if left else page[-1].id

    def _wait_for_room(self) -> None:
        while not self._stop.is_set():
            try:
                self._store.index(self._collection, self._other).wait_for_room(_LOOK, _ROOM)
                return
            except Overloaded:
                continue
            except CollectionChanged:
                self._sides()

    def _write(self, made: _Made, reached: str) -> None:
        """Write vectors and how far it has come, and let the index follow."""
        values = {one.id: (one.label, value) for one, value in made.values if value is not None}
        self._looked_at += len(values)
        self._passed_over += len(made.values) - len(values)
        if not values and not reached:
            return
        changed: dict[str, Any] = {"looked_at": self._looked_at}
        if reached:
            # They are looked at again, where it goes on from before that.
            self._looked_at += self._passed_over
            self._passed_over = 0
            changed = {"looked_at": self._looked_at, "reached": reached}

        def write(connection: Connection) -> Written:
            change_reembedding(connection, self._row.id, [ReembedState.FILLING], **changed)
            collection, left, other = self._collection, self._left, self._other
            return write_vectors(connection, collection, left, other, values)

        while True:
            try:
                self._store.write(write, lambda done: self._store.follow(self._collection, done))
                break
            except CollectionChanged:
                # Another field of the collection has moved; what was encoded is as good as before.
                self._sides()
        self._progress.advance(len(values))

    def _sides(self) -> None:
        """Read the collection, and the field in both spaces, as they are now."""
        for collection in self._store.catalog.collections():
            fields = {field.id: field for field in collection.all_fields}
            if self._row.source_id in fields and self._row.target_id in fields:
                self._collection = collection
                self._left = fields[self._row.source_id]
                self._other = fields[self._row.target_id]
                return
        raise _Over


def _timed(source: Source, batch: Sequence[Unmoved]) -> _Made:
    began = time.perf_counter()
    return _Made(source.vectors_for(batch), time.perf_counter() - began)
