"""What spaces leave behind that were let go: their vectors, their indexes, and room on the disk."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from vecstore.errors import StorageError
from vecstore.index.worker import Worker
from vecstore.storage.giving_back import give_back, journal_emptied
from vecstore.storage.staging import drop_piece, ownerless_fields

if TYPE_CHECKING:
    from vecstore.store import Store

log = logging.getLogger(__name__)

# Vectors of one transaction: others' writes wait for no longer than it takes.
_PIECE = 1000
# Says that room has not been given back yet, to whoever opens the store next.
_MARK = "letting-go"
# How often it is seen whether nobody reads any more what was before, and seconds between.
_TRIES, _PAUSE = 6, 0.5


class LettingGo:
    """Deletes what fields that are gone still hold, a piece at a time, in a thread of its own.

    A process that ends meanwhile has deleted some of it; the next one that begins goes on.

    Args:
        store: whose fields.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mark = store.folder / _MARK
        self._gate = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._worker: Worker | None = None
        self._closed = False
        self._looked = False
        self._refused = False
        self._fields: list[int] = []
        self._tries = 0

    @property
    def busy(self) -> bool:
        """Whether there is something left to do."""
        return not self._idle.is_set()

    def begin(self) -> None:
        """Look for what is to be deleted, and delete it in the background."""
        with self._gate:
            if self._closed:
                return
            self._idle.clear()
            self._looked = False
            if self._worker is None:
                self._worker = Worker(self._step, self._failed, "vecstore-letting-go")
                self._worker.start()
        self._worker.wake()

    def wait(self) -> None:
        """Wait until nothing is left to do, or until it went wrong; the log says how."""
        self._idle.wait()

    def close(self) -> None:
        """End after the piece under way."""
        with self._gate:
            self._closed = True
        if self._worker is not None:
            self._worker.stop()
        self._idle.set()

    def _step(self) -> float | None:
        try:
            return self._work()
        except Exception:
            log.exception("what was let go is still on the disk; the next start goes on with it")
            return self._done()

    def _work(self) -> float | None:
        if not self._looked:
            self._looked = True
            self._look()
        elif self._fields:
            self._delete(self._fields[-1])
        elif self._mark.exists() and not self._refused:
            self._give_back()
        elif self._tries and not journal_emptied(self._store.catalog.engine):
            self._tries -= 1
            return _PAUSE
        else:
            self._tries = 0
            return self._done()
        return 0.0

    def _look(self) -> None:
        self._refused = False
        self._store.owner.drop_strays()
        with self._store.catalog.engine.connect() as connection:
            self._fields = ownerless_fields(connection)
        if self._fields:
            # On a full disk it goes without.
            with contextlib.suppress(OSError):
                self._mark.touch()

    def _delete(self, field: int) -> None:
        gone = self._store.write(
            lambda connection: drop_piece(connection, field, _PIECE), lambda _: None
        )
        if not gone:
            self._fields.pop()

    def _give_back(self) -> None:
        try:
            # In the writer's thread, for which SQLite has everybody wait who writes.
            self._store.owner.between_commits(lambda: give_back(self._store.catalog.engine))
        except StorageError as error:
            self._refused = True
            log.warning("%s; the next start tries again", error.message)
        else:
            self._mark.unlink(missing_ok=True)
        self._tries = _TRIES

    def _done(self) -> float | None:
        with self._gate:
            if not self._looked:
                return 0.0
            self._idle.set()
        return None

    def _failed(self, error: BaseException) -> None:
        log.error("what was let go is deleted no further", exc_info=error)
        self._idle.set()
