"""A lock that many readers share and one writer has alone.

Phase-fair: a reader that arrives while a writer waits goes in after that writer, and before the
next one; writers go in by order of arrival. So neither side can starve the other: a search waits
for one piece of graph building at most, however many are queued.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from typing import Any


class ReadersWriterLock:
    """Shared by readers, exclusive for a writer; not re-entrant.

    Taking and giving back the read side costs well under a microsecond while nobody writes, which
    is why the hot path calls :meth:`acquire_read` and :meth:`release_read` itself.

    Attributes:
        waits: how often anybody had to wait.
        reader_waits: how often a reader had to; a writer that comes often reads from it whether it
            is in the way of searches.
    """

    __slots__ = ("_late", "_mutex", "_readers", "_writers", "_writing", "reader_waits", "waits")

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._readers = 0
        self._writing = False
        # One locked lock for each that waits; whoever lets it in unlocks it, and has counted it.
        self._writers: deque[Any] = deque()
        self._late: list[Any] = []
        self.waits = 0
        self.reader_waits = 0

    def acquire_read(self) -> None:
        """Wait until no writer is in, and go in."""
        with self._mutex:
            if not self._writing and not self._writers:
                self._readers += 1
                return
            self.reader_waits += 1
            gate = self._queue(self._late)
        self._wait(gate, self._late, self.release_read)

    def release_read(self) -> None:
        """Leave; the last one lets a waiting writer in."""
        with self._mutex:
            self._readers -= 1
            if not self._readers and self._writers:
                self._writing = True
                self._writers.popleft().release()

    def acquire_write(self) -> None:
        """Wait until nobody is in, and go in alone."""
        with self._mutex:
            if not (self._writing or self._readers or self._writers):
                self._writing = True
                return
            gate = self._queue(self._writers)
        self._wait(gate, self._writers, self.release_write)

    def release_write(self) -> None:
        """Leave; readers that came meanwhile go in, else the next writer."""
        with self._mutex:
            if self._late:
                self._writing = False
                self._admit_late()
            elif self._writers:
                self._writers.popleft().release()
            else:
                self._writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Shared, for the length of a block."""
        self.acquire_read()
        try:
            yield
        finally:
            self.release_read()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Alone, for the length of a block."""
        self.acquire_write()
        try:
            yield
        finally:
            self.release_write()

    def _queue(self, queue: MutableSequence[Any]) -> Any:
        self.waits += 1
        gate = threading.Lock()
        gate.acquire()
        queue.append(gate)
        return gate

    def _wait(self, gate: Any, queue: MutableSequence[Any], release: Any) -> None:
        try:
            gate.acquire()
        except BaseException:  # Ctrl-C in the main thread: leave no place taken behind
            with self._mutex:
                queued = gate in queue
                if queued:
                    queue.remove(gate)
                    self._let_in_after_leaving()
            if not queued:
                release()
            raise

    def _let_in_after_leaving(self) -> None:
        """Readers that waited for a writer which gave up need wait no longer."""
        if not self._writing and not self._writers:
            self._admit_late()

    def _admit_late(self) -> None:
        self._readers += len(self._late)
        for gate in self._late:
            gate.release()
        self._late.clear()
