"""How far a filling has come, as told from memory: nobody waits for the database to ask."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from vecstore.reembeddings import Doing

_WINDOW = 60.0
# Moments that are kept of the window: one for so many seconds.
_GRAIN = 0.5


class Progress:
    """Told by the filler, asked by anybody, at any time.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._gate = threading.Lock()
        self._done = self._total = 0
        self._doing: Doing | None = None
        # When, and how many were done by then; the first is what the rate is counted from.
        self._seen: deque[tuple[float, int]] = deque()

    def begin(self, what: Doing) -> None:
        """Something else is done from now on."""
        self._doing = what

    def expect(self, left: int) -> None:
        """So many are still to be moved."""
        with self._gate:
            self._total = self._done + left
            if not self._seen:
                self._seen.append((self._clock(), self._done))

    def advance(self, count: int) -> None:
        """So many more are done."""
        now = self._clock()
        with self._gate:
            self._done += count
            # More are written meanwhile, and looked at in their turn.
            self._total = max(self._total, self._done)
            # The last moment moves on, until it is as far from the one before as is worth keeping.
            if len(self._seen) > 1 and now - self._seen[-2][0] < _GRAIN:
                self._seen.pop()
            self._seen.append((now, self._done))
            # One moment beyond the window stays, so that the rate is of all of it.
            while now - self._seen[min(1, len(self._seen) - 1)][0] >= _WINDOW:
                self._seen.popleft()

    @property
    def doing(self) -> Doing | None:
        """What is done; None where it has only just begun."""
        return self._doing

    @property
    def done(self) -> int:
        """Records that were moved since the work began."""
        return self._done

    @property
    def total(self) -> int:
        """These, and those that are still to be moved."""
        return self._total

    @property
    def rate(self) -> float | None:
        """Records a second, over the last minute; None where nothing was done in it."""
        now = self._clock()
        with self._gate:
            if not self._seen:
                return None
            start, before = self._seen[0]
            for moment, done in self._seen:
                if now - moment >= _WINDOW:
                    start, before = moment, done
            count = self._done - before
        return count / (now - start) if count and now > start else None

    @property
    def seconds_left(self) -> float | None:
        """By that rate; None where there is none."""
        rate = self.rate
        return None if rate is None else (self._total - self._done) / rate
