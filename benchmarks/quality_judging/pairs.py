"""Pairs of sentences and how near people find them: STS-B, whose figure is known (about 0.82)."""

from __future__ import annotations

from pathlib import Path

import vecstore
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_judging import clinc, figures

TASK = "pairs"
FILE = Path("stsb") / "stsb-en-test.csv"
BAR = 0.80


def rows(bench: Bench) -> list[Row]:
    """Judge.

    Args:
        bench: its data holds ``stsb/stsb-en-test.csv``.
    """
    file = bench.data / FILE
    if not file.is_file():
        raise FileNotFoundError(2, "no pairs", str(file))
    with vecstore.open(bench.folder / TASK) as store:
        [outcome] = store.evaluate(clinc.ENCODER, pairs=file)
    return [figures.row(TASK, "STS-B, test", outcome, "pairs.spearman", bar=BAR)]
