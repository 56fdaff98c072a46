"""Which items make up each step of a training: it follows from the seed and the step alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WINDOW = 64


class Batches:
    """The batches of a whole training, all its epochs in one row, as a torch batch sampler.

    A trainer that goes on at step n skips the first n; nothing else has to be kept.

    Args:
        data: the dataset. Where it has a method ``set_epoch``, it is told the number of an epoch
            before the first item of that epoch is asked for.
        size: items a step, on each device.
        steps: how many batches there are.
        seed: of the order.
        lengths: shape (items,): how long each item is. Items of about equal length then share a
            batch, which spares padding. None for any order.
        rank, world: which of how many processes this is. Each gets its own share of every step.
    """

    def __init__(
        self,
        data: Any,
        size: int,
        steps: int,
        seed: int,
        lengths: Sequence[int] | None = None,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self._data = data
        self._whole = size * world
        self._steps = steps
        self._seed = seed
        self._lengths = None if lengths is None else np.asarray(lengths)
        self._rank, self._world = rank, world

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[int]]:
        made = epoch = 0
        while made < self._steps:
            if hasattr(self._data, "set_epoch"):
                self._data.set_epoch(epoch)
            for batch in self._epoch(epoch)[: self._steps - made]:
                yield self._share(batch)
                made += 1
            epoch += 1

    def _epoch(self, epoch: int) -> list[NDArray[np.int64]]:
        """Every item once, in batches of all processes."""
        draw = np.random.default_rng((self._seed, epoch))
        order = draw.permutation(len(self._data))
        if self._lengths is None:
            return _cut(order, self._whole)
        windows = _cut(order, self._whole * _WINDOW)
        batches = [
            batch
            for window in windows
            for batch in _cut(window[np.argsort(self._lengths[window], kind="stable")], self._whole)
        ]
        return [batches[number] for number in draw.permutation(len(batches))]

    def _share(self, batch: NDArray[np.int64]) -> list[int]:
        """This process's part of a batch; never empty, or the others would wait for it."""
        full = batch if len(batch) >= self._world else np.resize(batch, self._world)
        return [int(item) for item in full[self._rank :: self._world]]


def batches_an_epoch(items: int, size: int, world: int = 1) -> int:
    """How many steps show every item once."""
    return -(-items // (size * world))


def _cut(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [order[start : start + size] for start in range(0, len(order), size)]
