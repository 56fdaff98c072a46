"""The re-embeddings of one open store, and the threads that work on them."""

from __future__ import annotations

import atexit
import logging
import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vecstore.errors import NotFound, ReembedBlocked, StoreClosed, VecstoreError
from vecstore.reembedding.letting_go import LettingGo
from vecstore.reembedding.progress import Progress
from vecstore.reembedding.reembedding import Reembedding
from vecstore.reembedding.settling import collection_of, count, settle
from vecstore.reembedding.standing import standing
from vecstore.reembeddings import ReembedCounts, ReembedState, ReembedStatus
from vecstore.storage.reembeddings import Reembeddings as Records
from vecstore.storage.reembeddings import change_reembedding

if TYPE_CHECKING:
    from vecstore.store import Store

log = logging.getLogger(__name__)

# Native code that comes back to an interpreter which is ending would abort the process.
_open: weakref.WeakSet[Reembeddings] = weakref.WeakSet()


@dataclass(slots=True)
class _Job:
    """What one thread works on.

    Args:
        id: the re-embedding's.
        progress: of its filling.
        counts: of records, when it began.
        stop: set where it is to end early.
        error: what stopped it.
    """

    id: int
    progress: Progress = field(default_factory=Progress)
    counts: ReembedCounts = field(default_factory=ReembedCounts)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    error: str = ""

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Reembeddings:
    """The re-embeddings of one open store.

    ``records`` has what is on record of them, ``letting_go`` deletes what they leave behind.

    Args:
        store: whose.
    """

    def __init__(self, store: Store) -> None:
        self.records = Records(store.catalog.engine)
        self.letting_go = LettingGo(store)
        self._store = store
        self._jobs: dict[int, _Job] = {}
        self._gate = threading.Lock()
        self._closed = False
        _open.add(self)

    def of(self, collection_name: str, field: str) -> Reembedding:
        """What is done with one vector field."""
        return Reembedding(self._store, collection_name, field)

    def status(self, id_: int) -> ReembedStatus:
        """How one of them stands, whatever became of its collection's name.

        Raises:
            NotFound: there is none of this id.
        """
        row = self.records.get(id_)
        collection = collection_of(self._store, row)
        if collection is None:
            raise NotFound(
                f"there is no operation {id_}: its collection was deleted", operation=id_
            )
        return standing(self._store, collection, row)

    def running(self, id_: int) -> Progress | None:
        """The progress of one that is worked on in this process; None where it is not."""
        job = self._jobs.get(id_)
        return job.progress if job is not None and job.alive else None

    def counted(self, id_: int) -> ReembedCounts:
        """The records of one that is worked on, as they were when that began."""
        job = self._jobs.get(id_)
        return ReembedCounts() if job is None else job.counts

    def error(self, id_: int) -> str:
        """What stopped one in this process."""
        job = self._jobs.get(id_)
        return "" if job is None or job.alive else job.error

    def goes_on(self, id_: int) -> bool:
        """Whether one is worked on in this process, and has not been told to stop."""
        job = self._jobs.get(id_)
        return job is not None and job.alive and not job.stop.is_set()

    def begin(self, id_: int) -> None:
        """Work on one, in a thread of its own; nothing happens where that is so.

        Raises:
            StoreClosed: the store is closed.
        """
        while True:
            with self._gate:
                if self._closed:
                    raise StoreClosed("the store is closed; open it again")
                present = self._jobs.get(id_)
                if present is None or not present.alive:
                    self._start(_Job(id_))
                    return
                if not present.stop.is_set():
                    return
            self._join(present, None)

    def stop(self, id_: int, timeout: float | None = None) -> None:
        """Let nobody work on one, after the batch under way.

        Args:
            id_: the re-embedding's.
            timeout: seconds to wait for the end of it; for ever where left out.
        """
        job = self._jobs.get(id_)
        if job is not None:
            job.stop.set()
            self._join(job, timeout)

    def resume_all(self) -> None:
        """Go on with what was under way when the store was closed, or its process killed."""
        self._store.claim()
        self.letting_go.begin()
        for row in self.records.all():
            if row.state is ReembedState.FILLING:
                self.begin(row.id)

    def close(self) -> None:
        """Stop at the next batch; what is under way is gone on with later."""
        with self._gate:
            self._closed = True
            jobs = list(self._jobs.values())
        for job in jobs:
            job.stop.set()
        for job in jobs:
            self._join(job, None)
        self.letting_go.close()

    def _start(self, job: _Job) -> None:
        name = f"vecstore-reembedding-{job.id}"
        job.thread = threading.Thread(target=self._run, args=(job,), name=name, daemon=True)
        self._jobs[job.id] = job
        job.thread.start()

    @staticmethod
    def _join(job: _Job, timeout: float | None) -> None:
        if job.thread is not None and job.thread is not threading.current_thread():
            job.thread.join(timeout)

    def _run(self, job: _Job) -> None:
        try:
            row = self.records.get(job.id)
            collection = collection_of(self._store, row)
            if collection is not None:
                job.counts = count(self._store, collection, row)
                settle(self._store, job.id, job.progress, job.stop)
        except BaseException as error:  # noqa: BLE001 - told by the status
            self._stopped(job, error)

    def _stopped(self, job: _Job, error: BaseException) -> None:
        """Put on record what stopped it, unless it was told to, or is over."""
        if job.stop.is_set() or self._is_over(job.id):
            log.info("re-embedding %d ended early", job.id, exc_info=error)
            return
        if isinstance(error, VecstoreError):
            said = error.message
        else:
            said = f"an error of vecstore or a plugin: {error!r}; the log has more"
        job.error = said
        try:
            self._store.write(
                lambda connection: change_reembedding(
                    connection,
                    job.id,
                    [ReembedState.FILLING],
                    state=ReembedState.STOPPED,
                    error=said,
                ),
                lambda _: None,
            )
        except (ReembedBlocked, NotFound):
            # Somebody else has taken it further meanwhile.
            job.error = ""
            log.info("re-embedding %d ended early", job.id, exc_info=error)
            return
        except Exception:
            # A disk that is full takes not even this.
            log.exception("that re-embedding %d stopped is not on record", job.id)
        log.error("re-embedding %d stopped: %s", job.id, said, exc_info=error)

    def _is_over(self, id_: int) -> bool:
        """Whether there is nothing left to work on."""
        try:
            return self.records.get(id_).state.over
        except NotFound:
            return True
        except VecstoreError:
            return False


@atexit.register
def _stop_all() -> None:
    for one in list(_open):
        one.close()
