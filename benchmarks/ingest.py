"""From the first upsert until every vector is durable, and until the graph holds all of them."""

from __future__ import annotations

from benchmarks.figures import Bar, Figure
from benchmarks.ground import BATCH, WRITERS, Ground

NAME = "ingest"
BUILD = Bar(1.25, most=True)
ACKNOWLEDGED = Bar(5000)


def run(ground: Ground) -> list[Figure]:
    """At every size; the bars hold at the largest."""
    return [figure for size in ground.sizes for figure in _at(ground, size)]


def _at(ground: Ground, size: int) -> list[Figure]:
    built = ground.built(size)
    peers = sorted(built.bare)
    peer = sum(peers) / len(peers)
    judged = size == ground.largest
    speed = size / built.acknowledged
    return [
        Figure(
            NAME,
            f"durable and in the graph, {size:,}",
            f"{built.searchable:.1f} s",
            f"{peer:.1f} s",
            built.searchable / peer,
            built.searchable / peers[1],
            built.searchable / peers[0],
            BUILD if judged else None,
            f"hnswlib before and after: {built.bare[0]:.1f} s, {built.bare[1]:.1f} s; by processor "
            f"time {built.busier:.2f}; the self-check takes {built.checked:.1f} s after that",
        ),
        Figure(
            NAME,
            f"durable acknowledgements, {size:,}",
            f"{speed:,.0f} /s",
            value=speed,
            bar=ACKNOWLEDGED if judged else None,
            plain=True,
            note=f"{WRITERS} threads, {BATCH:,} records a call; {built.lag:,} vectors were "
            "waiting for the graph at the last one",
        ),
    ]
