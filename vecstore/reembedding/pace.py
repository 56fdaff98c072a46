"""How much of the machine the filling takes, so that searches stay quick beside it.

Three means, each for a reason of its own:

- **Rest after each batch**, in proportion to the processor time that it took. It is the share that
  the user sets, and holds for whatever an encoder does: one thread or all of them. The number of an
  encoder's threads is never set, for it is one for the whole process, and so also that of the
  encoders of searches.
- **Batches that take about a quarter of a second.** A search by text in the same model waits for
  the encoder's lock, and so does a write, which is encoded for both spaces: never for longer than
  a batch.
- **Niceness of the encoding thread**, where the system has one for each thread (Linux). Threads that
  a numeric library starts for it inherit it, so a search gets a processor at once. A moderate one:
  whoever waits for the interpreter's lock waits for the thread that holds it, which must go on.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

# Records of a batch; a kill has those of up to two batches encoded twice.
_LEAST, _FIRST, _MOST = 8, 64, 256
# Seconds that encoding a batch should take.
_SECONDS = 0.25
_NICENESS = 10


class Pace:
    """The size of batches, and the rests between them.

    Args:
        cores: share of the cores, above 0 up to 1.

    Attributes:
        size: records of the next batch.
    """

    def __init__(self, cores: float) -> None:
        self.size = _FIRST
        self._cores = cores * (os.cpu_count() or 1)
        self._began = self._busy = 0.0

    def begin(self) -> None:
        """A batch begins."""
        self._began, self._busy = time.perf_counter(), time.process_time()

    def encoded(self, count: int, took: float) -> None:
        """So many records have been encoded, in ``took`` seconds."""
        if took > _SECONDS:
            self.size = max(_LEAST, self.size // 2)
        elif 2 * took * self.size <= _SECONDS * count:
            self.size = min(_MOST, self.size * 2)

    def rest(self) -> float:
        """Seconds to rest after the batch that has begun.

        What other threads did meanwhile counts as the batch's own, for nothing tells them apart; so
        it rests longer where there is more to do beside it.
        """
        took = time.perf_counter() - self._began
        busy = time.process_time() - self._busy
        return max(0.0, busy / self._cores - took)


def step_aside() -> None:
    """Let the calling thread, and those that it starts, yield to others; where that is possible."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
