"""What a store takes on the disk, and whether room has been given back."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Of a block of a file, as the system counts them.
BLOCK = 512
# Seconds between two looks.
EVERY = 1.0
# Seconds without a change after which room has been given back, and how long that may take.
STILL, PATIENCE = 4.0, 600.0
# The store has this file as long as there is room to be given back.
MARK = "letting-go"


def used(folder: Path) -> int:
    """Bytes that a folder takes on the disk."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(Path(path) / name).st_blocks * BLOCK
            except FileNotFoundError:
                continue
    return total


@contextmanager
def fullest(folder: Path, told: Callable[[int], None]) -> Iterator[None]:
    """Look at a folder again and again; ``told`` is given the most that was seen."""
    over = threading.Event()

    def look() -> None:
        most = 0
        while not over.wait(EVERY):
            most = max(most, used(folder))
            told(most)

    thread = threading.Thread(target=look, name="disk")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wait_for_room(folder: Path) -> None:
    """Wait until a store's folder gets no smaller."""
    least, since = used(folder), time.monotonic()
    began = since
    while time.monotonic() - since < STILL and time.monotonic() - began < PATIENCE:
        time.sleep(EVERY / 2)
        now = used(folder)
        if now < least or (folder / MARK).exists():
            least, since = min(least, now), time.monotonic()
