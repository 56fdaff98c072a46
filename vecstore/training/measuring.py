"""The speed of a training, measured on a copy of its model that is thrown away."""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from vecstore.tasks import Progress, TorchJob
from vecstore.training.following import judge
from vecstore.training.loop import Loop
from vecstore.training.ranks import is_first
from vecstore.training.schedule import Speed
from vecstore.training.torch_setup import agreed

_LEAST_STEPS = 8
_SHARE = 0.06
_JUDGED_AGAIN = 0.02
_SHARE_AT_MOST = 0.2
_MOST_STEPS = 1_000_000


class _Stopwatch(TrainerCallback):
    """Ends a training as soon as its steps have been timed well enough."""

    def __init__(self, seconds: float, report: Callable[[Progress], None]) -> None:
        self._enough, self._at_most = _SHARE * seconds, _SHARE_AT_MOST * seconds
        self._report = report
        self.ends = [time.monotonic()]

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.ends.append(time.monotonic())
        passed, steps = self.ends[-1] - self.ends[0], int(state.global_step)
        if args.process_index == 0:
            self._report(Progress("measuring the speed", steps))
        enough = (passed >= self._enough and steps >= _LEAST_STEPS) or passed >= self._at_most
        control.should_training_stop = agreed(enough)

    def seconds(self) -> float:
        """Of one step in the second half: at first, kernels are made for every new shape."""
        warm = (len(self.ends) - 1) // 2
        return (self.ends[-1] - self.ends[warm]) / (len(self.ends) - 1 - warm)


def measure(
    job: TorchJob,
    seconds: float,
    precision: str,
    seed: int,
    folder: Path,
    report: Callable[[Progress], None],
) -> Speed:
    """Make some steps, judge once, write one checkpoint. The job's model stays as it is.

    Args:
        job: what is to be trained.
        seconds: the budget; about 8 % of it are spent here.
        precision, seed: of the training.
        folder: where its checkpoints will lie.
        report: is told how far it has come.
    """
    watch = _Stopwatch(seconds, report)
    loop = Loop(
        job,
        copy.deepcopy(job.model),
        steps=_MOST_STEPS,
        precision=precision,
        seed=seed,
        follower=watch,
        save=lambda: None,
        scratch=folder,
    )
    loop.train()
    step = watch.seconds()
    if not is_first():
        return agreed(Speed(step, 0.0, 0.0))
    judging = _timed(lambda: judge(job, loop))
    if judging < _JUDGED_AGAIN * seconds:  # warm, it is quicker
        judging = _timed(lambda: judge(job, loop))
    saving = _timed(lambda: _write_once(loop, folder / "measuring"))
    return agreed(Speed(step, judging, saving))


def _timed(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


def _write_once(loop: Loop, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        loop.write(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
