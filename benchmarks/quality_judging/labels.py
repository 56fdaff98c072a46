"""Clusters and probes of CLINC150's test questions, beside words and random weights."""

from __future__ import annotations

import vecstore
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_judging import clinc, figures

TASK = "labels"
SHOTS = (5, 10, 20)
DRAWS = 3
ABOVE = ("clustering.v_measure", "probe.accuracy@10")
FIGURES = (
    "clustering.v_measure",
    "clustering.adjusted_rand",
    "clustering.silhouette",
    *(f"probe.{kind}@{shots}" for kind in ("accuracy", "linear", "neighbour") for shots in SHOTS),
)


def rows(bench: Bench) -> list[Row]:
    """Judge.

    Args:
        bench: its data holds CLINC150.
    """
    questions = clinc.read(bench.data).test
    with vecstore.open(bench.folder / TASK) as store:
        [outcome] = store.evaluate(clinc.ENCODER, labelled=questions, shots=SHOTS, draws=DRAWS)
    data = f"{clinc.NAME}, test"
    return [figures.row(TASK, data, outcome, one, bar=None, above=one in ABOVE) for one in FIGURES]
