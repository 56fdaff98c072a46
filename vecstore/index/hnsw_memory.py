"""The vectors of a graph, read where hnswlib 0.8.0 keeps them.

hnswlib hands out vectors one by one through Python floats, 10 µs each, or all of them as a copy. A
second matrix would cost as much memory as the graph itself. Yet all vectors lie in one block, the
graph's level 0: row by row the links, the vector and the key. This module finds that block.

The way there leads through pointers inside native objects, whose offsets no interface promises. So
they are learned, once for each process, from a small graph whose vectors and keys are known, and
what they lead to in any other graph is held against what that graph says of itself. All reading on
the way goes through ``/proc/self/mem``, where a wild address is an error and not a crash. Where
anything is in doubt, or there is no such file, nothing is found, and the slower ways serve.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import hnswlib
import numpy as np
from numpy.typing import NDArray

from vecstore.index.columns import Labels
from vecstore.index.native import Memory
from vecstore.spaces import FloatArray

_MEMORY = "/proc/self/mem"
_POINTER = struct.Struct("=Q")
# Where an object made by pybind11 keeps the native one: behind its reference count and its type.
_VALUE = 16
# Pointers looked at in the native object, and in the one that it leads to.
_OUTER, _INNER = 32, 64
_DELETED_BYTE, _DELETED_BIT = 2, 1
_CHECKED = 4

_PROBE_DIM, _PROBE_COUNT, _PROBE_M, _PROBE_FIRST = 12, 40, 4, 7_340_033

# Hints to Linux about memory, see madvise(2). One that it does not know changes nothing.
_HUGE_PAGES, _COLLAPSE = 14, 25

Read = Callable[[int, int], bytes]


class Layout(NamedTuple):
    """How one row of a block is laid out.

    Args:
        m: links per node and level; twice as many on level 0.
        dim: length of the vectors.
    """

    m: int
    dim: int

    @property
    def vector(self) -> int:
        """Offset of the vector: behind the links and their number."""
        return 8 * self.m + 4

    @property
    def key(self) -> int:
        """Offset of the key, behind the vector."""
        return self.vector + 4 * self.dim

    @property
    def stride(self) -> int:
        """Bytes of a row."""
        return self.key + 8


class Block:
    """The rows of one graph, not copied. Valid until the graph is resized or gone.

    Args:
        address: of the first row.
        capacity: rows that there is memory for.
        layout: of a row.

    Attributes:
        vectors: shape (capacity, dim), float32, read only.
        keys: shape (capacity,).
        memory: the same vectors, for native code.
    """

    __slots__ = ("_marks", "_together", "address", "capacity", "keys", "memory", "vectors")

    def __init__(self, address: int, capacity: int, layout: Layout) -> None:
        self.address = address
        self.capacity = capacity
        stride = layout.stride
        whole = (ctypes.c_char * (capacity * stride)).from_address(address)
        memory = memoryview(whole).cast("B")
        self.vectors: FloatArray = np.ndarray(
            (capacity, layout.dim), np.float32, memory, layout.vector, (stride, 4)
        )
        self.memory = Memory(memory.toreadonly(), stride, layout.vector)
        self.keys: Labels = np.ndarray((capacity,), np.int64, memory, layout.key, (stride,))
        self._marks = np.ndarray((capacity,), np.uint8, memory, _DELETED_BYTE, (stride,))
        for view in (self.vectors, self.keys, self._marks):
            view.flags.writeable = False
        self._together = False
        _advise(address, capacity * stride, _HUGE_PAGES)

    def bring_together(self) -> None:
        """Have the memory that is in use put into large pages, once.

        Rows chosen here and there are gathered in half the time then: each of them would cost a
        look-up of its page, too. Takes about 1.5 ms a MiB, beside which everything goes on.
        """
        if not self._together:
            self._together = True
            _advise(self.address, self.capacity * self.keys.strides[0], _COLLAPSE)

    def removed(self, count: int) -> NDArray[np.bool_]:
        """Which of the first ``count`` rows are marked as removed."""
        marks: NDArray[np.bool_] = self._marks[:count] & _DELETED_BIT != 0
        return marks


def find(graph: Any, layout: Layout) -> Block | None:
    """The rows of a graph that holds something; None where they are not beyond doubt."""
    offsets = _offsets()
    count = graph.get_current_count()
    if offsets is None or not count:
        return None
    with (
        contextlib.suppress(OSError, OverflowError, RuntimeError),
        _reading() as read,
    ):
        outer = _pointer(read, id(graph) + _VALUE)
        address = _pointer(read, _pointer(read, outer + offsets[0]) + offsets[1])
        if _true_of(graph, read, address, count, layout):
            return Block(address, graph.get_max_elements(), layout)
    return None


@contextlib.contextmanager
def _reading() -> Iterator[Read]:
    # Opened anew each time: after a fork it would show another process.
    file = os.open(_MEMORY, os.O_RDONLY)
    try:

        def read(address: int, size: int) -> bytes:
            found = os.pread(file, size, address)
            if len(found) < size:
                raise OSError("the memory ends here")
            return found

        yield read
    finally:
        os.close(file)


def _pointer(read: Read, address: int) -> int:
    value: int = _POINTER.unpack(read(address, _POINTER.size))[0]
    return value


def _true_of(graph: Any, read: Read, address: int, count: int, layout: Layout) -> bool:
    """Whether rows at this address hold keys of the graph, and their vectors."""
    rows = np.unique(np.linspace(0, count - 1, _CHECKED * _CHECKED).astype(np.int64)).tolist()
    agreed = 0
    for row in (rows[0], rows[-1], *rows):
        raw = read(address + row * layout.stride, layout.stride)
        key = int.from_bytes(raw[layout.key :], "little")
        if raw[_DELETED_BYTE] & _DELETED_BIT:
            # The graph tells nothing of these.
            continue
        vector = np.asarray(graph.get_items([key])[0], np.float32)
        if vector.tobytes() != raw[layout.vector : layout.key]:
            return False
        agreed += 1
        if agreed == _CHECKED:
            break
    return agreed > 0


@functools.cache
def _offsets() -> tuple[int, int] | None:
    """Where the native object points to the graph proper, and that one to its rows."""
    layout = Layout(_PROBE_M, _PROBE_DIM)
    vectors = np.random.default_rng(_PROBE_FIRST).random((_PROBE_COUNT, _PROBE_DIM), np.float32)
    keys = np.arange(_PROBE_COUNT) + _PROBE_FIRST
    probe = hnswlib.Index("l2", _PROBE_DIM)
    probe.init_index(_PROBE_COUNT, M=_PROBE_M)
    probe.add_items(vectors, keys, 1)
    expected = [vectors[row].tobytes() + _POINTER.pack(key) for row, key in enumerate(keys)]
    with contextlib.suppress(OSError, OverflowError), _reading() as read:
        outer = _pointer(read, id(probe) + _VALUE)
        for first in range(0, _OUTER * _POINTER.size, _POINTER.size):
            for second in range(0, _INNER * _POINTER.size, _POINTER.size):
                with contextlib.suppress(OSError, OverflowError):
                    address = _pointer(read, _pointer(read, outer + first) + second)
                    raw = read(address, _PROBE_COUNT * layout.stride)
                    starts = range(layout.vector, len(raw), layout.stride)
                    if [raw[at : at + 4 * _PROBE_DIM + 8] for at in starts] == expected:
                        return first, second
    return None


def _advise(address: int, size: int, hint: int) -> None:
    """Give a hint about the whole pages within a piece of memory."""
    page = mmap.PAGESIZE
    first, last = -(-address // page) * page, (address + size) // page * page
    if first < last:
        _madvise()(first, last - first, hint)


@functools.cache
def _madvise() -> Any:
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function
