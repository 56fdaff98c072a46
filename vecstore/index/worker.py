"""A thread that does one step after the other, and never dies in silence."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

# Native code that comes back to an interpreter which is ending would abort the process.
_running: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """Calls ``step`` until it is told to stop.

    Args:
        step: does a little; returns how many seconds to wait for the next call (0 for none, None
            for until :meth:`wake`).
        failed: called with what ``step`` raised; the thread ends after that.
        name: the thread's.
    """

    def __init__(
        self, step: Callable[[], float | None], failed: Callable[[BaseException], None], name: str
    ) -> None:
        self._step = step
        self._failed = failed
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        _running.add(self)
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def stop(self) -> None:
        """End after the step under way, and wait for that."""
        self._stopping = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping:
                # Cleared before the step looks: what comes later wakes it again.
                self._woken.clear()
                pause = 0.0 if self._stopping else self._step()
                if pause is None or pause > 0:
                    self._woken.wait(pause)
        except BaseException as error:  # noqa: BLE001 - told to whoever is responsible
            self._failed(error)


@atexit.register
def _stop_all() -> None:
    for worker in list(_running):
        worker.stop()
