"""What happens between the steps of a training: reports, judging, checkpoints, an early end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from transformers import TrainerCallback

from vecstore.artifacts.manifest import CurvePoint
from vecstore.tasks import Progress, TorchJob
from vecstore.training.checkpoints import Checkpoints
from vecstore.training.interrupt import Interrupt
from vecstore.training.loop import Loop
from vecstore.training.losses import require_finite, require_finite_figures
from vecstore.training.ranks import is_first, world_size
from vecstore.training.schedule import SAVE_SECONDS, Schedule
from vecstore.training.torch_setup import agreed

_REPORT_SECONDS = 0.2


@dataclass
class Course:
    """How a training has gone; kept in every checkpoint.

    Args:
        curve: points so far, as JSON values.
        best_step, best_loss: of the best evaluation; 0 and None before there is one.
        worse: evaluations since.
        finished: no step is left to make.
    """

    curve: list[dict[str, Any]] = field(default_factory=list)
    best_step: int = 0
    best_loss: float | None = None
    worse: int = 0
    finished: bool = False

    def take(self, point: CurvePoint) -> bool:
        """Add a point; whether it is the best so far."""
        self.curve.append(asdict(point))
        if point.validation is None:
            return False
        if self.best_loss is None or point.validation < self.best_loss:
            self.best_step, self.best_loss, self.worse = point.step, point.validation, 0
            return True
        self.worse += 1
        return False

    def points(self) -> list[CurvePoint]:
        """The learning curve."""
        return [CurvePoint(**point) for point in self.curve]


class Following(TrainerCallback):
    """Follows a training step by step.

    Args:
        job: what is trained.
        schedule: what the training keeps to.
        course: how it has gone so far.
        checkpoints: where they are kept.
        report: is told how far it has come.
        interrupt: asks to stop.
    """

    def __init__(
        self,
        job: TorchJob,
        schedule: Schedule,
        course: Course,
        checkpoints: Checkpoints,
        report: Callable[[Progress], None],
        interrupt: Interrupt,
    ) -> None:
        self._job, self._schedule, self._course = job, schedule, course
        self._checkpoints, self._report, self._interrupt = checkpoints, report, interrupt
        self._judged = frozenset(schedule.judged)
        self._validation = course.curve[-1]["validation"] if course.curve else None
        self._began = self._saved = self._said = time.monotonic()
        self._first_step: int | None = None

    def follow(self, loop: Loop) -> None:
        """Name the loop that is followed, once there is one."""
        self._loop = loop

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the optimiser's step."""
        step = int(state.global_step)
        if self._first_step is None:
            self._first_step = step - 1
        try:
            self._tell(step, every=0.0 if args.device.type == "cpu" else _REPORT_SECONDS)
        except KeyboardInterrupt:
            self._interrupt.asked = True
        judged = step in self._judged
        if judged:
            self._judge(step)
        if step >= self._schedule.steps or (0 < self._job.patience <= self._course.worse):
            self._course.finished = control.should_training_stop = True
        due = time.monotonic() - self._saved >= SAVE_SECONDS
        if judged or due or self._interrupt.asked or self._course.finished:
            control.should_save = True

    def save(self) -> None:
        """Write a checkpoint. Where somebody asked to stop, this is the place.

        Raises:
            KeyboardInterrupt: somebody asked to stop.
            TrainingFailed: loss or weights are not finite: nothing is written.
            StorageError: it cannot be written.
        """
        self._saved = time.monotonic()
        if is_first():
            self._write()
        if self._interrupt.asked and not self._course.finished:
            raise KeyboardInterrupt

    def _write(self) -> None:
        step = int(self._loop.state.global_step)
        self._loop.losses.check()
        require_finite(self._job.model, step)
        state = {"course": asdict(self._course), "losses": self._loop.losses.state()}
        self._checkpoints.write(step, self._loop.write, state, best=self._course.best_step)

    def _judge(self, step: int) -> None:
        self._loop.losses.check()
        figures = agreed(judge(self._job, self._loop) if is_first() else {})
        require_finite_figures(figures, step)
        self._validation = figures.pop("loss", None)
        point = CurvePoint(step, self._loop.losses.mean(), self._validation, figures)
        self._course.take(point)

    def _tell(self, step: int, every: float) -> None:
        now = time.monotonic()
        if not is_first() or (now - self._said < every and step < self._schedule.steps):
            return
        self._said = now
        self._loop.losses.check()
        passed, made = now - self._began, step - (self._first_step or 0)
        self._report(
            Progress(
                "training",
                step,
                self._schedule.steps,
                self._loop.losses.late,
                self._validation,
                self._loop.units * world_size() / passed if passed else None,
                self._job.unit,
                passed / made * (self._schedule.steps - step),
            )
        )


def judge(job: TorchJob, loop: Loop) -> dict[str, float]:
    """Figures on held-out data; empty where nothing is held out."""
    if job.judge is None:
        return {}
    model: Any = loop.model
    model.eval()
    try:
        with torch.no_grad(), loop.autocast():
            return {name: float(value) for name, value in job.judge(model).items()}
    finally:
        model.train()
