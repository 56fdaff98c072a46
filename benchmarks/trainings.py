"""Whole trainings, ours and a bare one in turn, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.figures import Bar, Figure
from benchmarks.measure import HERE, quartiles

ROUNDS = 5
OURS, BARE = "ours", "bare"

Side = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took.

    Args:
        seconds: on the clock, from its start to its end.
        busy: seconds of the processors.
        peak: bytes of memory, at most.
    """

    seconds: float
    busy: float
    peak: int


@dataclass(frozen=True, slots=True)
class Trainings:
    """Both sides of every round.

    Args:
        ours, bare: one a round.
    """

    ours: Sequence[Spent]
    bare: Sequence[Spent]

    def figure(self, name: str, what: str, bar: Bar) -> Figure:
        """How much of the bare training's speed is ours, as one line of the report."""
        ours, bare = (
            np.array([(one.seconds, one.busy, one.peak) for one in side])
            for side in (self.ours, self.bare)
        )
        low, ratio, high = quartiles(bare[:, 0] / ours[:, 0])
        busier = float(np.median(ours[:, 1] / bare[:, 1]))
        seconds = [f"{np.median(side[:, 0]):.1f} s" for side in (ours, bare)]
        peaks = [float(np.median(side[:, 2])) / 2**20 for side in (ours, bare)]
        return Figure(
            name,
            what,
            seconds[0],
            seconds[1],
            ratio,
            low,
            high,
            bar,
            f"{busier:.2f} times the processor time; at most {peaks[0]:,.0f} MiB of memory, and "
            f"{peaks[1]:,.0f} MiB bare",
        )


def in_turn(module: str, data: Path, folder: Path, rounds: int, *more: str) -> Trainings:
    """Train by both sides, one after the other, in every round.

    Args:
        module: runs one training as ``python -m MODULE SIDE DATA FOLDER MORE``; see :func:`train`.
        data: what is trained on.
        folder: for what they leave: ``FOLDER/ROUND/SIDE``.
        rounds: how often; at most :data:`ROUNDS`.
        more: what else the module must know, such as the task.
    """
    sides: Mapping[str, list[Spent]] = {OURS: [], BARE: []}
    for number in range(min(rounds, ROUNDS)):
        for side, found in sides.items():
            place = folder / str(number) / side
            place.mkdir(parents=True)
            found.append(spent(module, side, data, place, *more))
    return Trainings(sides[OURS], sides[BARE])


def spent(module: str, *arguments: str | Path) -> Spent:
    """Run ``python -m MODULE ARGUMENTS`` to its end.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.watched", *command],
        cwd=HERE,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with code {done.returncode}")
    return Spent(**json.loads(done.stdout))


def train(sides: Mapping[str, Side]) -> None:
    """What a module does as a program: the training of one side.

    Args:
        sides: (data, folder, more) -> trains, for "ours" and "bare".
    """
    side, data, folder, *more = sys.argv[1:]
    sides[side](Path(data), Path(folder), *more)
