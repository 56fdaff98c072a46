"""Which keys are declared for an index, and how their payloads are read and followed.

They are read from SQL in the background when a filter first asks about one, and until then SQL
answers. What is written meanwhile is noted, and put in at the end, between two commits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from vecstore.errors import InternalError, StoreClosed
from vecstore.filters import Filter
from vecstore.index.payloads.tables import Path, PayloadTables, declared_paths, settled
from vecstore.index.selections import keys_of
from vecstore.index.state import State
from vecstore.payload_indexes import PayloadIndex

_log = logging.getLogger(__name__)

Payloads = Mapping[int, str]
Rows = Callable[[], Iterable[tuple[int, str]]]
Between = Callable[[Callable[[], None]], object]


class _Stopped(Exception):  # noqa: N818 - a signal from the reading thread to itself
    """Other keys were declared meanwhile, or the index was closed."""


class _Reading:
    """One reading of all payloads, and what was written since it began."""

    def __init__(self, keys: Mapping[Path, bool]) -> None:
        self.keys = keys
        self.stopped = False
        self.done = threading.Event()
        self.removed: set[int] = set()
        self.payloads: dict[int, str] = {}


class Declared:
    """The declared keys of one index. One thread writes; see :class:`LiveIndex`.

    Args:
        state: the index.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._gate = threading.Lock()
        self._keys: Mapping[Path, bool] = {}
        self._rows: Rows | None = None
        self._between: Between | None = None
        self._reading: _Reading | None = None
        self._broken = False

    def declare(self, indexes: Sequence[PayloadIndex], rows: Rows, between: Between) -> None:
        """These keys from now on; see :meth:`LiveIndex.declare`."""
        keys = declared_paths(indexes)
        with self._gate:
            if keys == self._keys and not self._broken:
                return
            self._stop()
            self._keys, self._rows, self._between, self._broken = keys, rows, between, False
            # Keys that were read stay in use until those declared now have been read.
            serving = self._state.payloads is not None
            if keys and serving:
                self._begin()
        if not keys and serving:
            with self._state.lock.writing():
                self._state.payloads = None
                self._state.version += 1

    def want(self, filter_: Filter) -> None:
        """Have the payloads read where a filter asks about a declared key, if they are not yet."""
        if self._keys and self._reading is None and not self._broken:
            asked = keys_of(filter_)
            with self._gate:
                if self._reading is None and not asked.isdisjoint(self._keys):
                    self._begin()

    def ready(self, timeout: float) -> bool:
        """Have the payloads read, and wait for it; False where it took longer, or went wrong."""
        deadline = time.monotonic() + timeout
        while not self._broken:
            with self._gate:
                if self._serving():
                    return True
                if self._reading is None:
                    self._begin()
                reading = self._reading
            if reading is None or not reading.done.wait(max(0.0, deadline - time.monotonic())):
                return False
            with self._gate:
                if self._reading is reading and not self._serving():
                    # The store was closed meanwhile.
                    return False
        return False

    def _serving(self) -> bool:
        """Whether the keys declared now are those in use."""
        tables = self._state.payloads
        used = {} if tables is None else tables.keys
        return {path: key.moments for path, key in used.items()} == self._keys

    def parsed(self, removed: Sequence[int], labels: Sequence[int], payloads: Payloads) -> Follow:
        """What a commit means for the payloads. By the writer, before it takes the lock."""
        gone, new = set(removed), set(labels)
        if self._keys and not new <= payloads.keys():
            self.give_up(InternalError("a commit brought vectors without their payloads"))
        kept = {
            label: text
            for label, text in payloads.items()
            if label not in gone and (label in new or self._state.present(label))
        }
        return Follow(self, removed, kept)

    def noted(self, removed: Sequence[int], payloads: Payloads) -> None:
        """Remember a commit for a reading under way. Under the exclusive lock."""
        reading = self._reading
        if reading is not None and not reading.done.is_set():
            reading.removed.update(removed)
            reading.payloads.update(payloads)
            for label in removed:
                reading.payloads.pop(label, None)

    def give_up(self, error: BaseException) -> None:
        """Leave all filters to SQL from now on."""
        _log.error(
            "the declared payload indexes are not used until the store is opened again; filters "
            "are answered by the database meanwhile",
            exc_info=error,
        )
        self._broken = True
        self._state.payloads = None

    def close(self) -> None:
        """Read no further."""
        with self._gate:
            self._keys = {}
            self._stop()

    def _stop(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.stopped = True
            reading.done.set()

    def _begin(self) -> None:
        reading = _Reading(self._keys)
        with self._state.lock.writing():
            self._reading = reading
        thread = threading.Thread(
            target=self._read, args=(reading,), name="vecstore-payloads", daemon=True
        )
        thread.start()

    def _read(self, reading: _Reading) -> None:
        rows, between = self._rows, self._between
        if rows is None or between is None:
            return
        try:
            tables = PayloadTables(reading.keys)
            tables.put(tables.read(_until_stopped(reading, rows())))
            settled(tables.settle())
            between(lambda: self._take(reading, tables))
        except (_Stopped, StoreClosed):
            pass
        except Exception as error:  # noqa: BLE001 - SQL answers instead
            with self._gate:
                if not reading.stopped:
                    self.give_up(error)
        finally:
            reading.done.set()

    def _take(self, reading: _Reading, tables: PayloadTables) -> None:
        """Go on with payloads as read, and what was written since. Between two commits."""
        tables.drop(list(reading.removed))
        tables.put(tables.read(reading.payloads.items()))
        with self._gate:
            if not reading.stopped:
                with self._state.lock.writing():
                    self._state.payloads = tables
                    # What filters were known to let pass is told by these from now on.
                    self._state.version += 1
                reading.done.set()


class Follow:
    """A commit, parsed, on its way into the payloads of an index.

    Args:
        declared: whose they are.
        removed: labels that died.
        payloads: of labels that are live after it.
    """

    __slots__ = ("_declared", "_payloads", "_removed", "_tables", "_written")

    def __init__(self, declared: Declared, removed: Sequence[int], payloads: Payloads) -> None:
        self._declared = declared
        self._removed = removed
        self._payloads = payloads
        self._tables = declared._state.payloads
        self._written = None if self._tables is None else self._tables.read(payloads.items())

    def apply(self) -> None:
        """Under the exclusive lock, with the rest of the commit."""
        self._declared.noted(self._removed, self._payloads)
        if self._tables is None or self._written is None:
            return
        try:
            self._tables.drop(self._removed)
            self._tables.put(self._written)
        except Exception as error:  # noqa: BLE001 - the commit stands; SQL answers filters instead
            self._declared.give_up(error)

    def tidy(self) -> None:
        """After the commit, without the lock: keep entries sorted, and let go of the dead."""
        state, tables = self._declared._state, self._tables
        if tables is None or state.payloads is not tables:
            return
        places = tables.settle()
        if places:
            with state.lock.writing():
                settled(places)
        if tables.crowded:
            renewed = tables.renewed()
            with state.lock.writing():
                if state.payloads is tables:
                    state.payloads = renewed


def _until_stopped(reading: _Reading, rows: Iterable[tuple[int, str]]) -> Iterable[tuple[int, str]]:
    for row in rows:
        if reading.stopped:
            raise _Stopped
        yield row
