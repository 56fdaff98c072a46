"""Data-parallel training under torchrun: which of the processes this is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from vecstore.errors import TrainingFailed

T = TypeVar("T")


def world_size() -> int:
    """How many processes train together; 1 where nobody said otherwise."""
    return int(os.environ.get("WORLD_SIZE", "1") or 1)


def is_first() -> bool:
    """Whether this process writes and reports."""
    return int(os.environ.get("RANK", "0") or 0) == 0


def processes() -> Any:
    """accelerate's state of all processes; joins them first, on the CPU where there is no GPU."""
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())


def first_does(act: Callable[[], T], others: Callable[[], T]) -> T:
    """The first process acts while the others wait; then they do theirs.

    Raises:
        TrainingFailed: in the others, where the first has failed; it says why itself.
    """
    if world_size() == 1:
        return act()
    processes()
    if not is_first():
        if not _shared(False):
            raise TrainingFailed("the first of the processes that train together has failed")
        return others()
    try:
        result = act()
    except BaseException:
        _shared(False)
        raise
    _shared(True)
    return result


def _shared(done: bool) -> bool:
    """What the first process says, in every process."""
    from accelerate.utils import broadcast_object_list

    said = [done]
    try:
        broadcast_object_list(said)
    except RuntimeError:  # a process is gone
        return False
    return said[0]
