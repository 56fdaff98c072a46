"""contrastive on photos of clothes, whose kinds it is never told."""

from __future__ import annotations

from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_images.models import models
from benchmarks.quality_images.photos import Judged
from benchmarks.quality_images.probes import LOGISTIC, NEIGHBOURS

TASK = "contrastive"
BAR = 0.58


def rows(bench: Bench) -> list[Row]:
    """Train on the training photos without their labels, and judge on the test photos."""
    with models(bench) as trained:
        judged = Judged(TASK, trained)
        return [judged.row(LOGISTIC, BAR), judged.row(NEIGHBOURS, None)]
