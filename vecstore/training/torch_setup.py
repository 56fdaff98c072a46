"""What a training needs of torch and transformers: a precision, silence, and draws of its own."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import torch

from vecstore.errors import InvalidArgument
from vecstore.training.ranks import processes, world_size

T = TypeVar("T")

_PRECISIONS = ("auto", "float32", "bf16")


def resolve_precision(wanted: str, device: torch.device) -> str:
    """The precision to train with: "float32", or "bf16" for mixed precision.

    "auto" is bf16 where the device multiplies bf16 in hardware: on GPUs from Ampere on, and on
    CPUs with AVX512-BF16 or AMX, where a small BERT trains twice as fast with it.

    Raises:
        InvalidArgument: a precision that there is not.
    """
    if wanted not in _PRECISIONS:
        raise InvalidArgument(
            f"the precision is {wanted!r}; one of {', '.join(_PRECISIONS)} is needed",
            field="precision",
        )
    if wanted != "auto":
        return wanted
    return "bf16" if _has_bf16(device) else "float32"


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    capable = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported() and capable and capable())


@contextmanager
def quiet() -> Iterator[None]:
    """No words from the libraries: a training speaks through its reports and its errors."""
    from transformers.utils import logging

    speaking: Any = logging  # its functions carry no types
    level, bars = speaking.get_verbosity(), speaking.is_progress_bar_enabled()
    speaking.set_verbosity_error()
    speaking.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        speaking.set_verbosity(level)
        if bars:
            speaking.enable_progress_bar()


@contextmanager
def own_draws() -> Iterator[None]:
    """Leave the random generators of the process as they were."""
    python, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numbers)


def seed_draws(seed: int, step: int, rank: int, device: torch.device) -> None:
    """Seed what a model draws in one step, such as dropout, by this step alone."""
    key = int(np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)[0] >> 1)
    torch.default_generator.manual_seed(key)
    if device.type != "cpu":
        torch.manual_seed(key)


def agreed(value: T) -> T:
    """The value that the first of the processes has, in each of them."""
    if world_size() == 1:
        return value
    from accelerate.utils import broadcast_object_list

    processes()  # before they have joined, a broadcast is silently none
    shared: list[T] = [value]
    broadcast_object_list(shared)
    return shared[0]
