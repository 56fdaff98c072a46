"""classification on photos of clothes: trained on their kinds, the last layer dropped."""

from __future__ import annotations

from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_images.models import models
from benchmarks.quality_images.photos import Judged
from benchmarks.quality_images.probes import LOGISTIC, NEIGHBOURS

TASK = "classification"
BAR = 0.70


def rows(bench: Bench) -> list[Row]:
    """Train on the training photos, and judge on the test photos."""
    with models(bench) as trained:
        judged = Judged(TASK, trained)
        return [judged.row(NEIGHBOURS, BAR), judged.row(LOGISTIC, BAR)]
