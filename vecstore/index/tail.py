"""Vectors that are acknowledged and not yet in the graph.

They stand in blocks of about 4 MiB that are filled once and never moved, so a reader's view stays
valid without a copy, and each block's memory goes back to the system when its last row has left.
"""

from __future__ import annotations

import mmap
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels
from vecstore.spaces import FloatArray

_BLOCK_BYTES = 4 * 1024 * 1024
_FEWEST_ROWS = 64


class Piece(NamedTuple):
    """Rows of the tail, not copied.

    Args:
        labels: shape (n,).
        crcs: shape (n,), crc32 of the vectors as SQL has them.
        values: shape (n, dim), float32, prepared for the metric.
    """

    labels: Labels
    crcs: NDArray[np.uint32]
    values: FloatArray


class _Block:
    __slots__ = ("crcs", "end", "labels", "start", "values")

    def __init__(self, rows: int, dim: int) -> None:
        # A mapping of its own: an allocator might keep the memory after it was given back.
        memory = mmap.mmap(-1, rows * dim * 4)
        self.values = np.frombuffer(memory, np.float32).reshape(rows, dim)
        self.labels = np.empty(rows, np.int64)
        self.crcs = np.empty(rows, np.uint32)
        self.start = 0
        self.end = 0

    def piece(self, start: int, end: int) -> Piece:
        return Piece(self.labels[start:end], self.crcs[start:end], self.values[start:end])


class Tail:
    """A queue of vectors by label; changed under the index's exclusive lock only.

    Args:
        dim: length of the vectors.
    """

    def __init__(self, dim: int) -> None:
        self._dim = dim
        self._rows = max(_FEWEST_ROWS, _BLOCK_BYTES // (4 * dim))
        self._blocks: deque[_Block] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of the vectors waiting."""
        return self._count * self._dim * 4

    def append(self, labels: Labels, crcs: NDArray[np.uint32], values: FloatArray) -> None:
        """Add rows at the end; ``values`` of shape (n, dim), prepared for the metric."""
        done = 0
        while done < len(labels):
            if not self._blocks or self._blocks[-1].end == self._rows:
                self._blocks.append(_Block(self._rows, self._dim))
            block = self._blocks[-1]
            count = min(len(labels) - done, self._rows - block.end)
            source, target = slice(done, done + count), slice(block.end, block.end + count)
            block.labels[target] = labels[source]
            block.crcs[target] = crcs[source]
            block.values[target] = values[source]
            block.end += count
            self._count += count
            done += count

    def view(self) -> list[Piece]:
        """All rows, in order; later changes do not touch what was returned."""
        return [block.piece(block.start, block.end) for block in self._blocks]

    def front(self, count: int) -> Piece:
        """The first rows: at most ``count``, at least one where there is any."""
        block = self._blocks[0]
        return block.piece(block.start, min(block.end, block.start + count))

    def advance(self, count: int) -> None:
        """Drop the first ``count`` rows, which came from one :meth:`front`."""
        block = self._blocks[0]
        block.start += count
        self._count -= count
        if block.start == block.end:
            self._blocks.popleft()
