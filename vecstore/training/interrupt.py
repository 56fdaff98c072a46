"""Ctrl-C while a step is under way waits for the end of the step."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupt:
    """While it is entered, the first Ctrl-C is only noted; a second one acts as it did before.

    An interrupt in the middle of a step would leave weights of which half have made the step.
    Does nothing in a thread other than the main one, or where somebody else handles Ctrl-C in a
    way that cannot be taken over.

    Attributes:
        asked: whether to stop as soon as it is safe.
    """

    def __init__(self) -> None:
        self.asked = False
        self._former: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            former = signal.getsignal(signal.SIGINT)
            if callable(former):
                self._former = former
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._former(number, frame)
        self.asked = True
