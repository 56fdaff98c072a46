"""Waiting for the background work of an index."""

from __future__ import annotations

import time
from collections.abc import Callable

from vecstore.config import Settings
from vecstore.errors import Overloaded
from vecstore.index.keeper import Keeper, stopped
from vecstore.index.state import State

_RETRY_AFTER = 1.0


class Waiting:
    """What an index offers to those who wait for it."""

    _state: State
    _keeper: Keeper
    _settings: Settings

    def wait_for_room(self, timeout: float, share: float = 1.0) -> None:
        """Wait until the tail is below its limit, so that a write may begin.

        Args:
            timeout: seconds.
            share: of the limit that it is to be below, for work that leaves room to others.

        Raises:
            Overloaded: it did not get there in time.
            StorageError: it never will, because the background work has stopped.
        """
        # Below 1 there would never be room.
        limit = max(1, int(share * self._settings.max_tail_bytes))
        if self._state.tail.nbytes < limit:
            return
        self._wait(lambda: self._state.tail.nbytes < limit, timeout)
        if self._state.tail.nbytes >= limit:
            raise Overloaded(
                f"{len(self._state.tail)} vectors wait for the index, which is the limit "
                f"({limit} bytes); send more slowly, or try again in {_RETRY_AFTER:g} s",
                retry_after=_RETRY_AFTER,
            )

    def wait_until_indexed(self, timeout: float) -> bool:
        """Wait until the tail is empty and what died is out of the graph.

        Args:
            timeout: seconds.

        Returns:
            False where it took longer.

        Raises:
            StorageError: it never will be, because the background work has stopped.
        """
        return self._wait(self._keeper.idle, timeout)

    def wait_until_checked(self, timeout: float) -> bool:
        """Wait until the index is idle and every vector in it has been found to find itself.

        Args:
            timeout: seconds.

        Returns:
            False where it took longer.

        Raises:
            StorageError: it never will be, because the background work has stopped.
        """
        return self._wait(self._keeper.settled, timeout)

    def _wait(self, reached: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._keeper.moved:
            while not reached():
                if self._state.failure is not None:
                    raise stopped(self._state.failure)
                left = deadline - time.monotonic()
                if left <= 0 or not self._keeper.moved.wait(left):
                    return reached()
        return True
