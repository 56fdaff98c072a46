"""Timing two sides in turn, memory, and work in fresh processes."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

HERE = Path(__file__).resolve().parent.parent
MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Rounds:
    """Seconds of both sides, round by round.

    Args:
        ours, peer: shape (rounds,), seconds on the clock.
        ours_busy, peer_busy: shape (rounds,), seconds that the calling thread was at work.
    """

    ours: NDArray[np.float64]
    peer: NDArray[np.float64]
    ours_busy: NDArray[np.float64]
    peer_busy: NDArray[np.float64]

    def quicker(self) -> tuple[float, float, float]:
        """How much of the peer's speed is ours: lower quartile, median, upper quartile."""
        return quartiles(self.peer / self.ours)

    def thriftier(self) -> float:
        """As :meth:`quicker`, by the time that the thread was at work; the median.

        What else runs on the machine disturbs this less.
        """
        return quartiles(self.peer_busy / self.ours_busy)[1]


def joined(parts: Sequence[Rounds]) -> Rounds:
    """The rounds of several sittings as those of one."""
    columns = ("ours", "peer", "ours_busy", "peer_busy")
    return Rounds(*(np.concatenate([getattr(one, name) for one in parts]) for name in columns))


def quartiles(ratios: NDArray[np.float64]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    return float(low), float(middle), float(high)


def interleave(ours: Callable[[int], object], peer: Callable[[int], object], rounds: int) -> Rounds:
    """Run both sides once unmeasured, then strictly in turn.

    So either side always finds the caches as the other left them; a side that ran twice in a row
    would find its own index there.

    Args:
        ours, peer: called with the number of the round.
        rounds: how often.
    """
    ours(0)
    peer(0)
    gc.collect()
    seconds = np.empty((rounds, 2, 2))
    for number in range(rounds):
        seconds[number, 0] = clocked(ours, number)
        seconds[number, 1] = clocked(peer, number)
    return Rounds(seconds[:, 0, 0], seconds[:, 1, 0], seconds[:, 0, 1], seconds[:, 1, 1])


def clocked(work: Callable[[int], object], number: int) -> tuple[float, float]:
    """Seconds that a call takes on the clock, and that its thread is at work."""
    start, idle = time.perf_counter(), time.thread_time()
    work(number)
    busy = time.thread_time() - idle
    return time.perf_counter() - start, busy


def spread(items: Sequence[T], work: Callable[[T], object], threads: int) -> None:
    """``work`` on every item, by this many threads, each taking every so-manieth item."""

    def run(first: int) -> None:
        for item in islice(items, first, None, threads):
            work(item)

    if threads == 1:
        run(0)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(run, first) for first in range(threads)]:
            done.result()


def resident_bytes() -> int | None:
    """Memory of this process that is in RAM, once what is free was given back; Linux only."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library may lack it
        ctypes.CDLL(None).malloc_trim(0)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def in_fresh_process(*arguments: str | Path) -> tuple[dict[str, Any], float]:
    """What ``python -m benchmarks.child ARGUMENTS`` answers.

    Returns:
        Its answer, and the seconds from its start to its answer.

    Raises:
        RuntimeError: it ended without an answer.
    """
    command = [sys.executable, "-m", "benchmarks.child", *map(str, arguments)]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
    if not line or process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with code {process.returncode}")
    return json.loads(line), seconds


def rate(count: int, seconds: NDArray[np.float64]) -> float:
    """Pieces of work a second, over the median round."""
    return float(count / np.median(seconds))
