"""How many steps a training makes, and at which it is judged: fixed once, and kept."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vecstore.errors import StorageError, TrainingFailed
from vecstore.files.durable import write_whole

SAVE_SECONDS = 30.0
"""A checkpoint is written about this often."""

_FILE = "schedule.json"
_JUDGING = 0.2


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a training keeps to, interrupted or not.

    Args:
        steps: optimiser steps.
        judged: the steps after which the model is judged, ascending; the last step is the last.
        precision: "float32" or "bf16".
        world: processes that train together.
    """

    steps: int
    judged: Sequence[int]
    precision: str
    world: int


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured: seconds of a step, of judging the model, of writing a checkpoint."""

    step: float
    judge: float
    save: float


def within(seconds: float, speed: Speed, evaluations: int) -> tuple[int, int]:
    """Steps and evaluations that fit into a time.

    Where judging alone would take more than a fifth of the time, it is done less often.
    """
    often = evaluations
    if speed.judge > 0:
        often = max(1, min(evaluations, int(_JUDGING * seconds / speed.judge)))
    saves = often + seconds / SAVE_SECONDS
    left = seconds - often * speed.judge - saves * speed.save
    return max(1, math.floor(left / speed.step)), often


def judged_steps(steps: int, evaluations: int) -> list[int]:
    """Evenly spread steps, the last one among them."""
    often = max(1, min(evaluations, steps))
    return sorted({max(1, round(steps * turn / often)) for turn in range(1, often + 1)})


def write_schedule(folder: Path, schedule: Schedule) -> None:
    """Keep a schedule for a resumed training.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        write_whole(folder / _FILE, json.dumps(asdict(schedule)))
    except OSError as error:
        raise StorageError(
            f"the training's schedule cannot be written to {str(folder)!r} ({error}); make room on "
            "the disk, then start the training again",
            path=str(folder),
        ) from error


def read_schedule(folder: Path, world: int) -> Schedule | None:
    """The schedule of an interrupted training; None where there is none.

    Raises:
        TrainingFailed: it was made for another number of processes.
    """
    try:
        schedule = Schedule(**json.loads((folder / _FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    if schedule.world != world:
        raise TrainingFailed(
            f"the interrupted training ran in {schedule.world} processes, this one has {world}; "
            f"go on with torchrun --nproc-per-node {schedule.world}, or begin anew with --restart "
            "(restart=True in Python)"
        )
    return schedule
