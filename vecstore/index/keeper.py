"""What an index does in the background: the tail into the graph, then care, then a snapshot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from vecstore.config import Settings
from vecstore.errors import StorageError, VecstoreError
from vecstore.index.checking import Checker
from vecstore.index.heap import hand_back
from vecstore.index.rebuild import Rebuilder
from vecstore.index.snapshot import Snapshots
from vecstore.index.state import State
from vecstore.index.worker import Worker
from vecstore.specs import RowIndex

_log = logging.getLogger(__name__)

# Vectors taken in under one hold of the lock: few where searches wait for it, so that they wait
# milliseconds; many where none does, so that building is as fast as in one go.
_SMALL, _LARGE = 32, 256
_QUIET_AFTER = 1.0
_BURY = 2048

# Beyond this many dead nodes the graph is cleared of them before it takes in more. Until then a
# vector that comes back unchanged, as by an upsert, gets its old node again.
_DEAD_SHARE, _FEW_DEAD, _MANY_DEAD = 0.1, 64, 1024

# Where writes never pause: a snapshot when a quarter has changed, and not too often.
_CHANGED_SHARE, _FEWEST_CHANGES, _PAUSES = 0.25, 10_000, 60
_RETRY_SECONDS = 60.0
# The share of the time that writing snapshots may take: every one is all of the index, however few
# vectors came.
_WRITING_SHARE = 0.05
_LONGEST_REST = 3600.0


class Keeper:
    """The background work of one index.

    Args:
        state: the index.
        snapshots: where it is written.
        settings: tuning.
        on_error: called once with what stopped the work, if anything does.
        name: for the thread.
    """

    def __init__(
        self,
        state: State,
        snapshots: Snapshots,
        settings: Settings,
        on_error: Callable[[BaseException], None],
        name: str,
    ) -> None:
        self._state = state
        self._snapshots = snapshots
        self._settings = settings
        self._on_error = on_error
        self._rebuilder = Rebuilder(state)
        self._worker = Worker(self._step, self.fail, name)
        self._crowded_until = 0.0
        self._turn = False
        self._saved = time.monotonic()
        self._not_before = 0.0
        self._asked: list[_Request] = []
        self._stopped = False
        # Whether there is freed memory to hand back: opening and rebuilding leave some.
        self._littered = True
        self.checker = Checker(state)
        self.moved = threading.Condition()

    def start(self) -> None:
        """Begin the background work."""
        self._worker.start()

    def wake(self) -> None:
        """Something changed."""
        self._worker.wake()

    def idle(self) -> bool:
        """Whether everything acknowledged is in the graph, and everything dead is out of it."""
        return not len(self._state.tail) and not self._state.graph.pending

    def settled(self) -> bool:
        """Whether nothing is left to do but writing a snapshot."""
        return self.idle() and not self.checker.due() and not self._rebuilder.due()

    def snapshot(self) -> None:
        """Have a snapshot written now, and wait for it.

        Raises:
            StorageError: it could not be written, or the work has stopped.
        """
        request = _Request()
        with self.moved:
            self._require_running()
            self._asked.append(request)
        self.wake()
        request.done.wait()
        if request.error is not None:
            raise request.error

    def stop(self, *, save: bool) -> None:
        """End the work; with ``save``, write what has changed since the last snapshot.

        Twice is once.
        """
        self._worker.stop()
        with self.moved:
            if self._stopped:
                return
            self._stopped = True
        self._refuse(_closed())
        if save and self._state.changes and self._state.failure is None:
            self._save_if_possible()

    def fail(self, error: BaseException) -> None:
        """Remember what stopped the work, and tell everybody who waits for it."""
        try:
            _log.error("the work on an index stopped; it is searched exactly", exc_info=error)
            self._on_error(error)
        finally:
            self._state.failure = error
            self._refuse(stopped(error))

    def _step(self) -> float | None:
        pause = self._work()
        with self.moved:
            self.moved.notify_all()
        return pause

    def _work(self) -> float | None:
        """Do the most pressing thing; how long to wait if there is none."""
        state = self._state
        if self._asked:
            self._answer()
        elif self._many_dead():
            self._bury()
        elif self._rebuilder.due() and (self._next_turn() or self.idle()):
            if self._rebuilder.step():
                self._littered = True
                self.checker.restart()
        elif len(state.tail):
            self._absorb()
        elif state.graph.pending:
            self._bury()
        elif self.checker.due():
            self.checker.step()
        else:
            return self._save_when_quiet()
        if self._save_is_overdue():
            self._save_if_possible()
        return 0.0

    def _many_dead(self) -> bool:
        graph = self._state.graph
        return len(graph.pending) > min(_MANY_DEAD, _FEW_DEAD + _DEAD_SHARE * graph.alive)

    def _next_turn(self) -> bool:
        """Every other time: neither writes nor a rebuild hold up the other."""
        self._turn = not self._turn
        return self._turn

    def _absorb(self) -> None:
        state = self._state
        with state.lock.reading():
            piece = state.tail.front(self._chunk())
        batch = state.graph.plan(piece, state.present)
        waits = state.lock.reader_waits
        with state.lock.writing():
            state.graph.absorb(batch, state.present)
            state.tail.advance(len(piece.labels))
        if state.lock.reader_waits != waits:
            self._crowded_until = time.monotonic() + _QUIET_AFTER
        state.graph.remember(batch)

    def _chunk(self) -> int:
        return _SMALL if time.monotonic() < self._crowded_until else _LARGE

    def _bury(self) -> None:
        with self._state.lock.writing():
            keys = self._state.graph.bury(_BURY)
        self._rebuilder.buried(keys)

    def _save_when_quiet(self) -> float | None:
        """Write a snapshot if it is time; else how long until then."""
        self._tend()
        if not self._state.changes:
            return None
        now = time.monotonic()
        due = max(self._state.written + self._settings.snapshot_seconds, self._not_before)
        if now < due:
            return due - now
        self._save_if_possible()
        return 0.0

    def _tend(self) -> None:
        index = self._state.graph.index
        if isinstance(index, RowIndex):
            index.tend()
        if self._littered:
            self._littered = False
            hand_back()

    def _save_is_overdue(self) -> bool:
        state = self._state
        many = max(_FEWEST_CHANGES, _CHANGED_SHARE * len(state.ids))
        oldest = max(self._saved + _PAUSES * self._settings.snapshot_seconds, self._not_before)
        return state.changes > many and time.monotonic() > oldest

    def _save_if_possible(self) -> None:
        began = time.monotonic()
        try:
            self._save()
        except (VecstoreError, OSError) as error:
            self._not_before = max(_rested(began), time.monotonic() + _RETRY_SECONDS)
            _log.error("%s; the index will be built from the database at the next start", error)

    def _save(self) -> None:
        state, checker = self._state, self.checker
        began = time.monotonic()
        while state.graph.pending:
            self._bury()
        with state.lock.reading():
            changes = state.changes
            state.graph.compact(state.present)
            table = state.graph.table(state.present)
        progress = state.graph.progress(checker.checked, checker.checked_count)
        self._snapshots.write(state.graph.index, table, progress)
        with state.lock.writing():
            state.changes -= changes
        self._saved = time.monotonic()
        self._not_before = _rested(began)

    def _answer(self) -> None:
        with self.moved:
            asked, self._asked = self._asked, []
        try:
            self._save()
        except (VecstoreError, OSError) as error:
            for request in asked:
                request.error = error
        for request in asked:
            request.done.set()

    def _refuse(self, error: VecstoreError) -> None:
        with self.moved:
            asked, self._asked = self._asked, []
            self.moved.notify_all()
        for request in asked:
            request.error = error
            request.done.set()

    def _require_running(self) -> None:
        if self._state.failure is not None:
            raise stopped(self._state.failure)
        if self._stopped:
            raise _closed()


class _Request:
    """Somebody who waits for a snapshot."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.error: Exception | None = None


def _rested(began: float) -> float:
    """When a snapshot may be written again after one that was begun then."""
    now = time.monotonic()
    return now + min(_LONGEST_REST, (now - began) / _WRITING_SHARE)


def _closed() -> StorageError:
    return StorageError("the index is closed; open the store again")


def stopped(error: BaseException) -> StorageError:
    """What callers are told when the work has stopped."""
    return StorageError(
        f"the work on the index stopped: {error!r}. What was acknowledged is safe in the database; "
        "close the store and open it again"
    )
