"""Freed memory that is handed back."""

import ctypes
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from vecstore.index import heap, keeper

WAIT = 60
MIB = 1024 * 1024


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(heap._trim() is None, reason="this C library has no malloc_trim")
def test_what_lies_free_between_other_things_is_handed_back():
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.malloc.argtypes = (ctypes.c_size_t,)
    library.free.argtypes = (ctypes.c_void_p,)
    # Below the size from which on glibc asks the system for each block.
    blocks = [library.malloc(96 * 1024) for _ in range(1000)]
    for block in blocks:
        ctypes.memset(block, 1, 96 * 1024)
    kept = blocks[::2]
    for block in blocks[1::2]:
        library.free(block)
    before = resident()
    heap.hand_back()
    assert before - resident() > 30 * MIB
    for block in kept:
        library.free(block)


def test_where_there_is_no_such_function_nothing_happens(monkeypatch):
    heap._trim.cache_clear()
    monkeypatch.setattr(heap, "ctypes", SimpleNamespace(CDLL=lambda _: object()))
    try:
        assert heap._trim() is None
        heap.hand_back()
    finally:
        heap._trim.cache_clear()


def test_after_opening_and_after_rebuilding(make_field, random, monkeypatch):
    handed = threading.Semaphore(0)
    monkeypatch.setattr(keeper, "hand_back", handed.release)
    field = make_field()
    field.open()
    assert handed.acquire(timeout=WAIT)
    field.fill(random(1000))
    field.settle()
    field.index.snapshot()
    assert not handed.acquire(timeout=0.05)
    before = field.index._state.graph.index
    field.write(deletes=[f"r{n}" for n in range(800)])
    field.settle()
    assert field.index._state.graph.index is not before
    assert handed.acquire(timeout=WAIT)
