"""What ``vecstore train`` says at the end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vecstore.cli import output

if TYPE_CHECKING:
    from vecstore.training.info import ModelInfo

_NAMED = 10


def print_summary(info: ModelInfo, skipped: Sequence[tuple[str, str]], *, as_json: bool) -> None:
    """Say what came of a training; what was passed over is told on standard error.

    Args:
        info: the model.
        skipped: name of each image that was passed over, and why.
        as_json: print one JSON document instead, with all of these.
    """
    from vecstore.cli import model_shapes
    from vecstore.cli.model_fields import duration, figure

    if as_json:
        listed = [{"name": name, "reason": why} for name, why in skipped]
        passed_over = {"count": len(listed), "images": listed}
        output.print_json({**model_shapes.model(info), "skipped": passed_over})
        return
    _note_skipped(skipped)
    about = info.manifest
    if about is None:
        output.print_line(f"trained {info.space}; {info.problem}")
        return
    output.print_line(f"trained {info.space} by {about.task} in {duration(about.seconds)}")
    if about.metrics:
        shown = ", ".join(f"{name} {figure(value)}" for name, value in about.metrics.items())
        output.print_line(f"on held-out data: {shown}")
    for note in about.notes:
        output.print_line(f"note: {note}")
    name = shlex.quote(info.name)
    output.print_line(f"use it: vecstore collections create COLLECTION --encoder {name}")


def _note_skipped(skipped: Sequence[tuple[str, str]]) -> None:
    if not skipped:
        return
    what = "1 image was" if len(skipped) == 1 else f"{len(skipped):,} images were"
    output.print_note(f"{what} passed over:")
    for name, why in skipped[:_NAMED]:
        output.print_note(f"  {name}: {why}")
    if len(skipped) > _NAMED:
        output.print_note(f"  and {len(skipped) - _NAMED:,} more; --json lists them all")
