"""What is measured beside the peers, each by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Bar
from benchmarks.measure import quartiles
from benchmarks.peers.engines import BATCHED
from benchmarks.peers.ground import BARE, OURS, Ground, ranges_of
from benchmarks.peers.rounds import in_turn, tune
from benchmarks.peers.rows import Row, speed_row
from benchmarks.peers.sides import Side

Rates = NDArray[np.float64]

RECALL = 0.985
FILTERED_RECALL = 0.99
SHARES = (2, 10, 100, 1000)
# Where the bar holds for filters that are asked again and again; else for new ones.
REPEATED = (2, 10)
BATCHES = 4
WARMING, FUSED = 800, 100


def plain(ground: Ground) -> list[Row]:
    """Embedded search without a filter."""
    with ground.opened((*ground.names, BARE, OURS)) as sides:
        for side in sides:
            tune(side, ground.truth, RECALL)
        found = in_turn(sides, search, ground.rounds, ground.truth)
    what = f"search, {ground.size:,}"
    return [
        speed_row(what, found, OURS, ground.names, Bar(2.5)),
        speed_row(f"{what}, beside bare hnswlib", found, OURS, (BARE,), None, same_recall=False),
    ]


def filtered(ground: Ground) -> list[Row]:
    """Embedded search with a filter, new for each query and repeated."""
    rows = []
    with ground.opened((*ground.names, OURS)) as sides:
        for share in SHARES:
            new = ranges_of(share, ground.size, repeated=False)
            same = ranges_of(share, ground.size, repeated=True)
            for side in sides:
                tune(side, ground.truth, FILTERED_RECALL, new)
            cold = in_turn(sides, _within(new), ground.rounds, ground.truth, new)
            warm = in_turn(
                [side for side in sides if side.name == OURS],
                _within(same),
                ground.rounds,
                ground.truth,
                same,
            )
            judged = [name for name in ground.names if (cold[name].recall or 0) >= 0.985]
            for repeated in (False, True):
                found = {**cold, **warm} if repeated else cold
                rows.append(
                    speed_row(
                        f"filter 1/{share:,}, {'repeated' if repeated else 'new each time'}",
                        found,
                        OURS,
                        tuple(judged) or ground.names,
                        Bar(1.2) if repeated == (share in REPEATED) else None,
                        same_recall=False,
                    )
                )
    return rows


def batch(ground: Ground) -> list[Row]:
    """A hundred queries at once."""
    with ground.opened(("chroma", BARE, OURS)) as sides:
        for side in sides:
            tune(side, ground.truth, RECALL)
        found = in_turn(sides, _batch, ground.rounds, ground.truth, count=BATCHES * BATCHED)
    what = f"batch of {BATCHED}"
    return [
        speed_row(f"{what}, beside Chroma", found, OURS, ("chroma",), Bar(1.5), same_recall=False),
        speed_row(f"{what}, beside bare on 2 threads", found, OURS, (BARE,), Bar(0.9)),
    ]


def ingest(ground: Ground) -> list[Row]:
    """Until every vector is durable and in the graph, in seconds."""
    for name in (*ground.names, OURS, BARE):
        if name not in ground.built:
            ground.build(name)
    again = ground.build(BARE, "bare-again")
    seconds = {name: ground.built[name] for name in (*ground.names, BARE, OURS)}
    cells = {name: f"{value:.1f} s" for name, value in seconds.items()}
    ours, bare = seconds[OURS], sorted((seconds[BARE], again))
    rows = [
        Row(
            "durable and in the graph",
            cells,
            name,
            (ours / seconds[name],) * 3,
            Bar(1.0, most=True),
        )
        for name in ("qdrant_edge", "chroma")
        if name in seconds
    ]
    note = f"bare hnswlib once before and once after: {seconds[BARE]:.1f} s, {again:.1f} s"
    mean = (bare[0] + bare[1]) / 2
    ratio = (ours / bare[1], ours / mean, ours / bare[0])
    return [*rows, Row("the same, beside bare", cells, BARE, ratio, Bar(1.2, most=True), note)]


def served(ground: Ground) -> list[Row]:
    """Over the network, 16 calls in flight."""
    engines = ("chroma_served", "minimal_served", "ours_served")
    with ground.opened(engines) as sides:
        found = in_turn(sides, _in_flight, ground.rounds, ground.truth)
    what = "over the network, 16 in flight"
    return [
        speed_row(
            f"{what}, beside Chroma's server",
            found,
            "ours_served",
            ("chroma_served",),
            Bar(2.0),
            same_recall=False,
        ),
        speed_row(
            f"{what}, beside a minimal server",
            found,
            "ours_served",
            ("minimal_served",),
            Bar(0.85),
            same_recall=False,
        ),
    ]


def hybrid(ground: Ground) -> list[Row]:
    """Vector and full text together, beside the vector alone, of one collection."""
    rows = []
    with ground.opened(("hybrid",)) as (side,):
        side.ask("fused", numbers=list(range(WARMING)), words=0)
        for words, called in ((3, "three words"), (0, "a whole sentence")):
            found = in_turn_fused(side, ground, words)
            alone, fused = (float(np.median(one)) for one in found)
            cells = {OURS: f"{fused:,.0f} q/s", "hybrid": f"{alone:,.0f} q/s"}
            low, ratio, high = quartiles(found[1] / found[0])
            what = f"vector and {called}, fused"
            rows.append(Row(what, cells, "hybrid", (low, ratio, high), Bar(0.5)))
    return rows


def in_turn_fused(side: Side, ground: Ground, words: int) -> tuple[Rates, Rates]:
    """Queries a second by vector alone and fused, round by round; none is asked twice."""
    rates = []
    for turn in range(ground.rounds):
        first = WARMING + turn * FUSED
        numbers = list(range(first, first + FUSED))
        alone = side.ask("search", numbers=numbers)["seconds"]
        fused = side.ask("fused", numbers=numbers, words=words)["seconds"]
        rates.append((FUSED / alone, FUSED / fused))
    alone_rates, fused_rates = np.array(rates).T
    return alone_rates, fused_rates


def search(side: Side, numbers: list[int], turn: int) -> dict[str, Any]:  # noqa: ARG001
    """Ask one query after the other."""
    return side.ask("search", numbers=numbers)


def _batch(side: Side, numbers: list[int], turn: int) -> dict[str, Any]:  # noqa: ARG001
    return side.ask("batch", numbers=numbers)


def _in_flight(side: Side, numbers: list[int], turn: int) -> dict[str, Any]:  # noqa: ARG001
    return side.ask("in_flight", numbers=numbers)


def _within(ranges: Any) -> Any:
    def ask(side: Side, numbers: list[int], turn: int) -> dict[str, Any]:
        return side.ask("search", numbers=numbers, ranges=ranges(numbers, turn))

    return ask


MEASUREMENTS: dict[str, Callable[[Ground], list[Row]]] = {
    "ingest": ingest,
    "search": plain,
    "filter": filtered,
    "batch": batch,
    "served": served,
    "hybrid": hybrid,
}
