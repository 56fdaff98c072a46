"""A fresh process: from opening what is stored to the first answer, everything imported before."""

from __future__ import annotations

import numpy as np

from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.measure import in_fresh_process, quartiles

NAME = "restart"
TIME = Bar(2.0, most=True)
MAX_ROUNDS = 9


def run(ground: Ground) -> list[Figure]:
    """At every size; the bar holds at the largest."""
    return [_at(ground, size) for size in ground.sizes]


def _at(ground: Ground, size: int) -> Figure:
    built = ground.built(size)
    query = ground.folder / "query.npy"
    np.save(query, ground.queries()[0])
    count = min(MAX_ROUNDS, ground.rounds)
    inside, whole = np.empty((count, 2)), np.empty((count, 2))
    in_fresh_process("first-answer", "store", built.folder, query)
    in_fresh_process("first-answer", "bare", built.path, query)
    for number in range(count):
        for column, side, path in ((0, "store", built.folder), (1, "bare", built.path)):
            answer, seconds = in_fresh_process("first-answer", side, path, query)
            inside[number, column], whole[number, column] = answer["seconds"], seconds
    low, ratio, high = quartiles(inside[:, 0] / inside[:, 1])
    mine, its = np.median(inside, axis=0)
    process = np.median(whole, axis=0)
    return Figure(
        NAME,
        f"restart to first answer, {size:,}",
        f"{1000 * mine:,.0f} ms",
        f"{1000 * its:,.0f} ms",
        ratio,
        low,
        high,
        TIME if size == ground.largest else None,
        f"with the interpreter's start and imports: {process[0]:.2f} s, {process[1]:.2f} s",
    )
