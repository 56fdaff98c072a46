"""How much of the machine the filling takes, so that searches stay quick beside it.

Each means has a reason of its own. The figures are of two cores, MiniLM and one client that
searches; without any of them the 99th percentile of its searches was 4.5 times that of quiet.

- **Niceness of the encoding thread**, where threads have one each (Linux). Threads that a numeric
  library starts for it inherit it, so a search gets a processor at once: 2.6 times. A moderate one:
  whoever needs the interpreter waits for the thread that holds it, which must get on.
- **Rest after each batch**, in proportion to the processor time that it took: the share of the
  cores that the user sets. It holds for whatever an encoder does, with one thread or with all. The
  number of its threads is never set: that would be of the whole process, and so of the encoders of
  searches, too.
- **Batches of about a quarter of a second.** A search by text in the same model waits for the
  encoder's lock, and so does a write, which is encoded for both spaces.
- **Small batches and longer rests for a quick encoder**, which takes less than a millisecond for a
  record: such a one is written in Python, and holds the interpreter, so no priority helps. While a
  batch of 256 of hashing is encoded, a search takes twenty times as long as else. The interpreter
  is one, whatever the number of cores, so the rest is in proportion to the time that it was held.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

# Records of a batch; a kill has those of up to two batches encoded twice.
_LEAST, _FIRST, _MOST = 8, 64, 256
# Records of a batch of a quick encoder, which takes less than so many seconds for one.
_FEW, _QUICK = 16, 0.001
# Seconds that encoding a batch should take.
_SECONDS = 0.25
_NICENESS = 10


class Pace:
    """The size of batches, and the rests between them.

    Args:
        cores: share of the cores, above 0 up to 1; with 1 it does not rest.

    Attributes:
        size: records of the next batch.
    """

    def __init__(self, cores: float) -> None:
        self.size = _FIRST
        self._cores = cores
        self._quick = False
        self._began = self._busy = 0.0

    def begin(self) -> None:
        """A batch begins."""
        self._began, self._busy = time.perf_counter(), time.process_time()

    def encoded(self, count: int, took: float) -> None:
        """So many records have been encoded, in ``took`` seconds."""
        self._quick = took < _QUICK * count
        if took > _SECONDS:
            self.size = max(_LEAST, self.size // 2)
        elif self._quick and self._cores < 1.0:
            self.size = _FEW
        elif 2 * took * self.size <= _SECONDS * count:
            self.size = min(_MOST, self.size * 2)

    def rest(self) -> float:
        """Seconds to rest after the batch that has begun.

        What other threads did meanwhile counts as the batch's own, for nothing tells them apart; so
        it rests longer where there is more to do beside it, up to as if it had used every core.
        """
        took = time.perf_counter() - self._began
        busy = time.process_time() - self._busy
        by_cores = busy / (self._cores * (os.cpu_count() or 1)) - took
        by_interpreter = took / self._cores - took if self._quick else 0.0
        return max(0.0, by_cores, by_interpreter)


def step_aside() -> None:
    """Let the calling thread, and those that it starts, yield to others; where that is possible."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
