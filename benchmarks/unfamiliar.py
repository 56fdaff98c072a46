"""What it costs a search to say how strange the query is: the same index, with and without."""

from __future__ import annotations

import vecstore
from benchmarks.figures import Bar, Figure
from benchmarks.ground import COLLECTION, Ground, opened, part
from benchmarks.measure import MICRO, Rounds, interleave, joined, rate
from benchmarks.search import SITTINGS, TURN, TURNS, ask

NAME = "unfamiliar"
SPEED = Bar(0.95)


def run(ground: Ground) -> list[Figure]:
    """Speed at every size."""
    return [_at(ground, size) for size in ground.sizes]


def _at(ground: Ground, size: int) -> Figure:
    rounds = joined([_sitting(ground, size) for _ in range(SITTINGS)])
    low, ratio, high = rounds.quicker()
    mine, without = rate(TURN, rounds.ours), rate(TURN, rounds.peer)
    return Figure(
        NAME,
        f"search that tells the unfamiliar, {size:,}",
        f"{mine:,.0f} q/s",
        f"{without:,.0f} q/s",
        ratio,
        low,
        high,
        SPEED,
        f"beside the same search without it; {MICRO / mine - MICRO / without:.1f} µs a query "
        f"more, by processor time {rounds.thriftier():.3f}",
    )


def _sitting(ground: Ground, size: int) -> Rounds:
    queries = ground.queries()
    with opened(ground.built(size).folder) as store:
        collection = store.collection(COLLECTION)
        tagged = [vecstore.Vector(collection.space, query) for query in queries]
        collection.calibrate(tagged)

        def turn(number: int, told: bool) -> None:
            # As the setting ``unfamiliarity`` does; one index for both, wherever its memory lies.
            store.familiarity.on = told
            for vector in tagged[part(queries, number, TURN)]:
                ask(collection, vector)

        # Other queries on the other side, which would find in the caches what it needs of the
        # index if it asked the same again; in the course of the rounds both ask all of them.
        apart = len(queries) // TURN // 2
        return interleave(
            lambda number: turn(number, True),
            lambda number: turn(number + apart, False),
            TURNS * ground.rounds,
        )
