"""Images to squares, in several threads: Pillow decodes without holding Python's lock."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from vecstore.errors import InvalidInput
from vecstore.inputs import Frame, Pixels, square_in_turn
from vecstore.tasks import Progress
from vecstore.training.data.image_entries import Entries, Entry
from vecstore.training.data.image_rules import ImageRules

_MOST_THREADS = 8
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Square:
    """A decoded image.

    Args:
        pixels: shape (side, side, 3), uint8; empty for a file that came before, where each is to
            be read once.
        sha256: of what it was decoded from.
    """

    pixels: Pixels
    sha256: bytes


Outcome = Square | InvalidInput


def decode(
    entries: Entries, rules: ImageRules, max_pixels: int, *, once: bool = False
) -> Generator[tuple[Entry, Outcome]]:
    """Every image, in order, as a square or as the reason why it is none.

    A few are in flight at once, so that memory is bounded. Close the iterator where it is left
    early: the images ahead are then not waited for.

    Args:
        entries: the images.
        rules: say what squares are wanted, and who is told how far it is.
        max_pixels: width times height that are still decoded.
        once: read a file that several entries name once.
    """
    began = time.monotonic()
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="vecstore-images")
    work = partial(_work, rules.frame, max_pixels)
    try:
        outcomes = _in_order(pool, work, entries, _AHEAD * threads, once)
        for done, found in enumerate(outcomes, 1):
            yield found
            rules.report(_progress(done, entries.total, time.monotonic() - began))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[Entry], Outcome],
    entries: Entries,
    ahead: int,
    once: bool,
) -> Iterator[tuple[Entry, Outcome]]:
    flying: deque[tuple[Entry, Future[Outcome] | None]] = deque()
    remaining = iter(entries.items)
    asked: set[str] = set()
    known: dict[str, Outcome] = {}  # without pixels, of which there may be many
    while True:
        for entry in islice(remaining, ahead - len(flying)):
            again = entry.path in asked
            flying.append((entry, None if again else pool.submit(work, entry)))
            if once and entry.path is not None:
                asked.add(entry.path)
        if not flying:
            return
        entry, future = flying.popleft()
        outcome = known[entry.path or ""] if future is None else future.result()
        if entry.path in asked and future is not None:
            known[entry.path or ""] = _light(outcome)
        yield entry, outcome


def _work(frame: Frame, max_pixels: int, entry: Entry) -> Outcome:
    try:
        raw = entry.read()
        return Square(square_in_turn(raw.data, frame, max_pixels=max_pixels), raw.sha256)
    except InvalidInput as why:
        return why


def _light(outcome: Outcome) -> Outcome:
    if isinstance(outcome, InvalidInput):
        return outcome
    return Square(np.empty((0, 0, 3), np.uint8), outcome.sha256)


def _progress(done: int, total: int | None, seconds: float) -> Progress:
    rate = done / max(seconds, 1e-9)
    left = None if total is None else (total - done) / rate
    return Progress("reading images", done, total, rate=rate, unit="images", seconds_left=left)
