"""Data-parallel training under torchrun: which of the processes this is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

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
    """The first process acts while the others wait; then they do theirs."""
    if world_size() == 1:
        return act()
    state = processes()
    if is_first():
        result = act()
        state.wait_for_everyone()
        return result
    state.wait_for_everyone()
    return others()
