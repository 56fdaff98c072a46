"""The one trainer of all torch tasks.

::

    schedule (kept) -> newest checkpoint -> steps -> the best weights, in the job's model

Interrupted at any moment, even by SIGKILL, and started again over the same folder it ends with
the same weights, bit for bit, on the same machine with the same number of threads: what is drawn
at random follows from the seed and the step, and everything else is in the checkpoint. (On a GPU
as far as its kernels give the same numbers twice.)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch

from vecstore.errors import InvalidInput, TrainingFailed
from vecstore.tasks import Optimised, Progress, TorchJob
from vecstore.training.batches import batches_an_epoch
from vecstore.training.checkpoints import Checkpoint, Checkpoints
from vecstore.training.following import Course, Following
from vecstore.training.interrupt import Interrupt
from vecstore.training.loop import Loop, load_weights
from vecstore.training.measuring import measure
from vecstore.training.ranks import is_first, processes, world_size
from vecstore.training.schedule import (
    Schedule,
    judged_steps,
    read_schedule,
    within,
    write_schedule,
)
from vecstore.training.torch_setup import agreed, own_draws, quiet, resolve_precision


def optimise(
    job: TorchJob,
    *,
    seed: int,
    minutes: float | None,
    folder: Path,
    report: Callable[[Progress], None],
) -> Optimised:
    """Train a torch model; its module holds the weights of the best evaluation afterwards.

    Where nothing is held out, these are the last weights. The model ends on the CPU.

    Args:
        job: what is trained, and how.
        seed: of the order of items, and of what the model draws.
        minutes: the budget, measuring included; None for the job's epochs. Speed is measured
            first; number of steps and learning rates are fixed by it once, and kept.
        folder: for schedule and checkpoints. What lies there is gone on from.
        report: is told how far it has come, by the first process only.

    Raises:
        InvalidArgument: a precision that there is not.
        InvalidInput: there is nothing to train on.
        TrainingFailed: loss, gradient or weights are not finite; or the folder's training ran in
            another number of processes.
        StorageError: a checkpoint cannot be written; the former one is kept.
        KeyboardInterrupt: Ctrl-C, or one that ``report`` raised, once a checkpoint is written.
    """
    if not len(job.train):
        raise InvalidInput("there is nothing to train on: the training data is empty")
    with quiet(), own_draws():
        checkpoints = Checkpoints(folder)
        if is_first():
            checkpoints.prune()
        schedule = _schedule(job, seed, minutes, folder, report)
        newest = _newest(checkpoints)
        course = Course(**newest.state["course"]) if newest else Course()
        if not course.finished:
            _train(job, seed, schedule, course, checkpoints, newest, report)
        return _best(job, checkpoints, course)


def _schedule(
    job: TorchJob,
    seed: int,
    minutes: float | None,
    folder: Path,
    report: Callable[[Progress], None],
) -> Schedule:
    """The schedule kept in the folder, or a new one, which is then kept."""
    kept = agreed(read_schedule(folder, world_size()) if is_first() else None)
    if kept:
        return kept
    began = time.monotonic()
    precision = resolve_precision(job.precision, processes().device)
    an_epoch = batches_an_epoch(len(job.train), job.batch_size, world_size())
    steps = math.ceil(job.epochs * an_epoch)
    often = job.evaluations
    if minutes is not None:
        speed = measure(job, minutes * 60, precision, seed, folder, report)
        left = minutes * 60 - (time.monotonic() - began)
        steps, often = agreed(within(left, speed, job.evaluations))
    schedule = Schedule(max(1, steps), judged_steps(max(1, steps), often), precision, world_size())
    if is_first():
        write_schedule(folder, schedule)
    return schedule


def _newest(checkpoints: Checkpoints) -> Checkpoint | None:
    return agreed(checkpoints.newest() if is_first() else None)


def _train(
    job: TorchJob,
    seed: int,
    schedule: Schedule,
    course: Course,
    checkpoints: Checkpoints,
    newest: Checkpoint | None,
    report: Callable[[Progress], None],
) -> None:
    with Interrupt() as interrupt:
        following = Following(job, schedule, course, checkpoints, report, interrupt)
        loop = Loop(
            job,
            job.model,
            steps=schedule.steps,
            precision=schedule.precision,
            seed=seed,
            follower=following,
            save=following.save,
            scratch=checkpoints.folder,
        )
        following.follow(loop)
        if newest:
            loop.losses.restore(newest.state["losses"])
        loop.train(resume_from_checkpoint=str(newest.folder) if newest else None)
    if interrupt.asked and not course.finished:
        raise KeyboardInterrupt


def _best(job: TorchJob, checkpoints: Checkpoints, course: Course) -> Optimised:
    """Put the weights to keep into the job's model."""
    last = _newest(checkpoints)
    kept = checkpoints.at(course.best_step) if course.best_step else last
    if last is None or kept is None:
        raise TrainingFailed(
            "the checkpoints of this training were removed while it ran; train again with "
            "--restart (restart=True in Python)"
        )
    model: torch.nn.Module = job.model.to("cpu")
    load_weights(model, kept.folder)
    model.eval()
    curve = course.points()
    point = next((one for one in curve if one.step == kept.step), None)
    metrics: dict[str, float] = {}
    if point is not None and point.validation is not None:
        metrics = {"loss": point.validation, **point.metrics}
    return Optimised(metrics, curve, last.step)
