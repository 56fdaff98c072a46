"""masked-patches on photos of clothes: how well it paints what is hidden, and what it tells."""

from __future__ import annotations

import numpy as np

from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_images import clothing
from benchmarks.quality_images.models import models
from benchmarks.quality_images.photos import Judged
from benchmarks.quality_images.probes import LOGISTIC, NEIGHBOURS

TASK = "masked-patches"
LOSS, PROBE = 0.70, 0.28


def rows(bench: Bench) -> list[Row]:
    """Train on the training photos, some of them held out, and judge."""
    with models(bench) as trained:
        judged = Judged(TASK, trained)
        return [
            _painting(judged),
            judged.row(LOGISTIC, PROBE),
            judged.row(NEIGHBOURS, None),
        ]


def _painting(judged: Judged) -> Row:
    """The loss on the photos that the training held out; the task judges its baselines itself."""
    found = [judged.models.metrics(name) for name in judged.names]
    loss, nothing, mean = (
        float(np.mean([one[name] for one in found]))
        for name in ("loss", "loss_of_nothing", "loss_of_mean")
    )
    others = {"every hidden patch as zero": nothing, "the mean of all photos at its place": mean}
    best = min(others, key=lambda name: others[name])
    said = ", ".join(f"{name} {cost:.3f}" for name, cost in others.items() if name != best)
    return Row(
        TASK,
        clothing.NAME,
        "squared error of hidden patches (each at variance 1), photos held out",
        f"≤ {LOSS}",
        loss,
        "",
        len(found),
        best,
        others[best],
        loss <= LOSS,
        f"{'' if loss < others[best] else 'The baseline is better. '}{said}",
    )
