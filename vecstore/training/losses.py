"""The training loss, added up where it is computed, and watched for what is no number."""

from __future__ import annotations

import math
from typing import Any

import torch

from vecstore.errors import TrainingFailed

_LATE = 0.05


class Losses:
    """Losses of the steps since the last point of the learning curve.

    Args:
        device: where they are computed. On a CPU a bad one is seen at once; elsewhere only at
            :meth:`check`, since every look would make the device wait.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._at_once = device.type == "cpu"
        self._total = torch.zeros((), device=device)
        self._late: torch.Tensor | None = None
        self._steps = 0
        self._bad_step = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, loss: torch.Tensor, step: int) -> None:
        """Take in the loss of a step, a scalar.

        Raises:
            TrainingFailed: it is no number, where that can be seen at once.
        """
        value = loss.detach().float()
        self.watch(value, step, "loss")
        self._total = self._total + value
        self._steps += 1
        self._late = value if self._late is None else torch.lerp(self._late, value, _LATE)

    def watch(self, value: torch.Tensor, step: int, what: str) -> None:
        """Look at any other scalar of a step that must be a number.

        Raises:
            TrainingFailed: as for :meth:`add`.
        """
        if self._at_once:
            if not math.isfinite(value.item()):
                raise _failed(f"the {what} is {value.item()} at step {step}")
            return
        first = (self._bad_step == 0) & ~torch.isfinite(value)
        self._bad_step = torch.where(first, step, self._bad_step)

    def check(self) -> None:
        """Raise TrainingFailed if any value was no number."""
        if step := int(self._bad_step.item()):
            raise _failed(f"the loss or its gradient is not a finite number at step {step}")

    @property
    def late(self) -> float | None:
        """The loss of late, smoothed; None before there is one."""
        return None if self._late is None else float(self._late.item())

    def mean(self) -> float | None:
        """The mean since the last point; None where there was no step. Begins a new point."""
        mean = float(self._total.item()) / self._steps if self._steps else None
        self._total, self._steps = torch.zeros_like(self._total), 0
        return mean

    def state(self) -> dict[str, Any]:
        """For a checkpoint; JSON values."""
        return {"total": float(self._total.item()), "steps": self._steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state`."""
        self._total = torch.tensor(state["total"], device=self._device)
        self._steps = state["steps"]


def require_finite(model: torch.nn.Module, step: int) -> None:
    """Raise TrainingFailed if a weight is no number."""
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise _failed(f"the weights {name} are not finite numbers after step {step}")


def require_finite_figures(figures: dict[str, float], step: int) -> None:
    """Raise TrainingFailed if a figure on held-out data is no number."""
    for name, value in figures.items():
        if not math.isfinite(value):
            raise _failed(f"the held-out {name} is {value} after step {step}")


def _failed(what: str) -> TrainingFailed:
    return TrainingFailed(
        f"{what}; the training stopped, and its last good checkpoint is kept. Begin anew "
        "(--restart, or restart=True in Python) with a lower learning_rate, or with "
        "precision=float32"
    )
