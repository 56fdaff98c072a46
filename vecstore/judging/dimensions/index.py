"""What an index of reduced vectors weighs, and how fast it answers: measured on a real one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vecstore.evaluation.dimensions import K, Split
from vecstore.evaluation.reductions import Reduction
from vecstore.index.prepare import prepare
from vecstore.spaces import FloatArray, Metric
from vecstore.specs import IndexSpec, NeighbourIndex

MAX_ROWS = 20_000
ROUNDS = 15

_BATCH = 2_000
_ASKED = 250


class Load(NamedTuple):
    """What one index costs.

    Args:
        bytes: of its saved file, which is an image of its memory: vectors, links and keys.
        queries_per_second: of one thread, the best of several rounds.
    """

    bytes: int
    queries_per_second: float


class _Built(NamedTuple):
    graph: NeighbourIndex
    queries: FloatArray
    bytes: int


def measure(
    spec: IndexSpec,
    reductions: Sequence[Reduction],
    parts: Split,
    on_step: Callable[[int], None],
) -> list[Load]:
    """Build an index of each reduction, and ask them in turn.

    Rounds go through all indexes one after the other, so that whatever else the machine does
    meets all of them alike.

    Args:
        spec: the index backend.
        reductions: what is indexed, float32.
        parts: of its corpus at most 20,000 rows are indexed.
        on_step: told how many indexes are built.
    """
    built = []
    for number, reduction in enumerate(reductions):
        built.append(_build(spec, reduction, parts))
        on_step(number + 1)
    rates = np.array([[_rate(one) for one in built] for _ in range(ROUNDS)])
    best = rates.max(axis=0)
    return [Load(one.bytes, float(rate)) for one, rate in zip(built, best, strict=True)]


def _build(spec: IndexSpec, reduction: Reduction, parts: Split) -> _Built:
    rows = prepare(reduction.stored(parts.corpus[:MAX_ROWS]), Metric.COSINE)
    queries = prepare(reduction.asked(parts.queries[:_ASKED]), Metric.COSINE)
    index = spec.create(reduction.dim, Metric.COSINE, len(rows))
    for at in range(0, len(rows), _BATCH):
        batch = rows[at : at + _BATCH]
        index.add(np.arange(at, at + len(batch), dtype=np.int64), batch)
    with tempfile.TemporaryDirectory(prefix="vecstore-dimensions-") as folder:
        path = Path(folder) / "index"
        index.save(path)
        return _Built(index, queries, path.stat().st_size)


def _rate(built: _Built) -> float:
    """Queries a second, of one round."""
    index, queries = built.graph, built.queries
    began = time.perf_counter()
    for query in queries:
        index.search(query, K)
    return len(queries) / (time.perf_counter() - began)
