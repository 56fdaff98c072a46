"""One line of the table: a figure, its bar, and the baseline it stands beside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one task on one data set.

    Args:
        task: the pretext task.
        data: what it was trained and judged on.
        figure: what was measured, for people.
        bar: what it should be, for people; empty where it only stands beside others.
        achieved: the figure, the mean over the seeds.
        interval: in which it lies with 95 %, for people; empty where it is exact or one draw.
        seeds: how many trainings it is the mean of.
        baseline_name: the best baseline.
        baseline: its figure; None where there is none.
        met: whether the bar is met; True where there is none.
        words: what a reader must know, such as where a baseline is better.
    """

    task: str
    data: str
    figure: str
    bar: str
    achieved: float
    interval: str
    seeds: int
    baseline_name: str
    baseline: float | None
    met: bool
    words: str = ""
