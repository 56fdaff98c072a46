"""Squares one after the other: in memory, or beyond some size in a file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from vecstore.artifacts.places import disk_faults
from vecstore.inputs import Pixels

IN_MEMORY = 256 * 1024 * 1024


class PixelShelf:
    """Takes squares of one size, and gives them back as one array.

    Args:
        side: of the squares.
        in_memory: bytes beyond which they go to a temporary file; None for ``IN_MEMORY``. The
            file has no name, so nothing is left of it once the array is gone, or the process.
    """

    def __init__(self, side: int, in_memory: int | None = None) -> None:
        self._shape = (side, side, 3)
        limit = IN_MEMORY if in_memory is None else in_memory
        self._most = limit // (side * side * 3)
        self._held: list[Pixels] = []
        self._file: IO[bytes] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, pixels: Pixels) -> int:
        """Take in a square, and return its number.

        Raises:
            StorageError: no room on the disk.
        """
        self._held.append(pixels)
        self._count += 1
        if self._file is not None or len(self._held) > self._most:
            self._flush()
        return self._count - 1

    def pixels(self, kept: Sequence[int]) -> Pixels:
        """The squares of these numbers, which ascend: shape (n, side, side, 3), uint8.

        Called once, at the end. Beyond ``in_memory`` it is a memory map.

        Raises:
            StorageError: no room on the disk.
        """
        if self._file is None:
            found = [self._held[number] for number in kept]
            return np.stack(found) if found else np.empty((0, *self._shape), np.uint8)
        with disk_faults(Path(tempfile.gettempdir())):
            self._file.flush()
            mapped = np.memmap(self._file, np.uint8, "r+", shape=(self._count, *self._shape))
        for place, number in enumerate(kept):
            if place != number:
                mapped[place] = mapped[number]
        return mapped[: len(kept)]

    def _flush(self) -> None:
        with disk_faults(Path(tempfile.gettempdir())):
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as its map
            for pixels in self._held:
                self._file.write(np.ascontiguousarray(pixels).tobytes())
        self._held.clear()
