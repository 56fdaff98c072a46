"""Memory that was used for a while and is free again, handed back to the system.

Opening an index and building it anew take memory for a moment. The C library keeps what is freed of
that in pieces between what is not, where nobody else can use it.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any


def hand_back() -> None:
    """Have the C library let go of free memory; nothing where it has no way to say so.

    Takes tens of milliseconds, in which who allocates may wait, so it is for what happens seldom.
    glibc only: see malloc_trim(3).
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Any:
    try:
        function = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows has no such handle
        return None
    function.argtypes = (ctypes.c_size_t,)
    return function
