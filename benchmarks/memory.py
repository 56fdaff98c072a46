"""Resident memory for each vector more, in fresh processes that only open and search."""

from __future__ import annotations

import numpy as np

from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.measure import in_fresh_process

NAME = "memory"
SLOPE = Bar(1.4, most=True)


def run(ground: Ground) -> list[Figure]:
    """The slope from the smallest size to the largest."""
    small, large = ground.sizes[0], ground.largest
    what = f"memory a vector, {small:,} to {large:,}"
    if small == large:
        return [Figure(NAME, what, "", bar=SLOPE, note="needs two sizes")]
    queries = ground.folder / "queries.npy"
    np.save(queries, ground.queries())
    sides = []
    for side in ("store", "bare"):
        held = [_resident(ground, size, side, queries) for size in (small, large)]
        if held[0] is None or held[1] is None:
            return [Figure(NAME, what, "", bar=SLOPE, note="needs Linux's /proc")]
        sides.append((held[1] - held[0]) / (large - small))
    ours, peer = sides
    if peer <= 0:
        return [
            Figure(NAME, what, "", bar=SLOPE, note="so few vectors take no memory of their own")
        ]
    return [Figure(NAME, what, f"{ours:,.0f} bytes", f"{peer:,.0f} bytes", ours / peer, bar=SLOPE)]


def _resident(ground: Ground, size: int, side: str, queries: object) -> int | None:
    built = ground.built(size)
    path = built.folder if side == "store" else built.path
    answer, _ = in_fresh_process("resident", side, path, str(queries))
    value = answer["bytes"]
    return None if value is None else int(value)
