"""One writer, many callers: requests that wait together share one COMMIT.

A single durable commit costs milliseconds, whatever is in it. Callers therefore queue their
operations, a thread runs all that wait in one transaction, each in a savepoint of its own, commits,
and only then answers. A failing operation is rolled back alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text

from vecstore.errors import StorageError, StoreClosed
from vecstore.storage.faults import told
from vecstore.storage.schema import writing

T = TypeVar("T")

# Operations of one commit. The bound keeps the first caller's wait short.
MAX_GROUP = 64

# A database elsewhere is asked this often whether the connection still stands.
PING_SECONDS = 2.0


@dataclass(slots=True)
class _Operation:
    run: Callable[[Connection], Any]
    committed: Callable[[Any], None]
    future: Future[Any] = field(default_factory=Future)
    alone: bool = False
    result: Any = None
    done: bool = False


class Writer:
    """The only way by which collections are changed.

    Args:
        engine: the database.
        lock: called once with the writer's own connection, before anything is written; it may
            take a lock that lives as long as the connection.
        lost: called when that connection turns out to be lost, and the lock with it.
    """

    def __init__(
        self,
        engine: Engine,
        lock: Callable[[Connection], None],
        lost: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self._lost = lost
        self._remote = engine.dialect.name != "sqlite"
        with told("opening the database for writing"):
            self._connection = writing(engine).connect()
            try:
                lock(self._connection)
            except BaseException:
                self._connection.close()
                raise
        self._queue: queue.SimpleQueue[_Operation | None] = queue.SimpleQueue()
        self._closed = False
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="vecstore-writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        run: Callable[[Connection], T],
        committed: Callable[[T], None],
        *,
        alone: bool = False,
    ) -> Future[T]:
        """Queue an operation.

        Args:
            run: changes the database through the connection; what it raises rolls it back alone.
            committed: called with the result after COMMIT and before the future is done, in
                commit order.
            alone: share the commit with nobody: while ``committed`` runs, database and indexes
                say the same.

        Raises:
            StoreClosed: the writer has been closed.
        """
        operation = _Operation(run, committed, alone=alone)
        with self._gate:
            if self._closed:
                raise StoreClosed("the store is closed; open it again to write")
            self._queue.put(operation)
        return operation.future

    def close(self) -> None:
        """Finish what is queued, then let the connection go."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _loop(self) -> None:
        for group in self._groups():
            self._commit(group)

    def _groups(self) -> Iterator[list[_Operation]]:
        """Operations that wait together; one that must be alone by itself."""
        group: list[_Operation] = []
        while True:
            if group and (len(group) == MAX_GROUP or group[-1].alone or self._queue.empty()):
                yield group
                group = []
            operation = self._next()
            if group and (operation is None or operation.alone):
                yield group
                group = []
            if operation is None:
                return
            group.append(operation)

    def _next(self) -> _Operation | None:
        while True:
            try:
                return self._queue.get(timeout=PING_SECONDS)
            except queue.Empty:
                self._ping()

    def _ping(self) -> None:
        """See whether the connection, and the lock on the database with it, is still there."""
        if self._remote and not self._connection.invalidated:
            try:
                with told("asking the database"), self._connection.begin():
                    self._connection.execute(text("SELECT 1"))
            except StorageError as error:
                self._report(error)

    def _report(self, error: BaseException) -> None:
        if self._connection.invalidated:
            self._lost(error)

    def _commit(self, group: list[_Operation]) -> None:
        try:
            self._require_connection()
            with told("writing"), self._connection.begin():
                for operation in group:
                    self._run(operation)
        except BaseException as error:  # noqa: BLE001 - every waiting caller must hear of it
            self._report(error)
            for operation in group:
                if not operation.future.done():
                    operation.future.set_exception(error)
            return
        for operation in group:
            if operation.done:
                self._acknowledge(operation)

    def _require_connection(self) -> None:
        # A connection made anew would not hold the database's lock.
        if self._connection.invalidated:
            raise StorageError(
                "the connection to the database was lost, and with it the ownership of the store; "
                "close the store and open it again"
            )

    def _run(self, operation: _Operation) -> None:
        savepoint = self._connection.begin_nested()
        try:
            operation.result = operation.run(self._connection)
            savepoint.commit()
        except Exception as error:
            # Where the database gave up the whole transaction (no room, no memory), this fails,
            # and with it the whole group: nothing of it may be acknowledged.
            try:
                savepoint.rollback()
            except Exception:  # noqa: BLE001 - the first error says what happened
                raise error from None
            if self._connection.invalidated:
                raise
            operation.future.set_exception(_told(error))
        else:
            operation.done = True

    @staticmethod
    def _acknowledge(operation: _Operation) -> None:
        try:
            operation.committed(operation.result)
        except BaseException as error:  # noqa: BLE001 - durable, but the index could not follow
            operation.future.set_exception(error)
        else:
            operation.future.set_result(operation.result)


def _told(error: Exception) -> Exception:
    try:
        with told("writing"):
            raise error
    except Exception as translated:  # noqa: BLE001 - handed on
        return translated
